// sample.cu - the standard sampler chain over rows of logits, one launch: logit bias, repetition, frequency and presence penalties, then
// temperature, top-k, top-p and min-p in any order, then a draw or the largest. The same tokens as Winnow.Kernels.Sampling.CpuSampling.
//
//   tokens            [rows] i32: the chosen token; 0 where the status is not 0
//   log_probabilities [rows] f32: of that token under the softmax of the unmodified row; NaN where the status is not 0
//   statuses          [rows] i32: SamplingStatus
//   top_tokens, top_log_probabilities [rows, top] i32, f32: the best of the unmodified row, best first; null for none
//   parameters        [rows] SamplingRow, 80 bytes, 16-byte aligned; with `advance` position and history move on
//   logits            [rows, vocab] f32, plain alignment; not written
//   work              [rows, vocab] f32: scratch
//   history           [slots, history_capacity] i32: token j of a sequence at j % history_capacity; null for none
//   biases            [biases] TokenBias; a row's lie together and name a token once; null for none
// A row that is not active is left alone: parameters, outputs and all.
//
// grid (rows), block (1024), at most 4096 history entries. About seven passes over the row, from L2 after the first: what can still be
// chosen moves to shared memory (4096 entries) once it fits; without truncation nothing needs to. Truncation is by bisection on keys, no
// sort. The window of the penalties is searched for equal tokens by each of its tokens: the square of its length, spread over the block.
// Random numbers: Philox keyed by (seed, sequence, position), inverse distribution function by ascending token.
#include "common/philox.cuh"
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/row.cuh"

constexpr u32 kActive = 1, kGreedy = 2, kRepetition = 4, kFrequency = 8, kPresence = 16;
constexpr u32 kPenalties = kRepetition | kFrequency | kPresence;
constexpr int kFirstStageBit = 8, kStageBits = 4;
constexpr u32 kTemperature = 1, kTopK = 2, kTopP = 3, kMinP = 4;
constexpr i32 kChosen = 0, kNotANumber = 1, kInfinity = 2, kNothingPossible = 3, kAllBanned = 4, kOverflow = 5;
constexpr u32 kDraw = 0;

struct alignas(16) SamplingRow {
  u64 seed;
  u64 sequence;
  i64 position;
  double log_min_p;
  float temperature;
  float top_p;
  i32 top_k;
  float repetition;
  float frequency;
  float presence;
  i32 window;
  i32 history_length;
  i32 history_slot;
  i32 bias_start;
  i32 bias_count;
  u32 plan;
};

static_assert(sizeof(SamplingRow) == 80, "C# mirrors this");

struct TokenBias {
  i32 token;
  float bias;
};

struct SamplingBatch {
  i32* tokens;
  float* log_probabilities;
  i32* statuses;
  i32* top_tokens;
  float* top_log_probabilities;
  SamplingRow* parameters;
  const float* logits;
  float* work;
  i32* history;
  const TokenBias* biases;
  i32 vocab;
  i32 top;
  i32 history_capacity;
  i32 advance;
};

static_assert(sizeof(SamplingBatch) == 96, "C# mirrors this");

__device__ float penalized(float score, int occurrences, const SamplingRow& row) {
  if (row.plan & kRepetition) score = score <= 0.0f ? __fmul_rn(score, row.repetition) : __fdiv_rn(score, row.repetition);
  if (row.plan & kFrequency) score = __fsub_rn(score, __fmul_rn(static_cast<float>(occurrences), row.frequency));
  if (row.plan & kPresence) score = __fsub_rn(score, row.presence);
  return score;
}

// Every distinct token of the window once, by the thread of its first occurrence.
__device__ void penalize(const SamplingBatch& batch, const SamplingRow& row, float* work, RowShared& shared) {
  int length = min(min(row.window, row.history_length), batch.history_capacity);
  const i32* history = batch.history + (static_cast<i64>(row.history_slot) * batch.history_capacity);
#pragma unroll 1
  for (int i = threadIdx.x; i < length; i += kThreads) {
    shared.tokens[i] = history[(row.history_length - length + i) % batch.history_capacity];
  }
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < length; i += kThreads) {
    i32 token = shared.tokens[i];
    int occurrences = 0;
    bool first = token >= 0 && token < batch.vocab;
#pragma unroll 4
    for (int other = 0; other < length; ++other) {
      bool same = shared.tokens[other] == token;
      occurrences += same ? 1 : 0;
      first = first && !(same && other < i);
    }
    if (first) work[token] = penalized(work[token], occurrences, row);
  }
  __syncthreads();
}

__device__ void add_biases(const SamplingBatch& batch, const SamplingRow& row, float* work) {
#pragma unroll 1
  for (int i = threadIdx.x; i < row.bias_count; i += kThreads) {
    TokenBias bias = batch.biases[row.bias_start + i];
    if (bias.token >= 0 && bias.token < batch.vocab) work[bias.token] = __fadd_rn(work[bias.token], bias.bias);
  }
  __syncthreads();
}

// Divides by the temperature; where the quotient would overflow the maximum moves to 0 first. What was cut off is gone for good.
__device__ void divide(View& view, float temperature, float* work) {
  float shift = __fdiv_rn(fabsf(view.maximum), temperature) < 3.402823466e38f ? 0.0f : view.maximum;
  float* target = view.tokens == nullptr ? work : view.scores;
#pragma unroll 2
  for (int i = threadIdx.x; i < view.count; i += kThreads) {
    float score = view.scores[i];
    bool left = view.has(i, key_of(score));
    target[i] = left ? __fdiv_rn(__fsub_rn(score, shift), temperature) : -__int_as_float(0x7f800000);
  }
  view.scores = target;
  view.key = kKeyOfNegativeInfinity;
  view.last = -1;
  view.maximum = __fdiv_rn(__fsub_rn(view.maximum, shift), temperature);
  __syncthreads();
}

__device__ void run_stages(View& view, const SamplingRow& row, float* work, RowShared& shared) {
#pragma unroll 1
  for (u32 stages = row.plan >> kFirstStageBit; stages != 0; stages >>= kStageBits) {
    u32 stage = stages & ((1u << kStageBits) - 1u);
    if (stage == kTemperature) divide(view, row.temperature, work);
    if (stage == kTopK) keep_top(view, row.top_k, shared);
    if (stage == kTopP) keep_mass(view, row.top_p, shared);
    if (stage == kMinP) keep_near(view, row.log_min_p);
  }
}

// The lowest token with the largest score.
__device__ int largest(const View& view, RowShared& shared) {
  u64 best = 0;
  for (int i = threadIdx.x; i < view.count; i += kThreads) {
    u64 candidate = (static_cast<u64>(key_of(view.scores[i])) << 32) | ~static_cast<u32>(i);
    best = candidate > best ? candidate : best;
  }
  return view.token(static_cast<int>(~static_cast<u32>(block_max<kThreads>(best, shared.sums))));
}

__device__ u64 drawable(const View& view, int i, int end) {
  if (i >= end) return 0;
  float score = view.scores[i];
  return view.has(i, key_of(score)) ? weight_of(score, view.maximum) : 0;
}

// Splits a range among the warps and leaves the share in which the running weight passes the target. With `draw` below 1 the target is
// that part of the range's weight.
__device__ void descend(const View& view, int& start, int& end, u64& target, double draw, RowShared& shared) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  int share = warp_share<kWarps>(end - start);
  int first = min(end, start + (warp * share)), stop = min(end, first + share);
  u64 sum = 0;
#pragma unroll 4
  for (int at = first; at < stop; at += kWarpSize) sum += drawable(view, at + lane, stop);
  sum = warp_sum(sum);
  if (lane == 0) shared.sums[warp] = sum;
  __syncthreads();
  if (draw < 1.0) {
    u64 total = warp_sum(shared.sums[lane]);
    target = min(static_cast<u64>(draw * static_cast<double>(total)), total - 1);
  }
  int chosen = 0;
#pragma unroll 1
  while (target >= shared.sums[chosen]) target -= shared.sums[chosen++];
  start = min(end, start + (chosen * share));
  end = min(end, start + share);
  __syncthreads();
}

// The first token at which the running weight exceeds the drawn part of the whole.
__device__ int draw_token(const View& view, double draw, RowShared& shared) {
  int start = 0, end = view.count;
  u64 target = 0;
  descend(view, start, end, target, draw, shared);
  if (end - start > kThreads) descend(view, start, end, target, 1.0, shared);
  if (threadIdx.x < kWarpSize) {
    int lane = threadIdx.x;
#pragma unroll 1
    for (int at = start; at < end; at += kWarpSize) {
      u64 through = drawable(view, at + lane, end);
      for (int distance = 1; distance < kWarpSize; distance *= 2) {
        u64 other = __shfl_up_sync(kFullWarp, through, distance);
        if (lane >= distance) through += other;
      }
      u32 passed = __ballot_sync(kFullWarp, through > target);
      if (passed != 0) {
        if (lane == 0) shared.token = view.token(at + __ffs(passed) - 1);
        break;
      }
      target -= __shfl_sync(kFullWarp, through, kWarpSize - 1);
    }
  }
  __syncthreads();
  return shared.token;
}

__device__ i32 status_of(const Statistics& statistics) {
  if (statistics.has_nan) return kNotANumber;
  if (statistics.key == kKeyOfPositiveInfinity) return kInfinity;
  return statistics.key <= kKeyOfNegativeInfinity ? kNothingPossible : kChosen;
}

// Biases and penalties, in the work row.
__device__ i32 modify(const SamplingBatch& batch, const SamplingRow& row, View& view, Statistics& statistics, float* work,
                      RowShared& shared) {
  if (row.bias_count > 0) add_biases(batch, row, work);
  if (row.plan & kPenalties) penalize(batch, row, work, shared);
  statistics = scan(work, batch.vocab, nullptr, shared);
  view = whole_row(work, batch.vocab, statistics.maximum());
  if (statistics.has_nan || statistics.key == kKeyOfPositiveInfinity) return kOverflow;
  return statistics.key <= kKeyOfNegativeInfinity ? kAllBanned : kChosen;
}

__device__ void write_result(const SamplingBatch& batch, i64 r, i32 status, int token, float log_probability) {
  if (threadIdx.x != 0) return;
  batch.statuses[r] = status;
  batch.tokens[r] = token;
  batch.log_probabilities[r] = log_probability;
  if (status == kChosen && batch.advance != 0) {
    SamplingRow& row = batch.parameters[r];
    if (batch.history != nullptr) {
      i64 place = (static_cast<i64>(row.history_slot) * batch.history_capacity) + (row.history_length % batch.history_capacity);
      batch.history[place] = token;
      row.history_length += 1;
    }
    row.position += 1;
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_sample(SamplingBatch batch) {
  __shared__ RowShared shared;
  i64 r = blockIdx.x;
  const SamplingRow row = batch.parameters[r];
  if (!(row.plan & kActive)) return;
  float* logits = const_cast<float*>(batch.logits) + (r * batch.vocab);
  float* work = batch.work + (r * batch.vocab);
  bool modifies = row.bias_count > 0 || (row.plan & kPenalties) != 0;

  Statistics statistics = scan(logits, batch.vocab, modifies ? work : nullptr, shared);
  i32 status = status_of(statistics);
  View view = whole_row(logits, batch.vocab, statistics.maximum());
  float maximum = view.maximum;
  double log_sum = 0.0;
  if (status == kChosen) {
    log_sum = log_of_mass(mass_from<false>(view, 0, shared));
    if (batch.top > 0) {
      write_top(view, log_sum, batch.top_tokens + (r * batch.top), batch.top_log_probabilities + (r * batch.top), batch.top, shared);
    }
    if (modifies) status = modify(batch, row, view, statistics, work, shared);
  }
  if (status != kChosen) {
    write_result(batch, r, status, 0, __int_as_float(0x7fc00000));
    return;
  }
  run_stages(view, row, work, shared);
  int token = row.plan & kGreedy
      ? (view.scores == (modifies ? work : logits) && view.tokens == nullptr ? statistics.argmax : largest(view, shared))
      : draw_token(view, uniform_double(philox_block(row.seed, row.sequence, row.position, kDraw)), shared);
  write_result(batch, r, kChosen, token, static_cast<float>(log_probability(logits[token], maximum, log_sum)));
}
