/*
 * winnow.h - Winnow from any language that can call C (C99).
 *
 * Rules that hold for every function; docs/abi.md says what is promised across versions.
 *
 *  Results    Every function but winnow_abi_version returns a winnow_status. WINNOW_OK is 0. After any other status than WINNOW_END the
 *             calling thread's message, from winnow_last_error, says what was wrong and what to do. Where a call runs on a thread that is not
 *             your own (asynchronous calls of other languages), winnow_object_error has the message by object.
 *  Handles    Objects are numbers, not addresses. 0 is no object. A handle that is null, freed, of another kind or made up gives
 *             WINNOW_INVALID_HANDLE, also when it is freed a second time; it never crashes.
 *  Ownership  What a function gives through a winnow_<kind>* belongs to the caller, who frees it with that kind's _free, from any thread.
 *             Memory that the caller passes is the caller's, and is not used after the call has returned.
 *  Threads    Every function may be called from every thread, at any time, also while another thread frees the same handle: the call then
 *             ends with WINNOW_CLOSED, WINNOW_CANCELLED or WINNOW_INVALID_HANDLE. An object that does one thing at a time says so below, and
 *             a second call meanwhile gives WINNOW_INVALID_STATE.
 *  Texts      UTF-8 with a length in bytes; WINNOW_ZERO_TERMINATED as the length measures the text. Null with length 0 is the empty text.
 *             Text that is not UTF-8 gives WINNOW_INVALID_ARGUMENT.
 *  Buffers    (buffer, size, length): the text and a zero byte go into buffer; *length is the text's length without it. A buffer that
 *             is too small stays as it was, *length is set and the status is WINNOW_BUFFER_TOO_SMALL: size must be *length + 1 or more. A null
 *             buffer of size 0 asks for the length alone. Arrays (array, capacity, count) are the same, without the zero byte.
 *  Options    A JSON object, or null with length 0 for the defaults. An unknown key is WINNOW_INVALID_ARGUMENT with a message that lists the
 *             known ones; docs/abi.md has the lists.
 *  Callbacks  Must not throw or longjmp. They may call every function of this header.
 *  Unloading  The library stays in the process: on Linux dlclose does nothing, elsewhere it is not supported. A process may exit at any time, also while generating.
 */
#ifndef WINNOW_H
#define WINNOW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define WINNOW_API __declspec(dllimport)
#define WINNOW_CALL __cdecl
#else
#define WINNOW_API
#define WINNOW_CALL
#endif

/* The version of this header; winnow_abi_version gives the library's, which must not be lower. */
#define WINNOW_ABI_VERSION 2u

/* As the length of a text: it ends with a zero byte. */
#define WINNOW_ZERO_TERMINATED ((size_t)-1)

typedef int32_t winnow_status;
enum {
    WINNOW_OK = 0,
    WINNOW_END = 1,               /* there are no more pieces: no error */
    WINNOW_INVALID_HANDLE = 2,    /* null, freed, of another kind or made up */
    WINNOW_INVALID_ARGUMENT = 3,  /* null, not UTF-8, not JSON, an unknown option, a value against the rule that the message states */
    WINNOW_BUFFER_TOO_SMALL = 4,  /* the length that is needed was reported; call again */
    WINNOW_NOT_FOUND = 5,         /* there is no model or file there */
    WINNOW_BAD_MODEL = 6,         /* damaged, or of an architecture that is not supported */
    WINNOW_CONTEXT_LENGTH = 7,    /* more tokens than the context has */
    WINNOW_OUT_OF_MEMORY = 8,     /* of the device or of the process */
    WINNOW_CANCELLED = 9,         /* by a cancel, by winnow_generation_cancel or by a callback */
    WINNOW_INVALID_STATE = 10,    /* busy in another call, or not possible now; the message says which */
    WINNOW_CLOSED = 11,           /* the object, or the engine it belongs to, was freed */
    WINNOW_IO = 12,               /* the operating system refused to read or write */
    WINNOW_UNAVAILABLE = 13,      /* this machine does not have the device */
    WINNOW_COMPILE_FAILED = 14,   /* a kernel does not compile; the message holds the log */
    WINNOW_DEVICE_FAULT = 15,     /* a kernel went wrong, or the driver reported an error */
    WINNOW_FAILED = 16,           /* anything else that the message explains */
    WINNOW_INTERNAL = 17          /* a defect of Winnow; please report the message */
};

typedef uint64_t winnow_engine;     /* a loaded model */
typedef uint64_t winnow_tokenizer;  /* texts to tokens and back */
typedef uint64_t winnow_session;    /* a sequence of tokens that stays */
typedef uint64_t winnow_generation; /* text that is being generated */
typedef uint64_t winnow_cancel;     /* ends calls that wait, from another thread */
typedef uint64_t winnow_gpu;        /* what runs kernels: a GPU or the simulator */
typedef uint64_t winnow_kernel;     /* one compiled entry point */
typedef uint64_t winnow_object;     /* any of these */

enum { WINNOW_NOT_FINISHED = 0, WINNOW_END_OF_TEXT = 1, WINNOW_STOP_STRING = 2, WINNOW_MAX_TOKENS = 3, WINNOW_CONTEXT_FULL = 4 };

/* One generated token and the text that became certain with it: often empty, always whole characters. */
typedef struct winnow_piece {
    size_t struct_size;         /* in: sizeof(winnow_piece) */
    size_t text_length;         /* bytes, without the zero byte */
    int32_t token;              /* -1 where no token was asked for */
    float log_probability;      /* natural logarithm, of the model's unmodified distribution */
    int32_t finish_reason;      /* WINNOW_NOT_FINISHED in all but the last piece */
    int32_t log_probabilities;  /* how many values winnow_generation_log_probabilities has */
} winnow_piece;

typedef struct winnow_usage {
    size_t struct_size;         /* in: sizeof(winnow_usage) */
    uint64_t seed;              /* with it the same text can be sampled again */
    int32_t prompt_tokens;
    int32_t cached_tokens;      /* of the prompt: were in the KV cache already */
    int32_t generated_tokens;
    int32_t reserved;
    double time_to_first_token_seconds;
    double duration_seconds;
} winnow_usage;

/* What a session holds of the KV cache. A slot is the place of one token in one head of one layer. */
typedef struct winnow_kv_usage {
    size_t struct_size;         /* in: sizeof(winnow_kv_usage) */
    int64_t bytes;              /* of its pages, with what a policy keeps in them */
    int64_t full_bytes;         /* of the pages that its tokens would take without a policy */
    double kept;                /* the share of the slots that is there, 0 to 1 */
    int32_t tokens;             /* computed, those that have left included */
    int32_t layers;             /* how many values winnow_session_slots has */
} winnow_kv_usage;

typedef struct winnow_token_probability {
    int32_t token;
    float log_probability;
} winnow_token_probability;

typedef struct winnow_launch {
    size_t struct_size;         /* in: sizeof(winnow_launch) */
    int32_t grid_x, grid_y, grid_z;
    int32_t block_x, block_y, block_z;
    int32_t shared_bytes;       /* dynamic shared memory */
    int32_t repeats;            /* 1 or more launches, one after another; the time is their mean */
} winnow_launch;

/* Called from one other thread while winnow_engine_load waits. Stages: 0 opening, 1 weights, 2 allocating, 4 compiling
   kernels (counted where bytes are otherwise), 3 ready. Not 0 stops loading. */
typedef int32_t(WINNOW_CALL *winnow_progress_callback)(void *user, int32_t stage, int64_t bytes_done, int64_t bytes_total);

/* Called from the thread that called winnow_generation_run. piece and text (length bytes and a zero byte) are valid until it returns. Not 0 ends the generation. */
typedef int32_t(WINNOW_CALL *winnow_piece_callback)(void *user, const winnow_piece *piece, const char *text, size_t length);

/* ---- The library ---- */

/* The version of the interface that the library has. Check it first: it must be WINNOW_ABI_VERSION or more. */
WINNOW_API uint32_t WINNOW_CALL winnow_abi_version(void);

/* The version of Winnow, such as 0.1.0. */
WINNOW_API winnow_status WINNOW_CALL winnow_version(char *buffer, size_t size, size_t *length);

/* The message of the last call of this thread that failed; empty where none did. Does not change it. */
WINNOW_API winnow_status WINNOW_CALL winnow_last_error(char *buffer, size_t size, size_t *length);

/* The message of the last call that failed with this object, whichever thread made it; empty where none did. A call that is given two objects
   leaves it with both: what winnow_engine_load says is found at the cancel that it was given. Of an object that several threads use at once,
   it is the latest message. */
WINNOW_API winnow_status WINNOW_CALL winnow_object_error(winnow_object target, char *buffer, size_t size, size_t *length);

/* The policies that KV caches can have, JSON: policies (name, summary, source, reads_sparsely, options (name, default, description)). */
WINNOW_API winnow_status WINNOW_CALL winnow_kv_policies(char *buffer, size_t size, size_t *length);

/* What this machine has to compute with, JSON: devices (device, name, bytes), cuda_problem, nvrtc_problem (empty where there is none). */
WINNOW_API winnow_status WINNOW_CALL winnow_devices(char *buffer, size_t size, size_t *length);

/* Frees everything that is open, after ending what runs, and gives memory back to the system. leaked, which may be null, becomes the number of objects that the caller had not
   freed; winnow_last_error then lists their kinds. The library can be used again afterwards. */
WINNOW_API winnow_status WINNOW_CALL winnow_shutdown(size_t *leaked);

/* Makes something that ends waiting calls: pass it to them, and request it from another thread. */
WINNOW_API winnow_status WINNOW_CALL winnow_cancel_create(winnow_cancel *cancel);

/* Ends all calls that were given this cancel, and those that will be, with WINNOW_CANCELLED. */
WINNOW_API winnow_status WINNOW_CALL winnow_cancel_request(winnow_cancel cancel);

/* Frees a cancel. Calls that were given it go on. */
WINNOW_API winnow_status WINNOW_CALL winnow_cancel_free(winnow_cancel cancel);

/* ---- Engines ---- */

/* Loads a model and waits for it. path: a folder with config.json and safetensors, or a .gguf file. Options: device, threads, kv_policy, ... progress
   may be null, cancel may be 0. */
WINNOW_API winnow_status WINNOW_CALL winnow_engine_load(const char *path, size_t path_length, const char *options, size_t options_length, winnow_progress_callback progress, void *user, winnow_cancel cancel, winnow_engine *engine);

/* Ends all that the engine does, waits for the step in progress, and gives its memory back. Handles of its sessions and generations stay
   to be freed; other calls with them give WINNOW_CLOSED. */
WINNOW_API winnow_status WINNOW_CALL winnow_engine_free(winnow_engine engine);

/* Facts, JSON: model, architecture, context_tokens, vocabulary, hidden, layers, has_chat_template. */
WINNOW_API winnow_status WINNOW_CALL winnow_engine_info(winnow_engine engine, char *buffer, size_t size, size_t *length);

/* What the engine holds and has done, JSON: total_pages, free_pages, running_requests, open_sessions, computed_tokens, eviction_seconds, weight_bytes, ...
   At work it may have grown since its length was asked for: with WINNOW_BUFFER_TOO_SMALL ask again. */
WINNOW_API winnow_status WINNOW_CALL winnow_engine_statistics(winnow_engine engine, char *buffer, size_t size, size_t *length);

/* Turns texts into vectors and waits for them: F32 [texts_count, hidden], row by row. lengths may be null where every text ends with a zero
   byte. Options: pooling, normalize, add_special. cancel may be 0. */
WINNOW_API winnow_status WINNOW_CALL winnow_embed(winnow_engine engine, const char *const *texts, const size_t *lengths, size_t texts_count, const char *options, size_t options_length, winnow_cancel cancel, float *vectors, size_t capacity, size_t *count);

/* ---- Tokenizers ---- */

/* Opens the tokenizer of a model, or a file called tokenizer.json, without loading weights. */
WINNOW_API winnow_status WINNOW_CALL winnow_tokenizer_load(const char *path, size_t path_length, winnow_tokenizer *tokenizer);

/* The tokenizer of an engine; it may outlive the engine, and is freed on its own. */
WINNOW_API winnow_status WINNOW_CALL winnow_engine_tokenizer(winnow_engine engine, winnow_tokenizer *tokenizer);

/* Frees a tokenizer. */
WINNOW_API winnow_status WINNOW_CALL winnow_tokenizer_free(winnow_tokenizer tokenizer);

/* Text to tokens. add_special: add the tokens that the model expects around a text. parse_special: let special tokens that are spelled out
   in the text become those tokens. */
WINNOW_API winnow_status WINNOW_CALL winnow_tokenizer_encode(winnow_tokenizer tokenizer, const char *text, size_t text_length, int32_t add_special, int32_t parse_special, int32_t *tokens, size_t capacity, size_t *count);

/* Tokens to text. skip_special: leave special tokens out. */
WINNOW_API winnow_status WINNOW_CALL winnow_tokenizer_decode(winnow_tokenizer tokenizer, const int32_t *tokens, size_t count, int32_t skip_special, char *buffer, size_t size, size_t *length);

/* The tokens of a conversation in the form of the model's chat template. messages: a JSON array of objects with role and content. */
WINNOW_API winnow_status WINNOW_CALL winnow_engine_encode_chat(winnow_engine engine, const char *messages, size_t messages_length, int32_t add_generation_prompt, int32_t *tokens, size_t capacity, size_t *count);

/* ---- Sessions: one call at a time each ---- */

/* Opens an empty session. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_create(winnow_engine engine, winnow_session *session);

/* The same with options: kv_policy, what evicts from the session's cache; {"name": "none"} for nothing. Without it the engine's. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_create_with(winnow_engine engine, const char *options, size_t options_length, winnow_session *session);

/* Closes a session, ends what it is busy with, and gives its memory back. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_free(winnow_session session);

/* Appends text and computes it. The first text begins with the token that begins texts, where the model has one. cancel, which may be 0,
   takes the text off again. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_append_text(winnow_session session, const char *text, size_t text_length, winnow_cancel cancel);

/* Appends tokens and computes them. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_append_tokens(winnow_session session, const int32_t *tokens, size_t count, winnow_cancel cancel);

/* The tokens of the session; while it is busy: those it had before. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_tokens(winnow_session session, int32_t *tokens, size_t capacity, size_t *count);

/* A second session with the same tokens; memory is shared as far as both have the same. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_fork(winnow_session session, winnow_session *fork);

/* Takes the last count tokens off. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_rollback(winnow_session session, size_t count);

/* From now on nothing more leaves the session's cache; what has left stays away. For a context that is read and compressed once, and asked
   about often, in forks. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_freeze(winnow_session session);

/* What the session holds of the KV cache at the moment. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_usage(winnow_session session, winnow_kv_usage *usage);

/* The slots that the heads of each layer hold, on average; no values where nothing was computed. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_slots(winnow_session session, double *slots, size_t capacity, size_t *count);

/* Saves the tokens with their keys and values in a file, which takes the place of an older one only when it is whole. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_save(winnow_session session, const char *path, size_t path_length);

/* Opens a session that was saved with the same model; it continues exactly as the saved one would have. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_restore(winnow_engine engine, const char *path, size_t path_length, winnow_session *session);

/* The same with options: kv_policy, the policy that it was saved with, or {"name": "none"}. Without it the engine's. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_restore_with(winnow_engine engine, const char *path, size_t path_length, const char *options, size_t options_length, winnow_session *session);

/* ---- Generations: pieces are taken by one thread at a time; any thread may cancel or free ---- */

/* Starts to continue a text. Options: max_tokens, temperature, top_k, seed, stop_strings, kv_policy, ... */
WINNOW_API winnow_status WINNOW_CALL winnow_generate(winnow_engine engine, const char *prompt, size_t prompt_length, const char *options, size_t options_length, winnow_generation *generation);

/* Starts to continue tokens, which are used as they are. */
WINNOW_API winnow_status WINNOW_CALL winnow_generate_tokens(winnow_engine engine, const int32_t *tokens, size_t count, const char *options, size_t options_length, winnow_generation *generation);

/* Starts to answer a conversation: messages as of winnow_engine_encode_chat. */
WINNOW_API winnow_status WINNOW_CALL winnow_generate_chat(winnow_engine engine, const char *messages, size_t messages_length, const char *options, size_t options_length, winnow_generation *generation);

/* Starts to continue a session; the generated tokens become part of it, also where the generation is cancelled. Options: those of
   winnow_generate but kv_policy, which a session has from the start. */
WINNOW_API winnow_status WINNOW_CALL winnow_session_generate(winnow_session session, const char *options, size_t options_length, winnow_generation *generation);

/* Waits for the next piece and copies its text, with a zero byte, into text. WINNOW_END: there are no more. WINNOW_BUFFER_TOO_SMALL: the
   piece, of piece->text_length bytes, is kept for the next call. WINNOW_CANCELLED and errors end the generation. */
WINNOW_API winnow_status WINNOW_CALL winnow_generation_next(winnow_generation generation, winnow_piece *piece, char *text, size_t size);

/* Calls callback with each piece that is left, on this thread, and returns when there are no more. A slow callback delays nobody else. */
WINNOW_API winnow_status WINNOW_CALL winnow_generation_run(winnow_generation generation, winnow_piece_callback callback, void *user);

/* Ends a generation within a step; who waits for a piece gets WINNOW_CANCELLED. */
WINNOW_API winnow_status WINNOW_CALL winnow_generation_cancel(winnow_generation generation);

/* What the generation took; WINNOW_INVALID_STATE before its last piece was taken, or where it was cancelled. */
WINNOW_API winnow_status WINNOW_CALL winnow_generation_usage(winnow_generation generation, winnow_usage *usage);

/* The most probable tokens at the place of the last piece taken, best first, where the option log_probabilities asked for them. */
WINNOW_API winnow_status WINNOW_CALL winnow_generation_log_probabilities(winnow_generation generation, winnow_token_probability *tokens, size_t capacity, size_t *count);

/* Ends a generation and gives its memory back. Where another thread waits for a piece, that wait ends with WINNOW_CANCELLED. */
WINNOW_API winnow_status WINNOW_CALL winnow_generation_free(winnow_generation generation);

/* ---- Kernels: one call at a time on each gpu, others wait ---- */

/* Opens what runs kernels: "cuda", "cuda:1", "simulator" (checks what it runs) or "simulator:unchecked". Needs NVRTC. */
WINNOW_API winnow_status WINNOW_CALL winnow_gpu_open(const char *device, size_t device_length, winnow_gpu *gpu);

/* Closes it, with all its memory. Its kernels stay to be freed. */
WINNOW_API winnow_status WINNOW_CALL winnow_gpu_free(winnow_gpu gpu);

/* Allocates memory on the device; address is for kernels and copies, the host cannot read it. */
WINNOW_API winnow_status WINNOW_CALL winnow_gpu_allocate(winnow_gpu gpu, size_t bytes, uint64_t *address);

/* Gives memory back. */
WINNOW_API winnow_status WINNOW_CALL winnow_gpu_release(winnow_gpu gpu, uint64_t address);

/* Copies to the device and waits for it. */
WINNOW_API winnow_status WINNOW_CALL winnow_gpu_to_device(winnow_gpu gpu, uint64_t destination, const void *source, size_t bytes);

/* Copies from the device and waits for it. */
WINNOW_API winnow_status WINNOW_CALL winnow_gpu_to_host(winnow_gpu gpu, void *destination, uint64_t source, size_t bytes);

/* Compiles CUDA C++ with NVRTC and finds the entry point, which must be extern "C". Options: definitions, an array of "NAME=VALUE". */
WINNOW_API winnow_status WINNOW_CALL winnow_kernel_compile(winnow_gpu gpu, const char *source, size_t source_length, const char *entry, size_t entry_length, const char *options, size_t options_length, winnow_kernel *kernel);

/* Launches the kernel and waits for it. arguments: its parameters as they lie in memory, each aligned to its size. milliseconds, which may
   be null, becomes the time of one launch. */
WINNOW_API winnow_status WINNOW_CALL winnow_kernel_launch(winnow_kernel kernel, const winnow_launch *launch, const void *arguments, size_t argument_bytes, double *milliseconds);

/* Frees a kernel. */
WINNOW_API winnow_status WINNOW_CALL winnow_kernel_free(winnow_kernel kernel);

#ifdef __cplusplus
}
#endif

#endif
