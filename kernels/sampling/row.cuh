// row.cuh - a row of logits in one block of 1024 threads: weights, sums, and cuts in the order of selections.
//
// The weight of a score is exp(score - maximum), bit for bit that of Winnow.Kernels.Sampling.RowMath; sums of weights are whole numbers
// of 2^-40 (FixedMass there), so that they are exact in any order and every decision is the one that the CPU takes.
// Every truncation keeps a prefix of the order "higher score, then lower token", so what is left is a view of the row and one cut.
#pragma once
#include "common/types.cuh"
#include "reduction/order.cuh"

constexpr int kThreads = 1024;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kListCapacity = 4096;
constexpr float kImpossible = -87.0f;
constexpr float kFixedOne = 0x1p40f;

struct RowShared {
  u64 sums[kWarps];
  u32 counts[kWarps];
  i32 token;
  float list[kListCapacity];
  i32 tokens[kListCapacity];
};

// Scores by ascending token. Those above the key of the cut are left, and those with just that key up to an index.
struct View {
  float* scores;
  const i32* tokens;  // null where index and token are the same
  int count;
  u32 key;
  int last;
  float maximum;

  __device__ bool has(int i, u32 score_key) const { return score_key > key || (score_key == key && i <= last); }
  __device__ int token(int i) const { return tokens == nullptr ? i : tokens[i]; }
};

// exp for arguments up to 0 as RowMath.Exp computes it, but for those below -87: they have what -87 has there, 2^-126 or so, and weigh nothing either way.
__device__ __forceinline__ float row_exp(float x) {
  float clamped = fmaxf(x, kImpossible);
  float shifted = fmaf(clamped, 1.44269504f, 12582912.0f);
  float n = __fsub_rn(shifted, 12582912.0f);
  float r = fmaf(n, 2.12194440e-4f, fmaf(n, -0.693359375f, clamped));
  float p = fmaf(1.0f / 5040, r, 1.0f / 720);
  p = fmaf(p, r, 1.0f / 120);
  p = fmaf(p, r, 1.0f / 24);
  p = fmaf(p, r, 1.0f / 6);
  p = fmaf(p, r, 0.5f);
  p = fmaf(p, r, 1.0f);
  p = fmaf(p, r, 1.0f);
  float power = __uint_as_float((__float_as_uint(shifted) << 23) + 0x3f800000u);
  return __fmul_rn(p, power);
}

// exp(score - maximum) in whole numbers of 2^-40, to nearest even: `high` of 2^-20 and `low`, up to 2^20, of the rest, which is exact before it is rounded.
// Both as floats from 2^23 on, the lower bits of which are such numbers, so that nothing is converted, and sums of some hundreds fit 32 bits.
struct Weight {
  u32 high;
  u32 low;

  __device__ Weight(float score, float maximum) {
    float power = row_exp(__fsub_rn(score, maximum));
    float whole = __fmaf_rz(power, 0x1p20f, 0x1p23f);
    float rest = __fmaf_rn(__fsub_rn(whole, 0x1p23f), -0x1p-20f, power);
    high = __float_as_uint(whole);
    low = __float_as_uint(__fmaf_rn(rest, kFixedOne, 0x1p23f));
  }
};

constexpr int kWeightLowBits = 20;
constexpr u32 kWeightZero = 0x4b000000u;  // 2^23

__device__ __forceinline__ u64 joined_weight(u32 high, u32 low) { return (static_cast<u64>(high) << kWeightLowBits) + low; }

__device__ __forceinline__ u64 weight_of(float score, float maximum) {
  Weight weight(score, maximum);
  return joined_weight(weight.high - kWeightZero, weight.low - kWeightZero);
}

__device__ View whole_row(float* scores, int count, float maximum) {
  return {scores, nullptr, count, kKeyOfNegativeInfinity, -1, maximum};
}

// The weight of everything in the view at or above a key; with kCounts everything weighs 1. Not inlined, like other passes that several
// stages make: all copies together would be far larger than an instruction cache.
template <bool kCounts>
__device__ __noinline__ u64 mass_from(View view, u32 key, RowShared& shared) {
  u64 sum = 0;
#pragma unroll 4
  for (int i = threadIdx.x; i < view.count; i += kThreads) {
    float score = view.scores[i];
    u32 own = key_of(score);
    if (own >= key && view.has(i, own)) sum += kCounts ? 1ull : weight_of(score, view.maximum);
  }
  return block_sum<kThreads>(sum, shared.sums);
}

// How many entries with one key lie at or below an index.
__device__ __noinline__ u32 ties_through(View view, u32 key, int index, RowShared& shared) {
  u64 ties = 0;
#pragma unroll 1
  for (int i = threadIdx.x; i <= index; i += kThreads) ties += key_of(view.scores[i]) == key && view.has(i, key) ? 1 : 0;
  return static_cast<u32>(block_sum<kThreads>(ties, shared.sums));
}

// Moves what lies within `distance` of the maximum into the list, if it fits; returns the least key there is at that distance.
// What lies farther may be lost: it must not matter.
__device__ u32 narrow(View& view, float distance, RowShared& shared) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  int share = warp_share<kWarps>(view.count);
  int start = min(view.count, warp * share), end = min(view.count, start + share);
  u32 least = 0xffffffffu, found = 0;
  auto taken = [&](int i, float& score, u32& key) {
    score = i < end ? view.scores[i] : 0.0f;
    key = key_of(score);
    return i < end && view.has(i, key) && __fsub_rn(score, view.maximum) >= distance;
  };
  float score;
  u32 key;
#pragma unroll 2
  for (int at = start; at < end; at += kWarpSize) {
    bool take = taken(at + lane, score, key);
    if (take) least = min(least, key);
    found += __popc(__ballot_sync(kFullWarp, take));
  }
  least = __reduce_min_sync(kFullWarp, least);
  if (lane == 0) {
    shared.counts[warp] = found;
    shared.sums[warp] = least;
  }
  __syncthreads();
  least = __reduce_min_sync(kFullWarp, static_cast<u32>(shared.sums[lane]));
  u32 total = warp_sum(shared.counts[lane]);
  if (view.tokens == nullptr && total <= kListCapacity) {
    u32 place = before_warp<kWarps>(shared.counts);
#pragma unroll 1
    for (int at = start; at < end; at += kWarpSize) {
      bool take = taken(at + lane, score, key);
      u32 lanes = __ballot_sync(kFullWarp, take);
      if (take) {
        u32 target = place + __popc(lanes & lanes_below());
        shared.list[target] = score;
        shared.tokens[target] = at + lane;
      }
      place += __popc(lanes);
    }
    view = {shared.list, shared.tokens, static_cast<int>(total), kKeyOfNegativeInfinity, -1, view.maximum};
  }
  __syncthreads();
  return least;
}

// Cuts behind the first entry at which the running weight reaches the target. `low` is a key from which on it is reached.
template <bool kCounts>
__device__ void cut_at(View& view, u64 target, u32 low, RowShared& shared) {
  u32 high = key_of(view.maximum);
  u64 above = 0;
#pragma unroll 1
  while (low < high) {
    u32 middle = low + ((high - low + 1) / 2);
    u64 mass = mass_from<kCounts>(view, middle, shared);
    if (mass >= target) {
      low = middle;
    } else {
      high = middle - 1;
      above = mass;
    }
  }
  u64 each = kCounts ? 1ull : weight_of(value_of(low), view.maximum);
  u64 wanted = target > above ? (target - above + each - 1) / each : 1ull;
  int last = view.count - 1;
  if (wanted < ties_through(view, low, last, shared)) {
    int first = 0;
    while (first < last) {
      int middle = (first + last) / 2;
      if (ties_through(view, low, middle, shared) >= wanted) {
        last = middle;
      } else {
        first = middle + 1;
      }
    }
  } else if (low == view.key) {
    last = view.last;
  }
  view.key = low;
  view.last = last;
}

// A score that at least `wanted` entries reach: the wanted-th best of the threads' best ones. Distances from the maximum.
__device__ __noinline__ float distance_of(View view, int wanted, RowShared& shared) {
  if (wanted > kThreads) return -__int_as_float(0x7f800000);
  u32 best = 0;
#pragma unroll 4
  for (int i = threadIdx.x; i < view.count; i += kThreads) {
    u32 key = key_of(view.scores[i]);
    if (view.has(i, key)) best = max(best, key);
  }
  u32 low = 0, high = key_of(view.maximum);
#pragma unroll 1
  while (low < high) {
    u32 middle = low + ((high - low + 1) / 2);
    if (__syncthreads_count(best >= middle) >= wanted) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low <= kKeyOfNegativeInfinity ? -__int_as_float(0x7f800000) : __fsub_rn(value_of(low), view.maximum);
}

// Keeps the k largest.
__device__ void keep_top(View& view, int k, RowShared& shared) {
  float distance = distance_of(view, k, shared);
  u32 low = narrow(view, distance, shared);
  if (mass_from<true>(view, low, shared) >= static_cast<u64>(k)) cut_at<true>(view, k, low, shared);
}

// Keeps the most probable up to a share of the mass.
__device__ void keep_mass(View& view, float share, RowShared& shared) {
  if (share >= 1.0f) return;
  u64 sum = mass_from<false>(view, 0, shared);
  u64 target = static_cast<u64>(ceil(static_cast<double>(share) * static_cast<double>(sum)));
  // All entries below this weight together weigh less than what may be missing; the margin covers the errors of exp and log.
  float floor = static_cast<float>((sum - target) / static_cast<u64>(view.count));
  float distance = floor < 1.0f ? -__int_as_float(0x7f800000) : logf(floor / kFixedOne) - 0.01f;
  u32 low = narrow(view, distance, shared);
  cut_at<false>(view, target, low, shared);
}

// The key of the smallest float that is not below maximum + offset, so that it compares as the exact number would.
__device__ __forceinline__ u32 key_near(float maximum, double offset) {
  return key_of(__double2float_ru(fmax(static_cast<double>(maximum) + offset, -3.4028234663852886e38)));
}

// Keeps scores of at least maximum + offset.
__device__ void keep_near(View& view, double offset) {
  u32 key = key_near(view.maximum, offset);
  if (key > view.key) {
    view.key = key;
    view.last = view.count - 1;
  }
}

__device__ double log_probability(float score, float maximum, double log_sum) {
  return fmin(0.0, static_cast<double>(score) - static_cast<double>(maximum) - log_sum);
}

__device__ double log_of_mass(u64 sum) { return log(static_cast<double>(sum) * 0x1p-40); }
