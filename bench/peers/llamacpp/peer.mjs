// Measures llama.cpp on the CPU. One command a line on stdin ("prefill" or "decode"), one JSON answer a line on stdout.
// usage: node peer.mjs MODEL.gguf THREADS PROMPT_TOKENS DEPTH_TOKENS DECODE_TOKENS CHUNK_TOKENS
import { createInterface } from "node:readline";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [modelPath, ...numbers] = process.argv.slice(2);
const [threads, promptTokens, depthTokens, decodeTokens, chunkTokens] = numbers.map(Number);

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: threads });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: Math.max(promptTokens, depthTokens + decodeTokens + 1) + 64,
  batchSize: chunkTokens,
  threads,
});
const sequence = context.getSequence();
const text = (length) => Array.from({ length }, (_, i) => 259 + ((i * 7919) % 20000));
let isDeep = false;

async function prefill() {
  await sequence.clearHistory();
  isDeep = false;
  const prompt = text(promptTokens);
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(prompt);
  return { tokens: promptTokens, milliseconds: performance.now() - start };
}

// Whatever is decoded from stays in the cache; its last token is computed again each time.
async function fill() {
  if (isDeep) {
    await sequence.eraseContextTokenRanges([{ start: depthTokens - 1, end: sequence.nextTokenIndex }]);
    return;
  }
  await sequence.clearHistory();
  await sequence.evaluateWithoutGeneratingNewTokens(text(depthTokens - 1));
  isDeep = true;
}

async function decode() {
  let tokens = -1;
  let start = 0;
  let last = 0;
  for await (const _ of sequence.evaluate(text(depthTokens).slice(-1), { temperature: 0, yieldEogToken: true })) {
    const now = performance.now();
    tokens++;
    if (tokens === 0) start = now;
    last = now;
    if (tokens === decodeTokens) break;
  }
  return { tokens, milliseconds: last - start };
}

function answer(values) {
  process.stdout.write(JSON.stringify(values) + "\n");
}

answer({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const isPrefill = line.trim() === "prefill";
  if (!isPrefill) await fill();
  const before = process.cpuUsage();
  const result = isPrefill ? await prefill() : await decode();
  const used = process.cpuUsage(before);
  const cpuMilliseconds = (used.user + used.system) / 1000;
  answer({ ...result, cpuMilliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 });
}
process.exit(0);
