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
// grid (rows), block (512). Six passes over the row, from L2 after the first; the histogram takes one shared atomic for each distinct
// digit in a warp. Counts are integers, so their order has no influence.
#include "common/types.cuh"
#include "reduction/order.cuh"

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kBins = 256;

struct Shared {
  u32 bins[kBins];
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

  __device__ bool is_guarded(int i) const { return i < first || i >= length - last || (guarded != nullptr && guarded[i] != 0); }
};

// One atomic for the lanes that agree.
__device__ void count_digit(u32* bins, bool counts, u32 digit) {
  u32 mates = __match_any_sync(kFullWarp, counts ? digit : kBins);
  if (counts && (mates & lanes_below()) == 0) atomicAdd(&bins[digit], __popc(mates));
}

// The digit at which the count from the top reaches `left`, and how many are missing at the digits above it. Warp 0 only.
__device__ void find_digit(Shared& shared, u32 left) {
  constexpr int kPerLane = kBins / kWarpSize;
  int lane = threadIdx.x % kWarpSize;
  int top = kBins - 1 - (lane * kPerLane);
  u32 own = 0;
  for (int i = 0; i < kPerLane; ++i) own += shared.bins[top - i];
  u32 through = own;
  for (int distance = 1; distance < kWarpSize; distance *= 2) {
    u32 other = __shfl_up_sync(kFullWarp, through, distance);
    if (lane >= distance) through += other;
  }
  u32 reached = __ballot_sync(kFullWarp, through >= left);
  if (lane == __ffs(reached) - 1) {
    u32 above = through - own;
    int digit = top;
    while (above + shared.bins[digit] < left) above += shared.bins[digit--];
    shared.digit = digit;
    shared.left = left - above;
  }
}

// The histogram of one digit over the entries that share the digits before.
__device__ void histogram(Shared& shared, const Row& row, u32 prefix, u32 mask, int shift) {
  for (int bin = threadIdx.x; bin < kBins; bin += kThreads) shared.bins[bin] = 0;
  __syncthreads();
  for (int start = 0; start < row.length; start += kThreads) {
    int i = start + threadIdx.x;
    bool exists = i < row.length && !row.is_guarded(i);
    u32 key = exists ? key_of(row.scores[i]) : 0u;
    count_digit(shared.bins, exists && (key & mask) == prefix, (key >> shift) & (kBins - 1));
  }
  __syncthreads();
}

// The key of the last unprotected entry taken; shared.left is how many of those with just that key are taken.
__device__ u32 threshold(Shared& shared, const Row& row, u32 rest) {
  u32 prefix = 0, mask = 0, left = rest;
  for (int shift = 24; shift >= 0; shift -= 8) {
    histogram(shared, row, prefix, mask, shift);
    if (threadIdx.x < kWarpSize) find_digit(shared, left);
    __syncthreads();
    prefix |= shared.digit << shift;
    mask |= (kBins - 1u) << shift;
    left = shared.left;
    __syncthreads();
  }
  return prefix;
}

// What lane's entry is: sure of its place, or equal to the last one taken.
__device__ void judge(const Row& row, int i, int end, u32 last, u32 left, bool& sure, bool& tie) {
  bool exists = i < end;
  bool guarded = exists && row.is_guarded(i);
  u32 key = exists && !guarded && left > 0 ? key_of(row.scores[i]) : 0u;
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
  for (int at = start; at < end; at += kWarpSize) {
    judge(row, at + threadIdx.x % kWarpSize, end, last, left, sure, tie);
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
  for (int at = start; at < end; at += kWarpSize) {
    int i = at + threadIdx.x % kWarpSize;
    judge(row, i, end, last, left, sure, tie);
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

  u32 guards = 0;
  if (guarded != nullptr || first > 0 || last > 0) {
    u64 own = 0;
    for (int i = threadIdx.x; i < row.length; i += kThreads) own += row.is_guarded(i) ? 1 : 0;
    guards = static_cast<u32>(block_sum<kThreads>(own, shared.sums));
  }
  int rest = min(wanted[r * wanted_stride], row.length) - static_cast<int>(guards);
  u32 key = 0, left = 0;
  if (rest > 0) {
    key = threshold(shared, row, rest);
    left = shared.left;
  }
  write_selected(shared, row, key, left, selected + (r * capacity), counts + r, capacity);
}
