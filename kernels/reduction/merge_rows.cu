// merge_rows.cu - weighted sums of the rows that go to the same place, without atomics.
//
//   output[d] = sum over i with targets[i] = d of weights[i] * input[i], in ascending i by fused multiply-adds; 0 where there is none
// A target outside the output leaves its row out.
//
// output [targets, columns] f32, input [rows, columns] f32, targets [rows] i32, weights [rows] f32. Plain alignment.
// grid (rows of the output, columns in pieces of 1024), block (256). Bound by bytes: each member is read once; each block goes through all
// targets, 4 bytes a row from L2.
#include "common/types.cuh"
#include "reduction/columns.cuh"

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_merge_rows(float* output, const float* input, const i32* targets, const float* weights, i32 rows, i32 columns) {
  __shared__ u32 members[kThreads / kWarpSize];
  int target = blockIdx.x;
  float sums[kPerThread] = {};
  for (int start = 0; start < rows; start += kThreads) {
    int candidate = start + threadIdx.x;
    u32 ballot = __ballot_sync(kFullWarp, candidate < rows && targets[candidate] == target);
    if (threadIdx.x % kWarpSize == 0) members[threadIdx.x / kWarpSize] = ballot;
    __syncthreads();
    for (int warp = 0; warp < kThreads / kWarpSize; ++warp) {
      for (u32 left = members[warp]; left != 0; left &= left - 1) {
        i64 row = start + (warp * kWarpSize) + __ffs(left) - 1;
        float weight = weights[row];
        each_column(columns, [&](int i, int column) { sums[i] = fmaf(weight, input[(row * columns) + column], sums[i]); });
      }
    }
    __syncthreads();
  }
  each_column(columns, [&](int i, int column) { output[(static_cast<i64>(target) * columns) + column] = sums[i]; });
}
