// gram.cu - products of every row of one matrix with every row of another, on tensor cores: of normalized rows, their cosine similarity.
//
//   output[i, j] = sum over c of left[i, c] * right[j, c], in float, c ascending in steps of 16
//
//   output [left_rows, right_rows] f32
//   left   [left_rows, stride] f16, right [right_rows, stride] f16, both 16-byte aligned; stride a multiple of 64, padded with zeros
// grid (right_rows / 64, left_rows / 32, rounded up), block (128): four warps of 16 x 32 each.
// A block does 2 * 32 * 64 flops for (32 + 64) * 2 bytes a column; three stages of cp.async, two on their way: few rows are bound by how long those take.
#include "common/async.cuh"
#include "common/mma.cuh"
#include "common/types.cuh"

constexpr int kThreads = 128;
constexpr int kLeft = 32, kRight = 64;
constexpr int kDepth = 64;
constexpr int kPitch = kDepth + 8;  // 144 bytes: eight rows of an ldmatrix fall on different banks
constexpr int kStages = 3;
constexpr int kVector = 8;

struct alignas(16) Stage {
  half_t left[kLeft][kPitch];
  half_t right[kRight][kPitch];
};

static_assert(kStages * sizeof(Stage) <= 48 * 1024, "what a block may have without asking");

template <int kRows>
__device__ __forceinline__ void load_tile(half_t (&tile)[kRows][kPitch], const half_t* matrix, int first_row, int rows, int stride, int depth) {
  constexpr int kVectorsPerRow = kDepth / kVector;
#pragma unroll
  for (int i = 0; i < kRows * kVectorsPerRow / kThreads; ++i) {
    int item = i * kThreads + threadIdx.x;
    int row = item / kVectorsPerRow, column = item % kVectorsPerRow * kVector;
    bool exists = first_row + row < rows && depth < stride;
    const half_t* source = exists ? matrix + (static_cast<i64>(first_row + row) * stride) + depth + column : matrix;
    copy_async_16(&tile[row][column], source, exists);
  }
}

// The warp's 16 x 32 part of one stage.
__device__ __forceinline__ void multiply(float (&sums)[4][4], const Stage& stage, int warp_row, int warp_column) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int k = 0; k < kDepth; k += 16) {
    u32 a[4], b[2][4];
    ldmatrix_x4(a, &stage.left[warp_row + (lane % 16)][k + (lane / 16 * 8)]);
    // Rows of `right` are columns of B: matrices 0 and 1 are its k halves for eight of them, 2 and 3 for the next eight.
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      ldmatrix_x4(b[n], &stage.right[warp_column + (n * 16) + (lane % 8) + (lane / 16 * 8)][k + (lane / 8 % 2 * 8)]);
    }
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      const u32 column[2] = {b[n / 2][n % 2 * 2], b[n / 2][(n % 2 * 2) + 1]};
      mma_m16n8k16<half_t>(sums[n], a, column);
    }
  }
}

__device__ __forceinline__ void store(float* output, const float (&sums)[4][4], int row, int column, int left_rows, int right_rows) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int n = 0; n < 4; ++n) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      int r = row + (i / 2 * 8) + (lane / 4), c = column + (n * 8) + (lane % 4 * 2) + (i % 2);
      if (r < left_rows && c < right_rows) output[(static_cast<i64>(r) * right_rows) + c] = sums[n][i];
    }
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_gram(float* output, const half_t* left, const half_t* right, i32 left_rows, i32 right_rows, i32 stride) {
  __shared__ Stage stages[kStages];
  int first_left = blockIdx.y * kLeft, first_right = blockIdx.x * kRight;
  int warp = threadIdx.x / kWarpSize;
  int warp_row = warp / 2 * 16, warp_column = warp % 2 * 32;
  float sums[4][4] = {};
  auto fetch = [&](int stage, int depth) {
    load_tile(stages[stage].left, left, first_left, left_rows, stride, depth);
    load_tile(stages[stage].right, right, first_right, right_rows, stride, depth);
    copy_async_commit();
  };
  fetch(0, 0);
  fetch(1, kDepth);
  int now = 0;
  for (int depth = 0; depth < stride; depth += kDepth) {
    copy_async_wait<kStages - 2>();
    __syncthreads();
    // What was multiplied before the barrier is free.
    fetch(now == 0 ? kStages - 1 : now - 1, depth + ((kStages - 1) * kDepth));
    multiply(sums, stages[now], warp_row, warp_column);
    now = now + 1 == kStages ? 0 : now + 1;
  }
  store(output, sums, first_left + warp_row, first_right + warp_column, left_rows, right_rows);
}
