// rank_rows.cu - the place of each entry in the ascending order of its segment, from sorted pieces of it.
//
//   output[r, e] = how many entries of e's segment come before it: the smaller ones, and of equal ones those with a higher index
// so that the first of equal entries ranks highest. NaN is smaller than all numbers; -0 equals +0. Segments of `width` begin with entry `start`; entries
// before it and from the length on are 0, and not read.
//
//   output [rows, entries] f32; input [rows, entries] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, pieces of 256 of a segment, segments), block (256, 512 or 1024). The first 256 threads sort their block's piece (Batcher 1968, bitonic: 36
// steps, no barrier in 30 of them); then all of them look up each other entry of the segment in it, nine steps for four entries side by side; the sums of
// how many were found before each place are the ranks. Bound by instructions, and for short rows by what waits for what: the first entries of others are
// asked for before the piece is sorted.
#include "common/barrier.cuh"
#include "common/types.cuh"
#include "reduction/columns.cuh"
#include "reduction/order.cuh"

constexpr int kSorters = 256;
constexpr int kMostThreads = 1024;
constexpr int kWarps = kSorters / kWarpSize;
constexpr int kSortBarrier = 1;
constexpr int kTogether = 4;
constexpr u64 kNothing = ~0ull;

// Keys lie with a gap behind each 32, so that those 32 apart, which searches compare with at the same time, lie in banks of their own.
constexpr int kGroup = kWarpSize + 1;
constexpr int kPlaces = kWarps * kGroup;

struct Shared {
  u64 entries[2][kSorters];
  u32 keys[kPlaces];
  u32 counts[kPlaces];
  u32 sums[kWarps];
};

__device__ __forceinline__ int place_of(int entry) { return entry + (entry / kWarpSize); }

__device__ __forceinline__ u64 keep(u64 own, u64 other, bool smaller) { return smaller == (other < own) ? other : own; }

// The last five steps of a merge, or fewer.
template <int kFrom>
__device__ __forceinline__ u64 merge_in_warp(u64 own, bool ascending) {
#pragma unroll
  for (int distance = kFrom; distance > 0; distance /= 2) {
    own = keep(own, __shfl_xor_sync(kFullWarp, own, distance), ((threadIdx.x & distance) == 0) == ascending);
  }
  return own;
}

// Ascending; of the sorters each thread holds entry t of `size`, a power of two from 32 to 256. Two places take turns, so that one barrier a step is enough.
__device__ __forceinline__ u64 sort_piece(u64 own, u64 (&entries)[2][kSorters], int size) {
  int t = threadIdx.x, turn = 0;
  own = merge_in_warp<1>(own, (t & 2) == 0);
  own = merge_in_warp<2>(own, (t & 4) == 0);
  own = merge_in_warp<4>(own, (t & 8) == 0);
  own = merge_in_warp<8>(own, (t & 16) == 0);
  own = merge_in_warp<16>(own, (t & 32) == 0);
#pragma unroll 1
  for (int width = 2 * kWarpSize; width <= size; width *= 2) {
    bool ascending = (t & width) == 0;
#pragma unroll 1
    for (int distance = width / 2; distance >= kWarpSize; distance /= 2, turn ^= 1) {
      entries[turn][t] = own;
      named_barrier_sync(kSortBarrier, kSorters);
      own = keep(own, entries[turn][t ^ distance], ((t & distance) == 0) == ascending);
    }
    own = merge_in_warp<16>(own, ascending);
  }
  return own;
}

// The first places of ascending keys that are at least the targets, side by side; one past the last one if none is. What is one past the last of a group of
// 32 and not the first of the next is in the gap.
__device__ __forceinline__ void find(const u32* keys, const u32 (&targets)[kTogether], int (&places)[kTogether]) {
#pragma unroll
  for (int k = 0; k < kTogether; ++k) places[k] = 0;
#pragma unroll
  for (int step = kSorters / 2; step > 0; step /= 2) {
    int move = place_of(step), last = place_of(step - 1);
#pragma unroll
    for (int k = 0; k < kTogether; ++k) places[k] += keys[places[k] + last] < targets[k] ? move : 0;
  }
#pragma unroll
  for (int k = 0; k < kTogether; ++k) places[k] += keys[places[k]] < targets[k] ? 1 : 0;
}

// This thread's entries of the segment from one on; whatever where there are none.
__device__ __forceinline__ void load_others(const float* input, const Segment& segment, int start, float (&values)[kTogether]) {
#pragma unroll
  for (int k = 0; k < kTogether; ++k) {
    int entry = start + static_cast<int>((k * blockDim.x) + threadIdx.x);
    values[k] = entry < segment.exists ? input[entry] : 0.0f;
  }
}

// Counts the other entries of the segment at the first place of the piece that they come before. Of equal ones those behind the piece do, and those before
// it do not.
__device__ __forceinline__ void count_others(const float* input, const Segment& segment, int first, float (&ahead)[kTogether], Shared& shared) {
  int stride = static_cast<int>(kTogether * blockDim.x);
#pragma unroll 1
  for (int start = segment.first; start < segment.exists; start += stride) {
    u32 targets[kTogether];
    int places[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      int entry = start + static_cast<int>((k * blockDim.x) + threadIdx.x);
      targets[k] = key_of(ahead[k]) + (entry < first ? 1u : 0u);
    }
    if (start + stride < segment.exists) load_others(input, segment, start + stride, ahead);
    find(shared.keys, targets, places);
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      int entry = start + static_cast<int>((k * blockDim.x) + threadIdx.x);
      bool is_other = static_cast<u32>(entry - first) >= static_cast<u32>(kSorters);
      if (is_other && entry < segment.exists) atomicAdd(&shared.counts[places[k]], 1u);
    }
  }
}

// How many were found at the place of this thread's entry and before it. By the sorters.
__device__ __forceinline__ u32 sum_through(Shared& shared) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize, place = place_of(threadIdx.x);
  u32 own = shared.counts[place];
  if (lane == 0 && warp > 0) own += shared.counts[place - 1];
#pragma unroll
  for (int distance = 1; distance < kWarpSize; distance *= 2) {
    u32 other = __shfl_up_sync(kFullWarp, own, distance);
    if (lane >= distance) own += other;
  }
  if (lane == kWarpSize - 1) shared.sums[warp] = own;
  named_barrier_sync(kSortBarrier, kSorters);
  return own + warp_sum(lane < warp ? shared.sums[lane] : 0u);
}

extern "C" __global__ void __launch_bounds__(kMostThreads)
    winnow_rank_rows(float* output, const float* input, const i32* lengths, i32 entries, i32 start, i32 width) {
  __shared__ Shared shared;
  Segment segment = segment_of(blockIdx.z, blockIdx.x, lengths, entries, start, width);
  input += static_cast<i64>(blockIdx.x) * entries;
  output += static_cast<i64>(blockIdx.x) * entries;
  if (blockIdx.y == 0) clear_others(output, segment, blockIdx.z, blockDim.x);
  int first = segment.first + (blockIdx.y * kSorters), t = threadIdx.x;
  int count = min(kSorters, segment.exists - first), size = kWarpSize;
  if (count <= 0) return;
  while (size < count) size *= 2;

  u64 own = kNothing;  // so that behind the entries that exist everything is largest
  float ahead[kTogether];
  if (t < count) own = (static_cast<u64>(key_of(input[first + t])) << 32) | ~static_cast<u32>(t);
  load_others(input, segment, segment.first, ahead);
  if (t < kSorters) {
    own = sort_piece(own, shared.entries, size);
    shared.keys[place_of(t)] = static_cast<u32>(own >> 32);
  }
  for (int place = t; place < kPlaces; place += blockDim.x) shared.counts[place] = 0;
  __syncthreads();
  count_others(input, segment, first, ahead, shared);
  __syncthreads();
  if (t >= kSorters) return;
  u32 through = sum_through(shared);
  if (t < count) output[first + ~static_cast<u32>(own)] = static_cast<float>(t + through);
}
