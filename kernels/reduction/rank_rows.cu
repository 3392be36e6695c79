// rank_rows.cu - the place of each entry in the ascending order of its segment, from sorted pieces of it.
//
//   output[r, e] = how many entries of e's segment come before it: the smaller ones, and of equal ones those with a higher index
// so that the first of equal entries ranks highest. NaN is smaller than all numbers; -0 equals +0. Segments of `width` begin with entry `start`; entries
// before it and from the length on are 0, and not read.
//
//   output [rows, entries] f32; input [rows, entries] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, pieces of 1024 of a segment, segments), block (512). A block sorts its piece (Batcher 1968, bitonic: 55 steps, no barrier in 40 of them) and
// looks up each other entry of the segment in it, eleven steps; the sums of how many were found before each place are the ranks. Bound by instructions.
#include "common/types.cuh"
#include "reduction/columns.cuh"
#include "reduction/order.cuh"

constexpr int kSorters = 512;
constexpr int kWarps = kSorters / kWarpSize;
constexpr u64 kNothing = ~0ull;

struct Shared {
  u64 entries[kPiece];
  u32 keys[kPiece];
  u32 counts[kPiece];
  u32 sums[kWarps];
};

// Ascending; a thread holds the entries t and t + kSorters of `size`, a power of two from 32 to 1024.
__device__ void sort_piece(u64 (&own)[2], u64* entries, int size) {
  int t = threadIdx.x;
#pragma unroll 1
  for (int width = 2; width <= size; width *= 2) {
#pragma unroll 1
    for (int distance = width / 2; distance > 0; distance /= 2) {
      if (distance == kSorters) {
        u64 low = min(own[0], own[1]);
        own[1] = max(own[0], own[1]);
        own[0] = low;
        continue;
      }
      u64 other[2];
      if (distance < kWarpSize) {
        other[0] = __shfl_xor_sync(kFullWarp, own[0], distance);
        other[1] = __shfl_xor_sync(kFullWarp, own[1], distance);
      } else {
        __syncthreads();
        entries[t] = own[0];
        entries[t + kSorters] = own[1];
        __syncthreads();
        other[0] = entries[t ^ distance];
        other[1] = entries[(t ^ distance) + kSorters];
      }
#pragma unroll
      for (int k = 0; k < 2; ++k) {
        int i = t + (k * kSorters);
        bool keeps_smaller = ((i & distance) == 0) == ((i & width) == 0);
        own[k] = keeps_smaller ? min(own[k], other[k]) : max(own[k], other[k]);
      }
    }
  }
}

// The first of `size` ascending keys that is at least the target; `size` if none is.
__device__ __forceinline__ int find(const u32* keys, int size, u32 target) {
  int place = 0;
  for (int step = size / 2; step > 0; step /= 2) place += keys[place + step - 1] < target ? step : 0;
  return place + (keys[place] < target ? 1 : 0);
}

// Counts the other entries of the segment at the first place of the piece that they come before. Of equal ones those behind the piece do, and those before
// it do not.
__device__ void count_others(const float* input, const Segment& segment, int first, int size, Shared& shared) {
  for (int tile = segment.first; tile < segment.exists; tile += kPiece) {
    if (tile == first) continue;
    u32 behind = tile < first ? 1u : 0u;
#pragma unroll
    for (int k = 0; k < 2; ++k) {
      int entry = tile + threadIdx.x + (k * kSorters);
      if (entry >= segment.exists) continue;
      int place = find(shared.keys, size, key_of(input[entry]) + behind);
      if (place < size) atomicAdd(&shared.counts[place], 1u);
    }
  }
}

// The sum of a number over this thread and those before it, and over all.
__device__ u32 sum_through(u32 own, u32& total, u32* scratch) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
#pragma unroll
  for (int distance = 1; distance < kWarpSize; distance *= 2) {
    u32 other = __shfl_up_sync(kFullWarp, own, distance);
    if (lane >= distance) own += other;
  }
  if (lane == kWarpSize - 1) scratch[warp] = own;
  __syncthreads();
  u32 sum = lane < kWarps ? scratch[lane] : 0u;
  own += warp_sum(lane < warp ? sum : 0u);
  total = warp_sum(sum);
  __syncthreads();
  return own;
}

extern "C" __global__ void __launch_bounds__(kSorters)
    winnow_rank_rows(float* output, const float* input, const i32* lengths, i32 entries, i32 start, i32 width) {
  __shared__ Shared shared;
  Segment segment = segment_of(blockIdx.z, blockIdx.x, lengths, entries, start, width);
  input += static_cast<i64>(blockIdx.x) * entries;
  output += static_cast<i64>(blockIdx.x) * entries;
  if (blockIdx.y == 0) clear_others<kSorters>(output, segment, blockIdx.z);
  int first = segment.first + (blockIdx.y * kPiece), t = threadIdx.x;
  int count = min(kPiece, segment.exists - first), size = kWarpSize;
  if (count <= 0) return;
  while (size < count) size *= 2;

  // Behind the entries that exist everything is largest.
  u64 own[2];
#pragma unroll
  for (int k = 0; k < 2; ++k) {
    int i = t + (k * kSorters);
    own[k] = i < count ? (static_cast<u64>(key_of(input[first + i])) << 32) | ~static_cast<u32>(i) : kNothing;
  }
  sort_piece(own, shared.entries, size);
#pragma unroll
  for (int k = 0; k < 2; ++k) {
    shared.keys[t + (k * kSorters)] = static_cast<u32>(own[k] >> 32);
    shared.counts[t + (k * kSorters)] = 0;
  }
  __syncthreads();
  count_others(input, segment, first, size, shared);
  __syncthreads();
  u32 before = 0;
#pragma unroll
  for (int k = 0; k < 2; ++k) {
    int i = t + (k * kSorters);
    u32 total, through = before + sum_through(shared.counts[i], total, shared.sums);
    if (i < count) output[first + ~static_cast<u32>(own[k])] = static_cast<float>(i + through);
    before += total;
  }
}
