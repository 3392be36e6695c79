// rank_rows.cu - the place of each entry in the ascending order of its segment, by counting.
//
//   output[r, e] = how many entries of e's segment come before it: the smaller ones, and of equal ones those with a higher index
// so that the first of equal entries ranks highest. NaN is smaller than all numbers; -0 equals +0. Segments of `width` begin with entry `start`; entries
// before it and from the length on are 0, and not read.
//
//   output [rows, entries] f32; input [rows, entries] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, pieces of 1024 of a segment, segments), block (256). Three instructions a pair of entries; keys come through shared memory.
#include "common/types.cuh"
#include "reduction/columns.cuh"
#include "reduction/order.cuh"

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_rank_rows(float* output, const float* input, const i32* lengths, i32 entries, i32 start, i32 width) {
  __shared__ u32 keys[kPiece];
  Segment segment = segment_of(blockIdx.z, blockIdx.x, lengths, entries, start, width);
  input += static_cast<i64>(blockIdx.x) * entries;
  output += static_cast<i64>(blockIdx.x) * entries;
  int first = segment.first + (blockIdx.y * kPiece) + threadIdx.x;
  u32 own[kPerThread], before[kPerThread] = {};
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
    int entry = first + (i * kThreads);
    own[i] = entry < segment.exists ? key_of(input[entry]) : 0u;
  }
  // Where none of this piece exists there is nothing to count.
  int end = first - static_cast<int>(threadIdx.x) < segment.exists ? segment.exists : 0;
  for (int tile = segment.first; tile < end; tile += kPiece) {
    int count = min(kPiece, end - tile);
    for (int i = threadIdx.x; i < count; i += kThreads) keys[i] = key_of(input[tile + i]);
    __syncthreads();
#pragma unroll 4
    for (int i = 0; i < count; ++i) {
      u32 key = keys[i];
#pragma unroll
      for (int k = 0; k < kPerThread; ++k) before[k] += key < own[k] + (tile + i > first + (k * kThreads) ? 1u : 0u) ? 1u : 0u;
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
    int entry = first + (i * kThreads);
    if (entry < segment.exists) output[entry] = static_cast<float>(before[i]);
  }
  if (blockIdx.y == 0) clear_others(output, segment, blockIdx.z);
}
