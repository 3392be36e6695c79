// mean_vectors.cu - the mean of the vectors of each row that exist.
//
//   output[r, c] = sum over e of vectors[r, e, c] / the number of them; zeros where there is none
// Every 64th vector is added in ascending order; of the 64 sums four neighbours are added by halves, then the sixteen in ascending order.
//
//   output [rows, dim] f32; vectors [rows, entries, dim] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, dim / 8, rounded up), block (512): eight columns, one sector, of 64 vectors at a time; a thread asks for 16 values before it adds the first.
// Bound by the bytes of the vectors.
#include "common/types.cuh"
#include "reduction/columns.cuh"

constexpr int kAdders = 512;
constexpr int kColumns = 8;
constexpr int kVectors = kAdders / kColumns;
constexpr int kTogether = 16;
constexpr int kWarps = kAdders / kWarpSize;

// The sum of every kVectors-th of the vectors from the first on, in one column.
__device__ __forceinline__ float sum_of(const float* vectors, int first, int length, int dim) {
  float sum = 0.0f;
  for (int start = first; start < length; start += kVectors * kTogether) {
    float value[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      int e = start + (k * kVectors);
      value[k] = e < length ? vectors[static_cast<i64>(e) * dim] : 0.0f;
    }
#pragma unroll
    for (int k = 0; k < kTogether; ++k) sum += value[k];
  }
  return sum;
}

extern "C" __global__ void __launch_bounds__(kAdders)
    winnow_mean_vectors(float* output, const float* vectors, const i32* lengths, i32 entries, i32 dim) {
  __shared__ float sums[kWarps][kColumns];
  i64 row = blockIdx.x;
  int own = threadIdx.x % kColumns, column = (blockIdx.y * kColumns) + own;
  int length = row_length(lengths, row, entries);
  float sum = column < dim ? sum_of(vectors + (row * entries * dim) + column, threadIdx.x / kColumns, length, dim) : 0.0f;
#pragma unroll
  for (int distance = kWarpSize / 2; distance >= kColumns; distance /= 2) sum += __shfl_xor_sync(kFullWarp, sum, distance);
  if (threadIdx.x % kWarpSize < kColumns) sums[threadIdx.x / kWarpSize][own] = sum;
  __syncthreads();
  if (threadIdx.x >= kColumns || column >= dim) return;
#pragma unroll
  for (int warp = 1; warp < kWarps; ++warp) sum += sums[warp][own];
  output[(row * dim) + column] = length == 0 ? 0.0f : __fdiv_rn(sum, static_cast<float>(length));
}
