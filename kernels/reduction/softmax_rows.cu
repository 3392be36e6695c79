// softmax_rows.cu - each segment of a row as weights that sum to 1.
//
//   output[r, e] = exp(input[r, e] - m) / sum of the like over the segment, m the greatest of it; segments of `width` begin with entry `start`
// A segment of nothing, or of minus infinities, gives zeros; NaN or plus infinity makes its segment NaN. Entries before the start and from the length on
// are 0, and not read.
//
//   output [rows, entries] f32, may be the input; input [rows, entries] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, segments), block (256). Bound by bytes: a value is read from memory once, and from L1 or L2 three times more.
#include "common/reduce.cuh"
#include "common/types.cuh"
#include "reduction/columns.cuh"

__device__ __forceinline__ float block_maximum(float value, float* scratch) {
  value = warp_max(value);
  if (threadIdx.x % kWarpSize == 0) scratch[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  float maximum = scratch[0];
#pragma unroll
  for (int warp = 1; warp < kThreads / kWarpSize; ++warp) maximum = fmaxf(maximum, scratch[warp]);
  __syncthreads();
  return maximum;
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_softmax_rows(float* output, const float* input, const i32* lengths, i32 entries, i32 start, i32 width) {
  __shared__ float scratch[kThreads / kWarpSize];
  Segment segment = segment_of(blockIdx.y, blockIdx.x, lengths, entries, start, width);
  input += static_cast<i64>(blockIdx.x) * entries;
  output += static_cast<i64>(blockIdx.x) * entries;
  const float nothing = -__int_as_float(0x7f800000);
  float greatest = nothing;
  for (int e = segment.first + threadIdx.x; e < segment.exists; e += kThreads) greatest = fmaxf(greatest, input[e]);
  greatest = block_maximum(greatest, scratch);
  if (greatest == nothing) greatest = 0.0f;
  float sum = 0.0f;
  for (int e = segment.first + threadIdx.x; e < segment.exists; e += kThreads) {
    float power = expf(input[e] - greatest);
    output[e] = power;
    sum += power;
  }
  sum = block_sum<kThreads>(sum, scratch);
  for (int e = segment.first + threadIdx.x; e < segment.exists; e += kThreads) output[e] = sum == 0.0f ? 0.0f : __fdiv_rn(output[e], sum);
  clear_others(output, segment, blockIdx.y);
}
