// absolute_sums.cu - the sum of the magnitudes of each row.
//
//   output[r] = sum over c of |input[r, c]|, every 32nd column a lane in ascending order, then the lanes
//
//   output [rows] f32; input [rows, columns] f32. Plain alignment.
// grid (rows / 4, rounded up), block (128): a warp a row, of which a lane asks for 32 values before it adds one. Bound by the bytes of the input.
#include "common/reduce.cuh"
#include "common/types.cuh"

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kTogether = 32;

extern "C" __global__ void __launch_bounds__(kThreads) winnow_absolute_sums(float* output, const float* input, i64 rows, i32 columns) {
  i64 row = (static_cast<i64>(blockIdx.x) * kWarps) + (threadIdx.x / kWarpSize);
  if (row >= rows) return;
  int lane = threadIdx.x % kWarpSize;
  input += row * columns;
  float sum = 0.0f;
  for (int start = lane; start < columns; start += kTogether * kWarpSize) {
    float value[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) value[k] = start + (k * kWarpSize) < columns ? input[start + (k * kWarpSize)] : 0.0f;
#pragma unroll
    for (int k = 0; k < kTogether; ++k) sum += fabsf(value[k]);
  }
  sum = warp_sum(sum);
  if (lane == 0) output[row] = sum;
}
