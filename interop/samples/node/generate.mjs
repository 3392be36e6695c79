// Generates from a model, streams, cancels, and keeps a part of the KV cache. usage: node generate.mjs LIBRARY MODEL [PROMPT]
import koffi from "koffi";
import { promisify } from "node:util";

const [libraryPath, model, prompt = "Once upon a time"] = process.argv.slice(2);
if (!model) {
  console.error("usage: node generate.mjs LIBRARY MODEL [PROMPT]");
  process.exit(2);
}

koffi.struct("winnow_piece", {
  struct_size: "size_t", text_length: "size_t", token: "int32_t", log_probability: "float", finish_reason: "int32_t", log_probabilities: "int32_t",
});
koffi.struct("winnow_kv_usage", { struct_size: "size_t", bytes: "int64_t", full_bytes: "int64_t", kept: "double", tokens: "int32_t", layers: "int32_t" });
const library = koffi.load(libraryPath);
const lastError = library.func("int32_t winnow_last_error(_Out_ uint8_t *buffer, size_t size, _Out_ size_t *length)");
const objectError = library.func("int32_t winnow_object_error(uint64_t object, _Out_ uint8_t *buffer, size_t size, _Out_ size_t *length)");
const load = library.func("int32_t winnow_engine_load(str path, size_t path_length, str options, size_t options_length, void *progress, void *user, uint64_t cancel, _Out_ uint64_t *engine)");
const freeEngine = library.func("int32_t winnow_engine_free(uint64_t engine)");
const generate = library.func("int32_t winnow_generate(uint64_t engine, str prompt, size_t prompt_length, str options, size_t options_length, _Out_ uint64_t *generation)");
const next = library.func("int32_t winnow_generation_next(uint64_t generation, _Inout_ winnow_piece *piece, _Out_ uint8_t *text, size_t size)");
const cancel = library.func("int32_t winnow_generation_cancel(uint64_t generation)");
const freeGeneration = library.func("int32_t winnow_generation_free(uint64_t generation)");
const createSession = library.func("int32_t winnow_session_create_with(uint64_t engine, str options, size_t options_length, _Out_ uint64_t *session)");
const append = library.func("int32_t winnow_session_append_text(uint64_t session, str text, size_t text_length, uint64_t cancel)");
const continueSession = library.func("int32_t winnow_session_generate(uint64_t session, str options, size_t options_length, _Out_ uint64_t *generation)");
const sessionUsage = library.func("int32_t winnow_session_usage(uint64_t session, _Inout_ winnow_kv_usage *usage)");
const freeSession = library.func("int32_t winnow_session_free(uint64_t session)");

const END = 1, CANCELLED = 9;
const length = (text) => Buffer.byteLength(text);

// The message of a call belongs to the thread that made it. Of asynchronous calls that is another one: the object has it, too.
function check(status, object) {
  if (status === 0) return;
  const buffer = Buffer.alloc(4096), size = [0];
  if (object) objectError(object, buffer, buffer.length, size);
  else lastError(buffer, buffer.length, size);
  throw Object.assign(new Error(buffer.toString("utf8", 0, Number(size[0]))), { status });
}

function start(engine, options) {
  const generation = [0n];
  check(generate(engine, prompt, length(prompt), options, length(options), generation));
  return generation[0];
}

// Each piece is waited for on a thread of koffi's, so that the event loop goes on.
async function* pieces(generation) {
  const wait = promisify(next.async);
  const text = Buffer.alloc(4096);
  try {
    for (;;) {
      const piece = { struct_size: koffi.sizeof("winnow_piece"), text_length: 0, token: 0, log_probability: 0, finish_reason: 0, log_probabilities: 0 };
      const status = await wait(generation, piece, text, text.length);
      if (status === END) return;
      check(status, generation);
      yield text.toString("utf8", 0, Number(piece.text_length));
    }
  } finally {
    freeGeneration(generation);
  }
}

const handle = [0n];
const options = '{"more_kv_policies": [{"name": "h2o", "budget": 32}]}';
check(load(model, length(model), options, length(options), null, null, 0, handle));
const engine = handle[0];

process.stdout.write(prompt);
for await (const text of pieces(start(engine, '{"seed": 1, "max_tokens": 48}'))) process.stdout.write(text);
console.log();

const endless = start(engine, '{"ignore_end_of_text": true}');
setTimeout(() => cancel(endless), 20);
try {
  for await (const text of pieces(endless));
  console.log("[ended by itself]");
} catch (error) {
  if (error.status !== CANCELLED) throw error;
  console.log("[cancelled]", error.message);
}

// A session whose cache keeps 32 slots of each head, however long its text gets.
const session = [0n], tale = [0n], policy = '{"kv_policy": {"name": "h2o", "budget": 32}}';
const long = '{"seed": 1, "max_tokens": 120, "ignore_end_of_text": true}';
check(createSession(engine, policy, length(policy), session));
check(append(session[0], prompt, length(prompt), 0));
check(continueSession(session[0], long, length(long), tale));
for await (const text of pieces(tale[0]));
const held = { struct_size: koffi.sizeof("winnow_kv_usage"), bytes: 0, full_bytes: 0, kept: 0, tokens: 0, layers: 0 };
check(sessionUsage(session[0], held));
console.log(`[h2o kept ${Math.round(100 * held.kept)} % of ${held.tokens} tokens: ${held.bytes} of ${held.full_bytes} bytes]`);
check(freeSession(session[0]));

try {
  start(engine, '{"temprature": 1}');
} catch (error) {
  console.log("As it should be:", error.message);
}
check(freeEngine(engine));
