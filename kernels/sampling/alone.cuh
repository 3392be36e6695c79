// alone.cuh - a row that one block chooses a token of, all by itself: what phases of many blocks have no short way for.
//
// About seven passes over the row, from L2 after the first: what can still be chosen moves to shared memory (4096 entries) once it fits.
// Truncation is by bisection on keys, no sort.
#pragma once
#include "common/types.cuh"
#include "sampling/batch.cuh"
#include "sampling/row.cuh"

// Divides by the temperature. What was cut off is gone for good.
__device__ void divide(View& view, float temperature, float* work) {
  Scale scale = scale_of(view.maximum, temperature);
  float* target = view.tokens == nullptr ? work : view.scores;
#pragma unroll 2
  for (int i = threadIdx.x; i < view.count; i += kThreads) {
    float score = view.scores[i];
    bool left = view.has(i, key_of(score));
    target[i] = left ? scale(score) : -__int_as_float(0x7f800000);
  }
  view.scores = target;
  view.key = kKeyOfNegativeInfinity;
  view.last = -1;
  view.maximum = scale(view.maximum);
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

// The token of a row whose largest score is known.
__device__ int choose_alone(float* scores, float* work, int vocab, float maximum, const SamplingRow& row, double draw, RowShared& shared) {
  View view = whole_row(scores, vocab, maximum);
  run_stages(view, row, work, shared);
  return row.plan & kGreedy ? largest(view, shared) : draw_token(view, draw, shared);
}
