// absolute_sums.cu - the sum of the magnitudes of each row.
//
//   output[r] = sum over c of |input[r, c]|, every 32nd column a lane in ascending order, then the lanes
//
//   output [rows] f32; input [rows, columns] f32. Plain alignment.
// grid (rows / 8, rounded up), block (256): a warp a row. Bound by the bytes of the input.
#include "common/reduce.cuh"
#include "common/types.cuh"

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;

extern "C" __global__ void __launch_bounds__(kThreads) winnow_absolute_sums(float* output, const float* input, i64 rows, i32 columns) {
  i64 row = (static_cast<i64>(blockIdx.x) * kWarps) + (threadIdx.x / kWarpSize);
  if (row >= rows) return;
  int lane = threadIdx.x % kWarpSize;
  float sum = 0.0f;
  for (int column = lane; column < columns; column += kWarpSize) sum += fabsf(input[(row * columns) + column]);
  sum = warp_sum(sum);
  if (lane == 0) output[row] = sum;
}
