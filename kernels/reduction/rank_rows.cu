// rank_rows.cu - the place of each entry in the ascending order of its segment, from sorted pieces of it.
//
//   output[r, e] = how many entries of e's segment come before it: the smaller ones, and of equal ones those with a higher index
// so that the first of equal entries ranks highest. NaN is smaller than all numbers; -0 equals +0. Segments of `width` begin with entry `start`; entries
// before it and from the length on are 0, and not read.
//
//   output [rows, entries] f32; input [rows, entries] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, pieces of 512 of a segment, segments), block (512). A block sorts its piece (Batcher 1968, bitonic: 45 steps, no barrier in 35 of them) and
// looks up each other entry of the segment in it, ten steps; the sums of how many were found before each place are the ranks. Bound by instructions, and
// for short rows by what waits for what: entries are loaded four at a time.
#include "common/types.cuh"
#include "reduction/columns.cuh"
#include "reduction/order.cuh"

constexpr int kSorters = 512;
constexpr int kWarps = kSorters / kWarpSize;
constexpr int kTogether = 4;
constexpr u64 kNothing = ~0ull;

struct Shared {
  u64 entries[kSorters];
  u32 keys[kSorters];
  u32 counts[kSorters];
  u32 sums[kWarps];
};

// Ascending; a thread holds entry t of `size`, a power of two from 32 to 512.
__device__ u64 sort_piece(u64 own, u64* entries, int size) {
  int t = threadIdx.x;
#pragma unroll 1
  for (int width = 2; width <= size; width *= 2) {
#pragma unroll 1
    for (int distance = width / 2; distance > 0; distance /= 2) {
      u64 other;
      if (distance < kWarpSize) {
        other = __shfl_xor_sync(kFullWarp, own, distance);
      } else {
        __syncthreads();
        entries[t] = own;
        __syncthreads();
        other = entries[t ^ distance];
      }
      bool keeps_smaller = ((t & distance) == 0) == ((t & width) == 0);
      own = keeps_smaller == (other < own) ? other : own;
    }
  }
  return own;
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
  for (int start = segment.first; start < segment.exists; start += kTogether * kSorters) {
    float value[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      int entry = start + (k * kSorters) + threadIdx.x;
      value[k] = entry < segment.exists ? input[entry] : 0.0f;
    }
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      int tile = start + (k * kSorters);
      if (tile == first || tile + static_cast<int>(threadIdx.x) >= segment.exists) continue;
      int place = find(shared.keys, size, key_of(value[k]) + (tile < first ? 1u : 0u));
      if (place < size) atomicAdd(&shared.counts[place], 1u);
    }
  }
}

// The sum of a number over this thread and those before it.
__device__ u32 sum_through(u32 own, u32* scratch) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
#pragma unroll
  for (int distance = 1; distance < kWarpSize; distance *= 2) {
    u32 other = __shfl_up_sync(kFullWarp, own, distance);
    if (lane >= distance) own += other;
  }
  if (lane == kWarpSize - 1) scratch[warp] = own;
  __syncthreads();
  return own + warp_sum(lane < warp ? scratch[lane] : 0u);
}

extern "C" __global__ void __launch_bounds__(kSorters)
    winnow_rank_rows(float* output, const float* input, const i32* lengths, i32 entries, i32 start, i32 width) {
  __shared__ Shared shared;
  Segment segment = segment_of(blockIdx.z, blockIdx.x, lengths, entries, start, width);
  input += static_cast<i64>(blockIdx.x) * entries;
  output += static_cast<i64>(blockIdx.x) * entries;
  if (blockIdx.y == 0) clear_others<kSorters>(output, segment, blockIdx.z);
  int first = segment.first + (blockIdx.y * kSorters), t = threadIdx.x;
  int count = min(kSorters, segment.exists - first), size = kWarpSize;
  if (count <= 0) return;
  while (size < count) size *= 2;

  // Behind the entries that exist everything is largest.
  u64 own = t < count ? (static_cast<u64>(key_of(input[first + t])) << 32) | ~static_cast<u32>(t) : kNothing;
  own = sort_piece(own, shared.entries, size);
  shared.keys[t] = static_cast<u32>(own >> 32);
  shared.counts[t] = 0;
  __syncthreads();
  count_others(input, segment, first, size, shared);
  __syncthreads();
  u32 through = sum_through(shared.counts[t], shared.sums);
  if (t < count) output[first + ~static_cast<u32>(own)] = static_cast<float>(t + through);
}
