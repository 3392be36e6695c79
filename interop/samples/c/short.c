#include <stdio.h>
#include <winnow.h>

int main(int argc, char **argv) {
    winnow_engine engine;
    winnow_generation generation;
    winnow_piece piece = {.struct_size = sizeof piece};
    char text[4096];
    if (argc > 1 && winnow_engine_load(argv[1], WINNOW_ZERO_TERMINATED, NULL, 0, NULL, NULL, 0, &engine) == WINNOW_OK &&
        winnow_generate(engine, "Once upon a time", WINNOW_ZERO_TERMINATED, NULL, 0, &generation) == WINNOW_OK) {
        while (winnow_generation_next(generation, &piece, text, sizeof text) == WINNOW_OK) fputs(text, stdout);
        return winnow_engine_free(engine);
    }
    winnow_last_error(text, sizeof text, NULL);
    fprintf(stderr, "%s\n", text);
    return 1;
}
