// add_outer_products.cu - second moments: the outer product of each head's vector with itself, added over the tokens.
//
//   sums[h, i, j] += rows[t, h, i] * rows[t, h, j], by fused multiply-adds in ascending t: tokens in pieces give the same bits as in one
//
//   sums [heads, dim, dim] f32; rows [tokens, heads, dim] f32. ALIGNED = 1: both on 16 bytes, dim a multiple of 4; 0: plain alignment.
// grid (heads, dim / 64, dim / 64, rounded up), block (128): a tile of 64 x 64 sums, 8 x 4 a thread; 32 tokens in shared memory, 32 more on their way.
// Bound by 2 dim^2 flops a token and head: three loads from shared memory for 32 multiply-adds.
#include "common/async.cuh"
#include "common/types.cuh"
#include "norm/groups.cuh"

#ifndef ALIGNED
#define ALIGNED 1
#endif

constexpr int kThreads = 128;
constexpr int kTile = 64;
constexpr int kTokens = 32;
constexpr int kDown = 8, kAcross = 4;  // sums of a thread

struct alignas(16) Stage {
  float left[kTokens][kTile];
  float right[kTokens][kTile];
};

// One side of a stage; zeros where there is no token or no column.
__device__ __forceinline__ void load(float (&side)[kTokens][kTile], const float* rows, int tokens, i64 stride, int column, int dim) {
  constexpr int kValues = ALIGNED ? 4 : 1, kPerRow = kTile / kValues;
#pragma unroll 4
  for (int i = 0; i < kTokens * kPerRow / kThreads; ++i) {
    int item = (i * kThreads) + threadIdx.x, t = item / kPerRow, c = item % kPerRow * kValues;
    bool exists = t < tokens && column + c < dim;
    const float* source = exists ? rows + (t * stride) + column + c : rows;
    if constexpr (ALIGNED) {
      copy_async_16(&side[t][c], source, exists);
    } else {
      copy_async_4(&side[t][c], source, exists);
    }
  }
}

// Calls use(row of the thread's sums, address, how many of them exist) for those in the matrix.
template <typename Use>
__device__ __forceinline__ void each_row(float* sums, int row, int column, int dim, Use use) {
#pragma unroll
  for (int i = 0; i < kDown; ++i) {
    if (row + i < dim && column < dim) use(i, sums + (static_cast<i64>(row + i) * dim) + column, min(kAcross, dim - column));
  }
}

extern "C" __global__ void __launch_bounds__(kThreads) winnow_add_outer_products(float* sums, const float* rows, i32 tokens, i32 dim) {
  __shared__ Stage stages[2];
  i64 head = blockIdx.x, stride = static_cast<i64>(gridDim.x) * dim;
  int first_column = blockIdx.y * kTile, first_row = blockIdx.z * kTile;
  constexpr int kPerRow = kTile / kAcross;
  int row = static_cast<int>(threadIdx.x) / kPerRow * kDown, column = static_cast<int>(threadIdx.x) % kPerRow * kAcross;
  rows += head * dim;
  sums += head * dim * dim;
  auto fetch = [&](int stage, int token) {
    load(stages[stage].left, rows + (token * stride), tokens - token, stride, first_row, dim);
    load(stages[stage].right, rows + (token * stride), tokens - token, stride, first_column, dim);
    copy_async_commit();
  };
  fetch(0, 0);
  Vec<float, kAcross> own[kDown] = {};
  each_row(sums, first_row + row, first_column + column, dim, [&](int i, const float* address, int count) {
    own[i] = ALIGNED ? load_vec<float, kAcross>(address) : load_part<kAcross>(address, count);
  });
  for (int token = 0; token < tokens; token += kTokens) {
    int now = token / kTokens % 2, count = min(kTokens, tokens - token);
    if (token + kTokens < tokens) {
      fetch(1 - now, token + kTokens);
      copy_async_wait<1>();
    } else {
      copy_async_wait<0>();
    }
    __syncthreads();
#pragma unroll 4
    for (int t = 0; t < count; ++t) {
      Vec<float, 4> left[2] = {load_vec<float, 4>(&stages[now].left[t][row]), load_vec<float, 4>(&stages[now].left[t][row + 4])};
      auto right = load_vec<float, kAcross>(&stages[now].right[t][column]);
#pragma unroll
      for (int i = 0; i < kDown; ++i) {
#pragma unroll
        for (int j = 0; j < kAcross; ++j) own[i].v[j] = fmaf(left[i / 4].v[i % 4], right.v[j], own[i].v[j]);
      }
    }
    __syncthreads();
  }
  each_row(sums, first_row + row, first_column + column, dim, [&](int i, float* address, int count) {
    if constexpr (ALIGNED) {
      store_vec(address, own[i]);
    } else {
      store_part(address, own[i], count);
    }
  });
}
