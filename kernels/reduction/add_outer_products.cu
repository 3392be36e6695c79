// add_outer_products.cu - second moments: the outer product of each head's vector with itself, added over the tokens.
//
//   sums[h, i, j] += rows[t, h, i] * rows[t, h, j], by fused multiply-adds in ascending t: tokens in pieces give the same bits as in one
//
//   sums [heads, dim, dim] f32; rows [tokens, heads, dim] f32. Plain alignment.
// grid (heads, dim / 32, dim / 32, rounded up), block (256): a tile of 32 x 32 sums, four a thread; 32 tokens at a time in shared memory.
#include "common/types.cuh"

constexpr int kThreads = 256;
constexpr int kTile = 32;
constexpr int kTokens = 32;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kPerThread = kTile / kWarps;

using Stage = float[kTokens][kTile];

__device__ __forceinline__ void load(Stage& stage, const float* rows, int token, int tokens, i64 stride, int column, int dim) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int i = 0; i < kTokens / kWarps; ++i) {
    int t = (i * kWarps) + (threadIdx.x / kWarpSize);
    bool exists = token + t < tokens && column + lane < dim;
    stage[t][lane] = exists ? rows[((token + t) * stride) + column + lane] : 0.0f;
  }
}

extern "C" __global__ void __launch_bounds__(kThreads) winnow_add_outer_products(float* sums, const float* rows, i32 tokens, i32 dim) {
  __shared__ Stage left, right;
  i64 head = blockIdx.x;
  int first_column = blockIdx.y * kTile, first_row = blockIdx.z * kTile;
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  i64 stride = static_cast<i64>(gridDim.x) * dim;
  rows += head * dim;
  sums += (head * dim * dim) + first_column + lane;
  float own[kPerThread];
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
    int row = first_row + (i * kWarps) + warp;
    own[i] = row < dim && first_column + lane < dim ? sums[static_cast<i64>(row) * dim] : 0.0f;
  }
  for (int token = 0; token < tokens; token += kTokens) {
    load(left, rows, token, tokens, stride, first_row, dim);
    load(right, rows, token, tokens, stride, first_column, dim);
    __syncthreads();
    int count = min(kTokens, tokens - token);
    for (int t = 0; t < count; ++t) {
      float value = right[t][lane];
#pragma unroll
      for (int i = 0; i < kPerThread; ++i) own[i] = fmaf(left[t][(i * kWarps) + warp], value, own[i]);
    }
    __syncthreads();
  }
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
    int row = first_row + (i * kWarps) + warp;
    if (row < dim && first_column + lane < dim) sums[static_cast<i64>(row) * dim] = own[i];
  }
}
