// add_row_sums.cu - sums over the rows of a matrix, added to what is there.
//
//   sums[c] += sum over r of input[r, c], in row order: a matrix in pieces gives the same bits as in one
//
// sums [columns] f32, input [rows, columns] f32. Plain alignment.
// grid (columns in pieces of 256), block (256). Bound by the bytes of the input, and for few columns by the chain of additions.
#include "common/types.cuh"

constexpr int kThreads = 256;

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_add_row_sums(float* sums, const float* input, i64 rows, i32 columns) {
  int column = blockIdx.x * kThreads + threadIdx.x;
  if (column >= columns) return;
  float sum = sums[column];
  for (i64 row = 0; row < rows; ++row) sum = __fadd_rn(sum, input[(row * columns) + column]);
  sums[column] = sum;
}
