// candidates.cuh - the few entries of a row that can still be chosen, as a list in shared memory, and what the stages do to it.
//
// An entry is key << 32 | ~token, so descending order is the order of selections, all entries differ, and it does not matter in which
// order they were found. Every stage keeps a prefix of the sorted list.
#pragma once
#include "common/types.cuh"
#include "sampling/batch.cuh"
#include "sampling/row.cuh"

constexpr int kMostChunks = 512;
constexpr int kWeightBits = 41;  // a weight is 2^40 at most
constexpr u32 kTokenMask = (1u << 22) - 1u;

struct ListShared {
  u64 sums[kWarps];
  u64 entries[kListCapacity];
  i32 chunks[kMostChunks];
  u32 found;
  u32 chosen;
  i32 token;
};

__device__ __forceinline__ u64 entry_of(u32 key, int token) { return (static_cast<u64>(key) << 32) | ~static_cast<u32>(token); }
__device__ __forceinline__ u32 key_of_entry(u64 entry) { return static_cast<u32>(entry >> 32); }
__device__ __forceinline__ int token_of(u64 entry) { return static_cast<int>(~static_cast<u32>(entry)); }
__device__ __forceinline__ u64 weight_of_entry(u64 entry, float maximum) { return weight_of(value_of(key_of_entry(entry)), maximum); }

// Sorts up to 1024 numbers, one a thread: networks of a warp need no barrier (Batcher 1968, bitonic).
__device__ __forceinline__ u64 sort_threads(u64* entries, u64 own, int size) {
  int t = threadIdx.x;
#pragma unroll 1
  for (int width = 2; width <= size; width *= 2) {
#pragma unroll 1
    for (int distance = width / 2; distance > 0; distance /= 2) {
      u64 other;
      if (distance < kWarpSize) {
        if (t >= size) continue;
        other = __shfl_xor_sync(kFullWarp, own, distance);
      } else {
        __syncthreads();
        if (t < size) entries[t] = own;
        __syncthreads();
        if (t >= size) continue;
        other = entries[t ^ distance];
      }
      bool keeps_larger = ((t & distance) == 0) == ((t & width) == 0);
      own = keeps_larger == (own > other) ? own : other;
    }
  }
  return own;
}

// Descending; what is behind the entries becomes 0, up to a power of two.
__device__ __noinline__ void sort_descending(u64* entries, int count) {
  int t = threadIdx.x, size = kWarpSize;
  while (size < count) size *= 2;
  if (size <= kThreads) {
    u64 own = sort_threads(entries, t < count ? entries[t] : 0ull, size);
    __syncthreads();
    if (t < size) entries[t] = own;
    __syncthreads();
    return;
  }
  for (int i = count + t; i < size; i += kThreads) entries[i] = 0;
  __syncthreads();
#pragma unroll 1
  for (int width = 2; width <= size; width *= 2) {
#pragma unroll 1
    for (int distance = width / 2; distance > 0; distance /= 2) {
#pragma unroll 1
      for (int pair = t; pair < size / 2; pair += kThreads) {
        int i = (2 * pair) - (pair & (distance - 1)), j = i + distance;
        u64 first = entries[i], second = entries[j];
        if ((first < second) == ((i & width) == 0)) {
          entries[i] = second;
          entries[j] = first;
        }
      }
      __syncthreads();
    }
  }
}

// What the threads before this one hold together, and all; `scratch` holds an entry a warp and can be used again at once.
__device__ __forceinline__ u64 sum_before(u64 own, u64& total, u64* scratch) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  u64 through = own;
#pragma unroll
  for (int distance = 1; distance < kWarpSize; distance *= 2) {
    u64 other = __shfl_up_sync(kFullWarp, through, distance);
    if (lane >= distance) through += other;
  }
  if (lane == kWarpSize - 1) scratch[warp] = through;
  __syncthreads();
  u64 sum = scratch[lane];
  u64 before = warp_sum(lane < warp ? sum : 0ull);
  total = warp_sum(sum);
  __syncthreads();
  return before + through - own;
}

// The least running weight that is a share of a sum; the best entry always stays.
__device__ __forceinline__ u64 share_of(float share, u64 sum) {
  u64 target = static_cast<u64>(ceil(static_cast<double>(share) * static_cast<double>(sum)));
  return target > 0 ? target : 1ull;
}

// The running weight that a number below 1 draws from a sum: the first entry that exceeds it is taken.
__device__ __forceinline__ u64 drawn_of(double draw, u64 sum) { return min(static_cast<u64>(draw * static_cast<double>(sum)), sum - 1); }

// How many entries of a sorted list stay so that their running weight, which is `above` before the first, reaches the target.
template <bool kCounts>
__device__ __noinline__ int prefix_of(const u64* entries, int count, float maximum, u64 above, u64 target, u64* scratch) {
  int kept = 0;
#pragma unroll 1
  for (int start = 0; start < count; start += kThreads) {
    int i = start + threadIdx.x;
    u64 own = i < count ? (kCounts ? 1ull : weight_of_entry(entries[i], maximum)) : 0ull, total;
    u64 before = above + sum_before(own, total, scratch);
    kept += __syncthreads_count(i < count && before < target);
    above += total;
  }
  return kept;
}

__device__ __noinline__ u64 mass_of(const u64* entries, int count, float maximum, u64* scratch) {
  u64 sum = 0;
#pragma unroll 1
  for (int i = threadIdx.x; i < count; i += kThreads) sum += weight_of_entry(entries[i], maximum);
  return block_sum<kThreads>(sum, scratch);
}

// Draws by ascending token, which weights go along with in one number.
__device__ __forceinline__ int draw_from(u64* entries, int count, float maximum, double draw, ListShared& shared) {
#pragma unroll 1
  for (int i = threadIdx.x; i < count; i += kThreads) {
    u64 entry = entries[i];
    entries[i] = (static_cast<u64>(~static_cast<u32>(token_of(entry)) & kTokenMask) << kWeightBits) | weight_of_entry(entry, maximum);
  }
  __syncthreads();
  sort_descending(entries, count);
  constexpr u64 kWeightMask = (1ull << kWeightBits) - 1ull;
  u64 sum = 0;
#pragma unroll 1
  for (int i = threadIdx.x; i < count; i += kThreads) sum += entries[i] & kWeightMask;
  u64 target = drawn_of(draw, block_sum<kThreads>(sum, shared.sums)), before_tile = 0;
#pragma unroll 1
  for (int start = 0; start < count; start += kThreads) {
    int i = start + threadIdx.x;
    u64 entry = i < count ? entries[i] : 0ull, own = entry & kWeightMask, total;
    u64 before = before_tile + sum_before(own, total, shared.sums);
    if (before <= target && target < before + own) shared.token = static_cast<int>(~static_cast<u32>(entry >> kWeightBits) & kTokenMask);
    before_tile += total;
  }
  __syncthreads();
  return shared.token;
}

__device__ __forceinline__ int largest_of(const u64* entries, int count, u64* scratch) {
  u64 best = 0;
  for (int i = threadIdx.x; i < count; i += kThreads) best = entries[i] > best ? entries[i] : best;
  return token_of(block_max<kThreads>(best, scratch));
}

// Keeps what a truncating stage leaves of a list. `known` is the weight of all that was there before, where the list is not all of it.
__device__ __forceinline__ int truncate(u32 stage, int count, float maximum, u64 known, const SamplingRow& row, ListShared& shared) {
  if (stage == kTopK) return min(count, row.top_k);
  if (stage == kTopP) {
    if (row.top_p >= 1.0f) return count;
    u64 sum = known > 0 ? known : mass_of(shared.entries, count, maximum, shared.sums);
    return prefix_of<false>(shared.entries, count, maximum, 0, share_of(row.top_p, sum), shared.sums);
  }
  u32 least = key_near(maximum, row.log_min_p);
  int kept = 0;
#pragma unroll 1
  for (int start = 0; start < count; start += kThreads) {
    int i = start + threadIdx.x;
    kept += __syncthreads_count(i < count && key_of_entry(shared.entries[i]) >= least);
  }
  return kept;
}

// Runs stages on a list that holds all that they can leave, and chooses.
__device__ __forceinline__ int choose_from(int count, u32 stages, float maximum, u64 known, const SamplingRow& row, double draw,
                                        ListShared& shared) {
  bool sorted = false;
#pragma unroll 1
  for (; stages != 0; stages >>= kStageBits) {
    u32 stage = stages & kStageMask;
    if (stage == kTemperature) {
      Scale scale = scale_of(maximum, row.temperature);
#pragma unroll 1
      for (int i = threadIdx.x; i < count; i += kThreads) {
        u64 entry = shared.entries[i];
        shared.entries[i] = entry_of(key_of(scale(value_of(key_of_entry(entry)))), token_of(entry));
      }
      maximum = scale(maximum);
      sorted = false;
      __syncthreads();
      continue;
    }
    if (!sorted) sort_descending(shared.entries, count);
    sorted = true;
    count = truncate(stage, count, maximum, known, row, shared);
    known = 0;
  }
  return row.plan & kGreedy ? largest_of(shared.entries, count, shared.sums) : draw_from(shared.entries, count, maximum, draw, shared);
}
