// merge_rows.cu - weighted sums of the rows that go to the same place, without atomics.
//
//   output[d] = sum over i with targets[i] = d of weights[i] * input[i], in ascending i by fused multiply-adds; 0 where there is none
// A target outside the output leaves its row out.
//
// output [targets, columns] f32, input [rows, columns] f32, targets [rows] i32, weights [rows] f32. Plain alignment.
// grid (rows of the output, columns in pieces of 1024), block (256). Bound by bytes: each member is read once, four of them at a time; each block goes
// through all targets, 4 bytes a row from L2, and lists the members of 1024 rows before it reads them.
#include "common/types.cuh"
#include "reduction/columns.cuh"
#include "reduction/order.cuh"

constexpr int kWarps = kThreads / kWarpSize;
constexpr int kCandidates = 4;  // rows of a thread
constexpr int kTogether = 4;
constexpr int kListed = kCandidates * kThreads;

static_assert(kCandidates * kWarps == kWarpSize, "a lane for each ballot");

struct Members {
  u32 ballots[kWarpSize];
  i32 rows[kListed];
  float weights[kListed];
};

// Lists the rows from `start` on that go to the target, in ascending order; returns how many there are.
__device__ __forceinline__ int list_members(const i32* targets, const float* weights, int start, int rows, int target, Members& members) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  i32 to[kCandidates];
  u32 ballots[kCandidates];
#pragma unroll
  for (int k = 0; k < kCandidates; ++k) {
    int row = start + static_cast<int>((k * kThreads) + threadIdx.x);
    to[k] = row < rows ? targets[row] : -1;
  }
#pragma unroll
  for (int k = 0; k < kCandidates; ++k) {
    ballots[k] = __ballot_sync(kFullWarp, to[k] == target);
    if (lane == 0) members.ballots[(k * kWarps) + warp] = ballots[k];
  }
  __syncthreads();
  u32 counted = __popc(members.ballots[lane]);
#pragma unroll
  for (int k = 0; k < kCandidates; ++k) {
    if (ballots[k] == 0) continue;
    u32 place = warp_sum(lane < (k * kWarps) + warp ? counted : 0u) + __popc(ballots[k] & lanes_below());
    int row = start + static_cast<int>((k * kThreads) + threadIdx.x);
    if (to[k] == target) {
      members.rows[place] = row;
      members.weights[place] = weights[row];
    }
  }
  __syncthreads();
  return static_cast<int>(warp_sum(counted));
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_merge_rows(float* output, const float* input, const i32* targets, const float* weights, i32 rows, i32 columns) {
  __shared__ Members members;
  int target = blockIdx.x;
  float sums[kPerThread] = {};
#pragma unroll 1
  for (int start = 0; start < rows; start += kListed) {
    int count = list_members(targets, weights, start, rows, target, members);
#pragma unroll 1
    for (int member = 0; member < count; member += kTogether) {
      float values[kTogether][kPerThread];
#pragma unroll
      for (int m = 0; m < kTogether; ++m) {
        if (member + m >= count) break;
        const float* row = input + (static_cast<i64>(members.rows[member + m]) * columns);
        each_column(columns, [&](int i, int column) { values[m][i] = row[column]; });
      }
#pragma unroll
      for (int m = 0; m < kTogether; ++m) {
        if (member + m >= count) break;
        float weight = members.weights[member + m];
        each_column(columns, [&](int i, int) { sums[i] = fmaf(weight, values[m][i], sums[i]); });
      }
    }
  }
  each_column(columns, [&](int i, int column) { output[(static_cast<i64>(target) * columns) + column] = sums[i]; });
}
