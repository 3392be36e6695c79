// gram.cu - products of every row of one matrix with every row of another, on tensor cores: of normalized rows, their cosine similarity.
//
//   output[i, j] = sum over c of left[i, c] * right[j, c], in float, c ascending in steps of 16
//
//   output [left_rows, right_rows] f32
//   left   [left_rows, stride] f16, right [right_rows, stride] f16, both 16-byte aligned; stride a multiple of 32, padded with zeros
// grid (right_rows / 64, left_rows / 64, rounded up), block (128): four warps of 32 x 32 each.
// A block does 2 * 64 * 64 flops for 2 * 64 * 2 bytes a column; two stages of cp.async.
#include "common/async.cuh"
#include "common/mma.cuh"
#include "common/types.cuh"

constexpr int kThreads = 128;
constexpr int kTile = 64;
constexpr int kDepth = 32;
constexpr int kPitch = kDepth + 8;  // 80 bytes: eight rows of an ldmatrix fall on different banks
constexpr int kVector = 8;

struct alignas(16) Stage {
  half_t left[kTile][kPitch];
  half_t right[kTile][kPitch];
};

__device__ void load_tile(half_t (&tile)[kTile][kPitch], const half_t* matrix, int first_row, int rows, int stride, int depth) {
  constexpr int kVectorsPerRow = kDepth / kVector;
#pragma unroll
  for (int i = 0; i < kTile * kVectorsPerRow / kThreads; ++i) {
    int item = i * kThreads + threadIdx.x;
    int row = item / kVectorsPerRow, column = item % kVectorsPerRow * kVector;
    bool exists = first_row + row < rows;
    const half_t* source = matrix + (static_cast<i64>(exists ? first_row + row : 0) * stride) + depth + column;
    copy_async_16(&tile[row][column], source, exists);
  }
}

// The warp's 32 x 32 part of one stage.
__device__ void multiply(float (&sums)[2][4][4], const Stage& stage, int warp_row, int warp_column) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int k = 0; k < kDepth; k += 16) {
    u32 a[2][4], b[2][4];
#pragma unroll
    for (int m = 0; m < 2; ++m) ldmatrix_x4(a[m], &stage.left[warp_row + (m * 16) + (lane % 16)][k + (lane / 16 * 8)]);
    // Rows of `right` are columns of B: matrices 0 and 1 are its k halves for eight of them, 2 and 3 for the next eight.
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      ldmatrix_x4(b[n], &stage.right[warp_column + (n * 16) + (lane % 8) + (lane / 16 * 8)][k + (lane / 8 % 2 * 8)]);
    }
#pragma unroll
    for (int m = 0; m < 2; ++m) {
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        const u32 column[2] = {b[n / 2][n % 2 * 2], b[n / 2][(n % 2 * 2) + 1]};
        mma_m16n8k16<half_t>(sums[m][n], a[m], column);
      }
    }
  }
}

__device__ void store(float* output, const float (&sums)[2][4][4], int row, int column, int left_rows, int right_rows) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int m = 0; m < 2; ++m) {
#pragma unroll
    for (int n = 0; n < 4; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        int r = row + (m * 16) + (i / 2 * 8) + (lane / 4);
        int c = column + (n * 8) + (lane % 4 * 2) + (i % 2);
        if (r < left_rows && c < right_rows) output[(static_cast<i64>(r) * right_rows) + c] = sums[m][n][i];
      }
    }
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_gram(float* output, const half_t* left, const half_t* right, i32 left_rows, i32 right_rows, i32 stride) {
  __shared__ Stage stages[2];
  int first_left = blockIdx.y * kTile, first_right = blockIdx.x * kTile;
  int warp = threadIdx.x / kWarpSize;
  int warp_row = warp / 2 * 32, warp_column = warp % 2 * 32;
  float sums[2][4][4] = {};
  load_tile(stages[0].left, left, first_left, left_rows, stride, 0);
  load_tile(stages[0].right, right, first_right, right_rows, stride, 0);
  copy_async_commit();
  for (int depth = 0; depth < stride; depth += kDepth) {
    int now = depth / kDepth % 2;
    if (depth + kDepth < stride) {
      load_tile(stages[1 - now].left, left, first_left, left_rows, stride, depth + kDepth);
      load_tile(stages[1 - now].right, right, first_right, right_rows, stride, depth + kDepth);
    }
    copy_async_commit();
    copy_async_wait<1>();
    __syncthreads();
    multiply(sums, stages[now], warp_row, warp_column);
    __syncthreads();
  }
  store(output, sums, first_left + warp_row, first_right + warp_column, left_rows, right_rows);
}
