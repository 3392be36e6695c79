// add_row_sums.cu - sums over the rows of a matrix, added to what is there.
//
//   sums[c] += sum over r of input[r, c], in row order: a matrix in pieces gives the same bits as in one
//
// sums [columns] f32, input [rows, columns] f32. Plain alignment.
// grid (columns in pieces of 32), block (256): eight warps fetch rows, five stages of 64 in shared memory; a warp adds them, a column a lane. Bound by the
// bytes of the input, of which four stages are on their way, and for many rows by the chain of additions, one a row.
#include "common/async.cuh"
#include "common/types.cuh"

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kRows = 64;
constexpr int kStages = 5;

using Stage = float[kRows][kWarpSize];

__device__ __forceinline__ void load(Stage& stage, const float* input, i64 first, i64 rows, int column, int columns) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int i = 0; i < kRows / kWarps; ++i) {
    int r = (i * kWarps) + (threadIdx.x / kWarpSize);
    bool exists = first + r < rows && column < columns;
    copy_async_4(&stage[r][lane], input + (exists ? ((first + r) * columns) + column : 0), exists);
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_add_row_sums(float* sums, const float* input, i64 rows, i32 columns) {
  __shared__ Stage stages[kStages];
  int lane = threadIdx.x % kWarpSize, column = (blockIdx.x * kWarpSize) + lane;
  bool adds = threadIdx.x < kWarpSize && column < columns;
#pragma unroll 1
  for (int stage = 0; stage < kStages - 1; ++stage) {
    load(stages[stage], input, stage * kRows, rows, column, columns);
    copy_async_commit();
  }
  float sum = adds ? sums[column] : 0.0f;
  int now = 0, next = kStages - 1;
  for (i64 row = 0; row < rows; row += kRows) {
    copy_async_wait<kStages - 2>();
    __syncthreads();
    load(stages[next], input, row + ((kStages - 1) * kRows), rows, column, columns);
    copy_async_commit();
    if (threadIdx.x < kWarpSize) {
      int count = static_cast<int>(min(static_cast<i64>(kRows), rows - row));
#pragma unroll 16
      for (int r = 0; r < count; ++r) sum = __fadd_rn(sum, stages[now][r][lane]);
    }
    now = now + 1 == kStages ? 0 : now + 1;
    next = next + 1 == kStages ? 0 : next + 1;
  }
  if (adds) sums[column] = sum;
}
