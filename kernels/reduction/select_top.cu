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
// grid (rows), block (1024). A row is read once, the first 8192 keys of it stay in shared memory, and the others are read again by each of five passes;
// the histogram takes one shared atomic for each distinct digit in a warp. Counts are integers, so their order has no influence. Bound by what waits for
// what: one trip to memory, four histograms, two walks.
#include "common/types.cuh"
#include "reduction/order.cuh"

constexpr int kThreads = 1024;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kBins = 256;
constexpr int kDigits = 4;
constexpr int kHeld = 8192;
constexpr int kTogether = 4;
constexpr u32 kGuarded = 1u;  // the key of no float: below negative infinity there is NaN alone, which is 0

struct Shared {
  u32 keys[kHeld];
  alignas(16) u32 bins[kDigits][kBins];
  u32 ties[kWarps];
  u32 sure[kWarps];
  u64 sums[kWarps];
  u32 digit;
  u32 left;
};

struct Row {
  const float* scores;
  const u8* guarded;
  int length;
  int first;
  int last;

  // The key of an entry from memory, kGuarded where it is protected.
  __device__ __forceinline__ u32 load_key(int i) const {
    u8 guard = guarded == nullptr ? 0 : guarded[i];
    u32 key = key_of(scores[i]);
    return guard != 0 || i < first || i >= length - last ? kGuarded : key;
  }

  __device__ __forceinline__ u32 key(const Shared& shared, int i) const { return i < kHeld ? shared.keys[i] : load_key(i); }
};

// One atomic for the lanes that agree.
__device__ __forceinline__ void count_digit(u32* bins, bool counts, u32 digit) {
  u32 mates = __match_any_sync(kFullWarp, counts ? digit : kBins);
  if (counts && (mates & lanes_below()) == 0) atomicAdd(&bins[digit], __popc(mates));
}

// Reads the row, and counts its first digits; this thread's protected entries.
__device__ u32 load_keys(Shared& shared, const Row& row) {
  u32 guards = 0;
#pragma unroll 1
  for (int start = 0; start < row.length; start += kTogether * kThreads) {
    u32 key[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      int i = start + (k * kThreads) + threadIdx.x;
      key[k] = i < row.length ? row.load_key(i) : 0u;
    }
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      int i = start + (k * kThreads) + threadIdx.x;
      bool exists = i < row.length;
      if (exists && i < kHeld) shared.keys[i] = key[k];
      guards += exists && key[k] == kGuarded ? 1 : 0;
      count_digit(shared.bins[0], exists && key[k] != kGuarded, key[k] >> 24);
    }
  }
  return guards;
}

// The digit at which the count from the top reaches `left`, and how many are missing at the digits above it. Warp 0 only.
__device__ void find_digit(Shared& shared, const u32* bins, u32 left) {
  constexpr int kPerLane = kBins / kWarpSize;
  int lane = threadIdx.x % kWarpSize;
  int top = kBins - 1 - (lane * kPerLane);
  u32 own[kPerLane], sum = 0;
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    own[i] = bins[top - i];
    sum += own[i];
  }
  u32 through = sum;
#pragma unroll
  for (int distance = 1; distance < kWarpSize; distance *= 2) {
    u32 other = __shfl_up_sync(kFullWarp, through, distance);
    if (lane >= distance) through += other;
  }
  u32 reached = __ballot_sync(kFullWarp, through >= left);
  if (lane != __ffs(reached) - 1) return;
  u32 above = through - sum;
  int digit = top;
#pragma unroll
  for (int i = 0; i < kPerLane; ++i) {
    if (top - i == digit && above + own[i] < left) {
      above += own[i];
      --digit;
    }
  }
  shared.digit = digit;
  shared.left = left - above;
}

// The key of the last unprotected entry taken; `left` becomes how many of those with just that key are taken. The first digits are counted.
__device__ u32 threshold(Shared& shared, const Row& row, u32& left) {
  u32 prefix = 0, mask = 0;
#pragma unroll 1
  for (int digit = 0; digit < kDigits; ++digit) {
    int shift = 24 - (8 * digit);
#pragma unroll 2
    for (int start = digit == 0 ? row.length : 0; start < row.length; start += kThreads) {
      int i = start + threadIdx.x;
      u32 key = i < row.length ? row.key(shared, i) : kGuarded;
      count_digit(shared.bins[digit], key != kGuarded && (key & mask) == prefix, (key >> shift) & (kBins - 1));
    }
    __syncthreads();
    if (threadIdx.x < kWarpSize) find_digit(shared, shared.bins[digit], left);
    __syncthreads();
    prefix |= shared.digit << shift;
    mask |= (kBins - 1u) << shift;
    left = shared.left;
  }
  return prefix;
}

// What lane's entry is: sure of its place, or equal to the last one taken.
__device__ __forceinline__ void judge(const Shared& shared, const Row& row, int i, int end, u32 last, u32 left, bool& sure, bool& tie) {
  bool exists = i < end;
  u32 key = exists ? row.key(shared, i) : 0u;
  bool guarded = exists && key == kGuarded;
  bool open = exists && !guarded && left > 0;
  sure = guarded || (open && key > last);
  tie = open && key == last;
}

__device__ void write_selected(Shared& shared, const Row& row, u32 last, u32 left, i32* selected, i32* count, int capacity) {
  int warp = threadIdx.x / kWarpSize;
  int share = warp_share<kWarps>(row.length);
  int start = warp * share, end = min(row.length, start + share);
  u32 ties = 0, sures = 0;
  bool sure, tie;
#pragma unroll 2
  for (int at = start; at < end; at += kWarpSize) {
    judge(shared, row, at + threadIdx.x % kWarpSize, end, last, left, sure, tie);
    ties += __popc(__ballot_sync(kFullWarp, tie));
    sures += __popc(__ballot_sync(kFullWarp, sure));
  }
  if (threadIdx.x % kWarpSize == 0) {
    shared.ties[warp] = ties;
    shared.sure[warp] = sures;
  }
  __syncthreads();
  u32 ties_before = before_warp<kWarps>(shared.ties);
  u32 place = before_warp<kWarps>(shared.sure) + min(ties_before, left);
#pragma unroll 2
  for (int at = start; at < end; at += kWarpSize) {
    int i = at + threadIdx.x % kWarpSize;
    judge(shared, row, i, end, last, left, sure, tie);
    u32 tie_lanes = __ballot_sync(kFullWarp, tie);
    bool taken = sure || (tie && ties_before + __popc(tie_lanes & lanes_below()) < left);
    u32 taken_lanes = __ballot_sync(kFullWarp, taken);
    u32 target = place + __popc(taken_lanes & lanes_below());
    if (taken && target < static_cast<u32>(capacity)) selected[target] = i;
    ties_before += __popc(tie_lanes);
    place += __popc(taken_lanes);
  }
  if (threadIdx.x == kThreads - 1) *count = place;
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_select_top(i32* selected, i32* counts, const float* scores, const u8* guarded, const i32* lengths, const i32* wanted,
                      i32 entries, i32 capacity, i32 wanted_stride, i32 first, i32 last) {
  __shared__ Shared shared;
  i64 r = blockIdx.x;
  Row row{scores + (r * entries), guarded == nullptr ? nullptr : guarded + (r * entries), entries, first, last};
  if (lengths != nullptr) row.length = max(0, min(entries, lengths[r]));

  int want = wanted[r * wanted_stride];
  for (int bin = threadIdx.x; bin < kDigits * kBins; bin += kThreads) shared.bins[bin / kBins][bin % kBins] = 0;
  __syncthreads();
  u64 guards = block_sum<kThreads>(static_cast<u64>(load_keys(shared, row)), shared.sums);
  int rest = min(want, row.length) - static_cast<int>(guards);
  u32 key = 0, left = 0;
  if (rest > 0) {
    left = rest;
    key = threshold(shared, row, left);
  }
  write_selected(shared, row, key, left, selected + (r * capacity), counts + r, capacity);
}
