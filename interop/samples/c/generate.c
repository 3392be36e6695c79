/* Generates from a model, streams, cancels, and keeps a part of the KV cache. usage: generate MODEL [PROMPT] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "winnow.h"

static void check(winnow_status status, const char *what) {
    char message[1024] = "";
    if (status == WINNOW_OK || status == WINNOW_END) return;
    winnow_last_error(message, sizeof message, NULL);
    fprintf(stderr, "%s: status %d: %s\n", what, (int)status, message);
    exit(1);
}

/* The pull way: a loop of one's own. */
static void stream(winnow_engine engine, const char *prompt) {
    const char *options = "{\"seed\": 1, \"max_tokens\": 48}";
    winnow_generation generation;
    winnow_piece piece = {.struct_size = sizeof piece};
    winnow_usage usage = {.struct_size = sizeof usage};
    char text[256];
    winnow_status status;
    check(winnow_generate(engine, prompt, strlen(prompt), options, WINNOW_ZERO_TERMINATED, &generation), "generate");
    printf("%s", prompt);
    while ((status = winnow_generation_next(generation, &piece, text, sizeof text)) == WINNOW_OK) {
        fwrite(text, 1, piece.text_length, stdout);
        fflush(stdout);
    }
    check(status, "next");
    check(winnow_generation_usage(generation, &usage), "usage");
    printf("\n[%d + %d tokens, first after %.1f ms]\n", (int)usage.prompt_tokens, (int)usage.generated_tokens, 1e3 * usage.time_to_first_token_seconds);
    check(winnow_generation_free(generation), "free");
}

/* The callback way: it ends the generation after ten pieces by returning something else than 0. */
static int32_t WINNOW_CALL hear(void *user, const winnow_piece *piece, const char *text, size_t length) {
    int *left = user;
    (void)piece;
    fwrite(text, 1, length, stdout);
    return --*left == 0;
}

static void converse(winnow_engine engine) {
    winnow_session session, fork;
    winnow_generation generation;
    int left = 10;
    check(winnow_session_create(engine, &session), "session");
    check(winnow_session_append_text(session, "One day", WINNOW_ZERO_TERMINATED, 0), "append");
    check(winnow_session_fork(session, &fork), "fork");
    check(winnow_session_generate(fork, "{\"temperature\": 0, \"ignore_end_of_text\": true}", WINNOW_ZERO_TERMINATED, &generation), "generate");
    if (winnow_generation_run(generation, hear, &left) != WINNOW_CANCELLED) check(WINNOW_FAILED, "the callback did not end it");
    printf("\n[cancelled]\n");
    check(winnow_generation_free(generation), "free");
    check(winnow_session_free(fork), "free");
    check(winnow_session_free(session), "free");
}

/* A session whose cache keeps 32 slots of each head, however long its text gets. */
static void save_memory(winnow_engine engine) {
    const char *policy = "{\"kv_policy\": {\"name\": \"h2o\", \"budget\": 32}}";
    const char *options = "{\"seed\": 1, \"max_tokens\": 120, \"ignore_end_of_text\": true}";
    winnow_session session;
    winnow_generation generation;
    winnow_kv_usage held = {.struct_size = sizeof held};
    int left = 120;
    check(winnow_session_create_with(engine, policy, WINNOW_ZERO_TERMINATED, &session), "session");
    check(winnow_session_append_text(session, "One day", WINNOW_ZERO_TERMINATED, 0), "append");
    check(winnow_session_generate(session, options, WINNOW_ZERO_TERMINATED, &generation), "generate");
    check(winnow_generation_run(generation, hear, &left), "run");
    check(winnow_session_usage(session, &held), "usage");
    printf("\n[h2o kept %.0f %% of %d tokens: %lld of %lld bytes]\n", 100 * held.kept, (int)held.tokens, (long long)held.bytes, (long long)held.full_bytes);
    check(winnow_generation_free(generation), "free");
    check(winnow_session_free(session), "free");
}

int main(int argc, char **argv) {
    const char *engine_options = "{\"more_kv_policies\": [{\"name\": \"h2o\", \"budget\": 32}]}";
    winnow_engine engine;
    size_t leaked = 0;
    if (argc < 2) {
        fprintf(stderr, "usage: generate MODEL [PROMPT]\n");
        return 2;
    }
    if (winnow_abi_version() < WINNOW_ABI_VERSION) {
        fprintf(stderr, "The library is older than the header that this was compiled with.\n");
        return 1;
    }
    check(winnow_engine_load(argv[1], strlen(argv[1]), engine_options, WINNOW_ZERO_TERMINATED, NULL, NULL, 0, &engine), "load");
    stream(engine, argc > 2 ? argv[2] : "Once upon a time");
    converse(engine);
    save_memory(engine);
    check(winnow_engine_free(engine), "free");
    check(winnow_shutdown(&leaked), "shutdown");
    return leaked == 0 ? 0 : 1;
}
