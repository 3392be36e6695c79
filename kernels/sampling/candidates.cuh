// candidates.cuh - the few entries of a row that can still be chosen, as a list in shared memory, and what the stages do to it.
//
// An entry is key << 32 | ~token, so descending order is the order of selections, all entries differ, and it does not matter in which
// order they were found. Every stage keeps a prefix of the sorted list.
#pragma once
#include "common/types.cuh"
#include "sampling/batch.cuh"
#include "sampling/row.cuh"

constexpr int kMostChunks = 512;
constexpr int kShortList = 256;
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

// A short list by counting: several threads together count the entries that come before one.
__device__ __forceinline__ void place_all(u64* entries, int count) {
  int size = kWarpSize;
  while (size < count) size *= 2;
  int together = kThreads / size, i = static_cast<int>(threadIdx.x) / together, part = static_cast<int>(threadIdx.x) % together;
  u64 own = i < count ? entries[i] : 0ull;
  u32 before = 0;
#pragma unroll 2
  for (int other = part; other < count; other += together) before += entries[other] > own ? 1u : 0u;
#pragma unroll 1
  for (int distance = 1; distance < together; distance *= 2) before += __shfl_xor_sync(kFullWarp, before, distance);
  __syncthreads();
  if (part == 0 && i < count) entries[before] = own;
  __syncthreads();
}

// Descending. Entries differ. What is behind a long list becomes 0, up to a power of two (Batcher 1968, bitonic).
__device__ __noinline__ void sort_descending(u64* entries, int count) {
  if (count <= kShortList) {
    place_all(entries, count);
    return;
  }
  int t = threadIdx.x, size = 2 * kShortList;
  while (size < count) size *= 2;
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

// How many entries of a sorted list stay so that their running weight, which is `above` before the first, reaches the target: a share of
// what is known to weigh together, of what is listed where that is 0. With kCounts everything weighs 1 and the target is given.
template <bool kCounts>
__device__ __forceinline__ int prefix_of(int count, float maximum, u64 above, u64 target, float share, u64 known, ListShared& shared) {
  int each = (count + kThreads - 1) / kThreads, first = static_cast<int>(threadIdx.x) * each, end = min(count, first + each);
  u64 own = 0, total;
#pragma unroll 1
  for (int i = first; i < end; ++i) own += kCounts ? 1ull : weight_of_entry(shared.entries[i], maximum);
  u64 before = above + sum_before(own, total, shared.sums);
  if (!kCounts && target == 0) target = share_of(share, known > 0 ? known : total);
#pragma unroll 1
  for (int i = first; i < end; ++i) {
    u64 through = before + (kCounts ? 1ull : weight_of_entry(shared.entries[i], maximum));
    if (before < target && (through >= target || i == count - 1)) shared.token = i + 1;
    before = through;
  }
  __syncthreads();
  int kept = shared.token;
  __syncthreads();
  return kept;
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
  int each = (count + kThreads - 1) / kThreads, first = static_cast<int>(threadIdx.x) * each, end = min(count, first + each);
  u64 own = 0, total;
#pragma unroll 1
  for (int i = first; i < end; ++i) own += entries[i] & kWeightMask;
  u64 before = sum_before(own, total, shared.sums), target = drawn_of(draw, total);
#pragma unroll 1
  for (int i = first; i < end; ++i) {
    u64 weight = entries[i] & kWeightMask;
    if (before <= target && target < before + weight) shared.token = static_cast<int>(~static_cast<u32>(entries[i] >> kWeightBits) & kTokenMask);
    before += weight;
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
    return prefix_of<false>(count, maximum, 0, 0, row.top_p, known, shared);
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

// Runs stages on a list and chooses, by sorting.
__device__ __noinline__ int choose_from_long(int count, u32 stages, float maximum, u64 known, const SamplingRow& row, double draw,
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

// The same for a short list, which is not sorted: for each entry several threads together count what comes before it and add up its weight, once for
// each cut and once more, by ascending token, for the draw. One loop for all of them, since code that runs once costs most to fetch. Entries that are gone
// are 0.
__device__ __forceinline__ int choose_from_short(int count, u32 stages, float maximum, u64 known, const SamplingRow& row, double draw,
                                                 ListShared& shared) {
  int size = kWarpSize;
  while (size < count) size *= 2;
  int together = kThreads / size, i = static_cast<int>(threadIdx.x) / together, part = static_cast<int>(threadIdx.x) % together;
  u64* weights = shared.entries + kShortList;
  u64 own = i < count ? shared.entries[i] : 0ull;
  bool greedy = (row.plan & kGreedy) != 0;
#pragma unroll 1
  while (true) {
    u32 stage = stages & kStageMask, key = key_of_entry(own);
    stages >>= kStageBits;
    if (stage == kTemperature) {
      Scale scale = scale_of(maximum, row.temperature);
      if (own != 0) own = entry_of(key_of(scale(value_of(key))), token_of(own));
      maximum = scale(maximum);
      continue;
    }
    if (stage == kMinP) {
      if (key < key_near(maximum, row.log_min_p)) own = 0;
      continue;
    }
    u64 weight = own != 0 ? weight_of_entry(own, maximum) : 0ull, order = stage != 0 || greedy ? own : own & 0xffffffffull;
    __syncthreads();
    if (part == 0 && i < count) {
      shared.entries[i] = order;
      weights[i] = weight;
    }
    __syncthreads();
    int place = 0;
    u64 above = 0, all = 0;
#pragma unroll 1
    for (int other = part; other < count; other += together) {
      u64 mass = weights[other];
      bool before = shared.entries[other] > order;
      place += before ? 1 : 0;
      above += before ? mass : 0ull;
      all += mass;
    }
#pragma unroll 1
    for (int distance = 1; distance < together; distance *= 2) {
      place += __shfl_xor_sync(kFullWarp, place, distance);
      above += __shfl_xor_sync(kFullWarp, above, distance);
      all += __shfl_xor_sync(kFullWarp, all, distance);
    }
    if (stage == kTopK) {
      if (place >= row.top_k) own = 0;
    } else if (stage == kTopP) {
      if (row.top_p < 1.0f && above >= share_of(row.top_p, known > 0 ? known : all)) own = 0;
      known = 0;
    } else {
      u64 target = drawn_of(draw, all);
      bool chosen = own != 0 && (greedy ? place == 0 : above <= target && target < above + weight);
      if (chosen && part == 0) shared.token = token_of(own);
      __syncthreads();
      return shared.token;
    }
  }
}

// Runs stages on a list that holds all that they can leave, and chooses.
__device__ __forceinline__ int choose_from(int count, u32 stages, float maximum, u64 known, const SamplingRow& row, double draw,
                                           ListShared& shared) {
  if (count <= kShortList) return choose_from_short(count, stages, maximum, known, row, draw, shared);
  return choose_from_long(count, stages, maximum, known, row, draw, shared);
}
