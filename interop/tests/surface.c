/* What a C compiler sees of the header, and the shapes that C# must agree with. usage: surface MODEL [exit | callback] */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "winnow.h"

_Static_assert(sizeof(winnow_piece) == 32 && offsetof(winnow_piece, token) == 16 && offsetof(winnow_piece, log_probabilities) == 28, "winnow_piece");
_Static_assert(sizeof(winnow_usage) == 48 && offsetof(winnow_usage, prompt_tokens) == 16 && offsetof(winnow_usage, duration_seconds) == 40, "winnow_usage");
_Static_assert(sizeof(winnow_kv_usage) == 40 && offsetof(winnow_kv_usage, kept) == 24 && offsetof(winnow_kv_usage, layers) == 36, "winnow_kv_usage");
_Static_assert(sizeof(winnow_token_probability) == 8, "winnow_token_probability");
_Static_assert(sizeof(winnow_launch) == 40 && offsetof(winnow_launch, repeats) == 36, "winnow_launch");

#define EXPECT(call, wanted) \
    do { \
        winnow_status got = (call); \
        if (got != (wanted)) { \
            char message[512] = ""; \
            winnow_last_error(message, sizeof message, NULL); \
            fprintf(stderr, "line %d: %s gave %d, not %d: %s\n", __LINE__, #call, (int)got, (int)(wanted), message); \
            exit(1); \
        } \
    } while (0)

static int32_t WINNOW_CALL progress(void *user, int32_t stage, int64_t done, int64_t total) {
    int *calls = user;
    (void)stage;
    if (done <= total) ++*calls;
    return 0;
}

/* The process ends with the library below on the stack, and the engine at work. */
static int32_t WINNOW_CALL leave(void *user, const winnow_piece *piece, const char *text, size_t length) {
    (void)user, (void)piece, (void)text, (void)length;
    exit(0);
}

static void use(winnow_engine engine) {
    winnow_tokenizer tokenizer;
    winnow_session session;
    winnow_cancel cancel;
    int32_t tokens[32];
    char text[64];
    size_t count, length;
    float *vector;
    const char *one = "A hen";
    EXPECT(winnow_engine_tokenizer(engine, &tokenizer), WINNOW_OK);
    EXPECT(winnow_tokenizer_encode(tokenizer, "Once upon a time", 16, 0, 0, tokens, 32, &count), WINNOW_OK);
    EXPECT(winnow_tokenizer_decode(tokenizer, tokens, count, 1, text, sizeof text, &length), WINNOW_OK);
    if (length != 16 || strcmp(text, "Once upon a time") != 0) exit(1);
    EXPECT(winnow_tokenizer_decode(tokenizer, tokens, count, 1, text, 16, &length), WINNOW_BUFFER_TOO_SMALL);
    EXPECT(winnow_embed(engine, &one, NULL, 1, NULL, 0, 0, NULL, 0, &count), WINNOW_OK);
    vector = malloc(count * sizeof *vector);
    EXPECT(winnow_embed(engine, &one, NULL, 1, NULL, 0, 0, vector, count, &count), WINNOW_OK);
    free(vector);
    EXPECT(winnow_cancel_create(&cancel), WINNOW_OK);
    EXPECT(winnow_session_create(engine, &session), WINNOW_OK);
    EXPECT(winnow_cancel_request(cancel), WINNOW_OK);
    EXPECT(winnow_session_append_text(session, "Once", 4, cancel), WINNOW_CANCELLED);
    EXPECT(winnow_session_append_text(session, "\xff", 1, 0), WINNOW_INVALID_ARGUMENT);
    EXPECT(winnow_session_free(session), WINNOW_OK);
    EXPECT(winnow_session_free(session), WINNOW_INVALID_HANDLE);
    EXPECT(winnow_tokenizer_free(session), WINNOW_INVALID_HANDLE);
    EXPECT(winnow_cancel_free(cancel), WINNOW_OK);
    EXPECT(winnow_tokenizer_free(tokenizer), WINNOW_OK);
}

static void use_policies(winnow_engine engine) {
    const char *window = "{\"kv_policy\": {\"name\": \"window\", \"budget\": 2}}";
    winnow_session session;
    winnow_kv_usage held = {.struct_size = sizeof held};
    double slots[64];
    char text[16];
    size_t count, length;
    EXPECT(winnow_kv_policies(text, sizeof text, &length), WINNOW_BUFFER_TOO_SMALL);
    EXPECT(winnow_session_create_with(engine, "{\"kv_policy\": {\"name\": \"h3o\"}}", WINNOW_ZERO_TERMINATED, &session), WINNOW_INVALID_ARGUMENT);
    EXPECT(winnow_object_error(engine, NULL, 0, &length), WINNOW_OK);
    if (length == 0) exit(1);
    EXPECT(winnow_session_create_with(engine, window, WINNOW_ZERO_TERMINATED, &session), WINNOW_OK);
    EXPECT(winnow_session_append_text(session, "Once upon a time", 16, 0), WINNOW_OK);
    EXPECT(winnow_session_freeze(session), WINNOW_OK);
    EXPECT(winnow_session_usage(session, &held), WINNOW_OK);
    EXPECT(winnow_session_slots(session, slots, 64, &count), WINNOW_OK);
    if (held.tokens < 3 || (int32_t)count != held.layers || slots[0] != 2 || held.kept >= 1) exit(1);
    EXPECT(winnow_session_free(session), WINNOW_OK);
}

int main(int argc, char **argv) {
    const char *options = "{\"device\": \"cpu\", \"more_kv_policies\": [{\"name\": \"window\", \"budget\": 2}]}";
    winnow_engine engine;
    winnow_generation generation;
    winnow_piece piece = {.struct_size = sizeof piece};
    char text[256];
    int calls = 0;
    size_t leaked = 1;
    if (argc < 2) return 2;
    EXPECT(winnow_engine_load(argv[1], WINNOW_ZERO_TERMINATED, options, WINNOW_ZERO_TERMINATED, progress, &calls, 0, &engine), WINNOW_OK);
    if (calls < 2) return 1;
    use(engine);
    use_policies(engine);
    EXPECT(winnow_generate(engine, "Once", 4, "{\"ignore_end_of_text\": true}", WINNOW_ZERO_TERMINATED, &generation), WINNOW_OK);
    EXPECT(winnow_generation_next(generation, &piece, text, sizeof text), WINNOW_OK);
    if (argc > 2 && strcmp(argv[2], "callback") == 0) {
        winnow_generation_run(generation, leave, NULL);
        return 1;
    }
    if (argc > 2) return 0; /* The process ends while the engine generates. */
    EXPECT(winnow_shutdown(&leaked), WINNOW_OK);
    EXPECT(winnow_last_error(text, sizeof text, NULL), WINNOW_OK);
    printf("%d left: %s\n", (int)leaked, text);
    return leaked == 2 ? 0 : 1;
}
