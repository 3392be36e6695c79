// Measures llama.cpp on the CPU. One command a line on stdin ("prefill" or "decode"), one JSON answer a line on stdout.
// usage: node peer.mjs MODEL.gguf THREADS PROMPT_TOKENS DECODE_TOKENS
import { createInterface } from "node:readline";
import { getLlama, LlamaLogLevel } from "node-llama-cpp";

const [modelPath, ...numbers] = process.argv.slice(2);
const [threads, promptTokens, decodeTokens] = numbers.map(Number);
const warmTokens = 8;

const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: threads });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: promptTokens + decodeTokens + 64,
  batchSize: promptTokens,
  threads,
});
const sequence = context.getSequence();
const prompt = Array.from({ length: promptTokens }, (_, i) => 259 + ((i * 7919) % 20000));

async function prefill() {
  await sequence.clearHistory();
  const start = performance.now();
  await sequence.evaluateWithoutGeneratingNewTokens(prompt);
  return { tokens: promptTokens, milliseconds: performance.now() - start };
}

async function decode() {
  await sequence.clearHistory();
  let tokens = -1;
  let start = 0;
  let last = 0;
  for await (const _ of sequence.evaluate(prompt.slice(0, warmTokens), { temperature: 0, yieldEogToken: true })) {
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
  const before = process.cpuUsage();
  const result = line.trim() === "prefill" ? await prefill() : await decode();
  const used = process.cpuUsage(before);
  const cpuMilliseconds = (used.user + used.system) / 1000;
  answer({ ...result, cpuMilliseconds, peakBytes: process.resourceUsage().maxRSS * 1024 });
}
process.exit(0);
