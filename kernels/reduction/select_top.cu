// select_top.cu - the best entries of each row, by radix selection: no row is sorted.
//
//   selected[r] = ascending indices of the protected entries of row r and of its best others, min(k[r], lengths[r]) together
//   counts[r]   = how many that are; more than k[r] where more are protected
// Of equal scores the lower index wins; NaN comes after negative infinity; -0 equals +0.
//
//   selected [rows, capacity] i32: the first counts[r] entries of a row are written, `capacity` at most
//   counts   [rows] i32
//   scores   [rows, entries] f32
//   guarded  [rows, entries] u8, not 0 = protected; or null. The first `first` and the last `last` entries that exist are protected too.
//   lengths  [rows] i32, entries of a row that exist; or null for all. The others are not read.
//   wanted   i32, k of row r at r * wanted_stride
// No alignment beyond that of the element types.
//
// grid (rows), block (1024). A row is read once, and 256 keys of each warp stay in shared memory; the others are read again by each of up to five passes.
// Digits of 11, 11 and 10 bits; where all entries of a digit are taken the others do not matter, which is so after the second as a rule. Counts are
// integers, so their order has no influence. Bound by what waits for what: one trip to memory, two or three histograms, one walk.
#include "common/types.cuh"
#include "reduction/order.cuh"

constexpr int kThreads = 1024;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kDigitBits = 11;
constexpr int kBins = 1 << kDigitBits;
constexpr int kHeld = 8;

// Keys of no floats: below negative infinity there is NaN alone, which is 0.
constexpr u32 kGuarded = 1u;
constexpr u32 kAbsent = 2u;

struct Shared {
  u32 keys[kWarps][kHeld * kWarpSize];
  alignas(16) u32 bins[kBins];
  u32 ties[kWarps];
  u32 sure[kWarps];
  u64 sums[kWarps];
  uint4 found;  // by find_digit()
};

// A row, and the part of it that a warp goes through, a lane every 32nd entry.
struct Row {
  const float* scores;
  const u8* guarded;
  int length;
  int first;
  int last;
  int start;
  int end;

  __device__ __forceinline__ u32 key(float score, u8 guard, int i) const {
    if (i >= end) return kAbsent;
    return guard != 0 || i < first || i >= length - last ? kGuarded : key_of(score);
  }
};

// What is taken of the entries that are not protected: those from a key on, and the first `left` of those with another key.
struct Threshold {
  u32 sure;
  u32 tie;
  u32 left;
};

__device__ __forceinline__ bool is_open(u32 key) { return key - kGuarded > kAbsent - kGuarded; }

// Keys of entries that are 32 apart, all of them asked for before one is needed.
template <int kCount>
__device__ __forceinline__ void load_keys(const Row& row, int first, u32 (&keys)[kCount]) {
  float scores[kCount];
  u8 guards[kCount] = {};
#pragma unroll
  for (int k = 0; k < kCount; ++k) scores[k] = first + (k * kWarpSize) < row.end ? row.scores[first + (k * kWarpSize)] : 0.0f;
  if (row.guarded != nullptr) {
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      if (first + (k * kWarpSize) < row.end) guards[k] = row.guarded[first + (k * kWarpSize)];
    }
  }
#pragma unroll
  for (int k = 0; k < kCount; ++k) keys[k] = row.key(scores[k], guards[k], first + (k * kWarpSize));
}

// The same of a row that is not kept, not inlined: code that few blocks run once costs most to fetch.
__device__ __noinline__ uint4 load_four(Row row, int first) {
  u32 keys[4];
  load_keys(row, first, keys);
  return {keys[0], keys[1], keys[2], keys[3]};
}

// Calls use(i, key) for this lane's entries of its warp's part; all lanes of a warp together, also for entries that there are none of.
template <typename Use>
__device__ __forceinline__ void each_key(const Shared& shared, const Row& row, Use use) {
  int lane = threadIdx.x % kWarpSize, first = row.start + lane, held = min(row.end, row.start + (kHeld * kWarpSize)) + lane, end = row.end + lane;
  const u32* key = &shared.keys[threadIdx.x / kWarpSize][lane];
#pragma unroll 1
  for (int i = first; i < held; i += kWarpSize, key += kWarpSize) use(i, *key);
  uint4 four;
#pragma unroll 1
  for (int i = first + (kHeld * kWarpSize), k = 0; i < end; i += kWarpSize, ++k) {
    four = k % 4 == 0 ? load_four(row, i) : uint4{four.y, four.z, four.w, 0};
    use(i, four.x);
  }
}

// How many entries are protected.
__device__ __forceinline__ int count_guards(Shared& shared, const Row& row) {
  if (row.guarded == nullptr) return min(row.length, min(row.length, row.first) + min(row.length, row.last));
  u64 guards = 0;
  each_key(shared, row, [&](int, u32 key) { guards += key == kGuarded ? 1 : 0; });
  return static_cast<int>(block_sum<kThreads>(guards, shared.sums));
}

// The digit at which the count from the top reaches `left`, how many of it are missing there, and how many it has. The bins are 0 afterwards, and what
// is found stays for one barrier.
__device__ __forceinline__ uint4 find_digit(Shared& shared, u32 left) {
  static_assert(kBins == 2 * kThreads, "two bins a thread");
  int lane = threadIdx.x % kWarpSize, top = kBins - 1 - (2 * static_cast<int>(threadIdx.x));
  u64& pair = *reinterpret_cast<u64*>(&shared.bins[top - 1]);
  u32 high = static_cast<u32>(pair >> 32), low = static_cast<u32>(pair), through = high + low;
  pair = 0;
#pragma unroll
  for (int distance = 1; distance < kWarpSize; distance *= 2) {
    u32 other = __shfl_up_sync(kFullWarp, through, distance);
    if (lane >= distance) through += other;
  }
  if (lane == kWarpSize - 1) shared.ties[threadIdx.x / kWarpSize] = through;
  __syncthreads();
  u32 above = before_warp<kWarps>(shared.ties) + through - high - low;
  if (above < left && left <= above + high + low) {
    bool is_high = left <= above + high;
    shared.found = {static_cast<u32>(is_high ? top : top - 1), left - above - (is_high ? 0u : high), is_high ? high : low, 0};
  }
  __syncthreads();
  return shared.found;
}

// Of the open entries the best `left`.
__device__ Threshold find_threshold(Shared& shared, const Row& row, u32 left) {
  u32 prefix = 0, mask = 0;
#pragma unroll 1
  for (int shift = 32 - kDigitBits; true; shift = max(0, shift - kDigitBits)) {
    u32 digits = ~mask >> shift;
    each_key(shared, row, [&](int, u32 key) {
      if (is_open(key) && (key & mask) == prefix) atomicAdd(&shared.bins[(key >> shift) & digits], 1u);
    });
    __syncthreads();
    uint4 found = find_digit(shared, left);
    prefix |= found.x << shift;
    left = found.y;
    if (left == found.z) return {prefix, kGuarded, 0};
    if (shift == 0) return {prefix + 1, prefix, left};
    mask = ~0u << shift;
  }
}

__device__ __forceinline__ bool is_sure(u32 key, const Threshold& threshold) { return key == kGuarded || (key >= threshold.sure && key != kAbsent); }

__device__ void write_selected(Shared& shared, const Row& row, const Threshold& threshold, i32* selected, i32* count, int capacity) {
  int warp = threadIdx.x / kWarpSize;
  u32 ties = 0, sures = 0;
  each_key(shared, row, [&](int, u32 key) {
    ties += __popc(__ballot_sync(kFullWarp, key == threshold.tie));
    sures += __popc(__ballot_sync(kFullWarp, is_sure(key, threshold)));
  });
  if (threadIdx.x % kWarpSize == 0) {
    shared.ties[warp] = ties;
    shared.sure[warp] = sures;
  }
  __syncthreads();
  u32 ties_before = before_warp<kWarps>(shared.ties);
  u32 place = before_warp<kWarps>(shared.sure) + min(ties_before, threshold.left);
  each_key(shared, row, [&](int i, u32 key) {
    u32 tie_lanes = __ballot_sync(kFullWarp, key == threshold.tie);
    bool tie = key == threshold.tie && ties_before + __popc(tie_lanes & lanes_below()) < threshold.left;
    bool taken = is_sure(key, threshold) || tie;
    u32 taken_lanes = __ballot_sync(kFullWarp, taken);
    u32 target = place + __popc(taken_lanes & lanes_below());
    if (taken && target < static_cast<u32>(capacity)) selected[target] = i;
    ties_before += __popc(tie_lanes);
    place += __popc(taken_lanes);
  });
  if (threadIdx.x == kThreads - 1) *count = place;
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_select_top(i32* selected, i32* counts, const float* scores, const u8* guarded, const i32* lengths, const i32* wanted,
                      i32 entries, i32 capacity, i32 wanted_stride, i32 first, i32 last) {
  __shared__ Shared shared;
  i64 r = blockIdx.x;
  int length = lengths != nullptr ? max(0, min(entries, lengths[r])) : entries, want = wanted[r * wanted_stride];
  int share = warp_share<kWarps>(length), start = min(length, static_cast<int>(threadIdx.x / kWarpSize) * share);
  Row row{scores + (r * entries), guarded == nullptr ? nullptr : guarded + (r * entries), length, first, last, start, min(length, start + share)};

  u32 keys[kHeld];
  int lane = threadIdx.x % kWarpSize;
  load_keys(row, start + lane, keys);
#pragma unroll
  for (int k = 0; k < kHeld; ++k) shared.keys[threadIdx.x / kWarpSize][(k * kWarpSize) + lane] = keys[k];
  for (int bin = threadIdx.x; bin < kBins; bin += kThreads) shared.bins[bin] = 0;
  __syncthreads();
  int rest = min(want, length) - count_guards(shared, row);
  Threshold threshold = {~0u, kGuarded, 0};
  if (rest > 0) threshold = find_threshold(shared, row, rest);
  write_selected(shared, row, threshold, selected + (r * capacity), counts + r, capacity);
}
