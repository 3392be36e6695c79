// normalize_rows.cu - rows divided by their Euclidean length; the length is taken in double, so that no row is too short or too long for it.
//
//   rows[r] /= |rows[r]|; a row of zeros stays
//   winnow_normalize_rows_f16: the same of two matrices into f16 rows of `stride` values with zeros behind the last column, the operands of the Gram product
//
// rows [rows, columns] f32; left [left_rows, columns], right [any, columns] f32, output [left_rows + any, stride] f16. Plain alignment.
// grid (rows), block (256). Bound by bytes: a row is read twice, the second time from L1 or L2, and written once.
#include "common/types.cuh"

constexpr int kThreads = 256;

// Sum over the block in a fixed order; every thread gets it.
__device__ double block_sum(double value, double* scratch) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kFullWarp, value, distance);
  if (threadIdx.x % kWarpSize == 0) scratch[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  double sum = 0.0;
#pragma unroll
  for (int warp = 0; warp < kThreads / kWarpSize; ++warp) sum += scratch[warp];
  return sum;
}

// 1 / length of a row, or 1 for a row of zeros.
__device__ double inverse_length(const float* row, int columns, double* scratch) {
  double squares = 0.0;
  for (int column = threadIdx.x; column < columns; column += kThreads) {
    double value = row[column];
    squares += value * value;
  }
  squares = block_sum(squares, scratch);
  return squares == 0.0 ? 1.0 : 1.0 / sqrt(squares);
}

extern "C" __global__ void __launch_bounds__(kThreads) winnow_normalize_rows(float* rows, i32 columns) {
  __shared__ double scratch[kThreads / kWarpSize];
  float* row = rows + (static_cast<i64>(blockIdx.x) * columns);
  double factor = inverse_length(row, columns, scratch);
  for (int column = threadIdx.x; column < columns; column += kThreads) row[column] = static_cast<float>(row[column] * factor);
}

// The same into f16 with a padded stride, zeros behind the last column: rows of the left matrix, then of the right one.
extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_normalize_rows_f16(half_t* output, const float* left, const float* right, i32 left_rows, i32 columns, i32 stride) {
  __shared__ double scratch[kThreads / kWarpSize];
  i64 r = blockIdx.x;
  const float* row = r < left_rows ? left + (r * columns) : right + ((r - left_rows) * columns);
  double factor = inverse_length(row, columns, scratch);
  for (int column = threadIdx.x; column < stride; column += kThreads) {
    output[(r * stride) + column] = from_float<half_t>(column < columns ? static_cast<float>(row[column] * factor) : 0.0f);
  }
}
