// mean_vectors.cu - the mean of the vectors of each row that exist.
//
//   output[r, c] = sum over e of vectors[r, e, c] / the number of them; zeros where there is none
// Every 8th vector is added in ascending order, then the eight sums.
//
//   output [rows, dim] f32; vectors [rows, entries, dim] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, dim / 32, rounded up), block (256): lanes take columns, warps vectors. Bound by the bytes of the vectors.
#include "common/types.cuh"
#include "reduction/columns.cuh"

constexpr int kWarps = kThreads / kWarpSize;

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_mean_vectors(float* output, const float* vectors, const i32* lengths, i32 entries, i32 dim) {
  __shared__ float sums[kWarps][kWarpSize];
  i64 row = blockIdx.x;
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  int column = (blockIdx.y * kWarpSize) + lane;
  int length = row_length(lengths, row, entries);
  float sum = 0.0f;
  if (column < dim) {
    for (int e = warp; e < length; e += kWarps) sum += vectors[(((row * entries) + e) * dim) + column];
  }
  sums[warp][lane] = sum;
  __syncthreads();
  if (warp != 0 || column >= dim) return;
#pragma unroll
  for (int other = 1; other < kWarps; ++other) sum += sums[other][lane];
  output[(row * dim) + column] = length == 0 ? 0.0f : __fdiv_rn(sum, static_cast<float>(length));
}
