// quadratic_forms.cu - a linear and a quadratic form of each vector. (Expected Attention, Devoto et al. 2025, arXiv:2510.00636.)
//
//   output[r, e] = a * (v . linear[r]) + b * (v^T matrices[r] v),  v = vectors[r, e]
// MATRIX = 0 and LINEAR = 0 leave a part out. v^T M is summed in ascending rows of M by fused multiply-adds; every 32nd column of the products is a lane's,
// then come the lanes. Entries from the length on are 0, and not read.
//
//   output   [rows, entries] f32
//   vectors  [rows, entries, DIM] f32, DIM at most 256
//   matrices [rows, DIM, DIM] f32; linear [rows, DIM] f32; lengths [rows] i32, or null: all exist
// ALIGNED = 1: vectors and matrices on 16 bytes, DIM a multiple of 4; 0: plain alignment.
// grid (rows, entries in pieces of 4 warps' vectors), block (128): a warp takes 16 vectors, of a linear form alone 8, half of that where they are long.
// Bound by 2 DIM^2 flops a vector: vectors and 8 KiB of the matrix lie in shared memory, the next 8 KiB are on their way; for four rows of the matrix a
// warp loads their values for its lanes and four of each vector for all lanes. A linear form alone is bound by the bytes of the vectors.
#include "common/async.cuh"
#include "common/reduce.cuh"
#include "common/types.cuh"
#include "common/vec.cuh"
#include "reduction/columns.cuh"

#ifndef DIM
#define DIM 128
#define MATRIX 1
#define LINEAR 1
#define ALIGNED 1
#endif

constexpr int kFormThreads = 128;
constexpr int kWarps = kFormThreads / kWarpSize;
constexpr int kPerLane = (DIM + kWarpSize - 1) / kWarpSize, kWidth = kPerLane * kWarpSize;
constexpr bool kLong = kPerLane > 4;
constexpr int kEntries = (MATRIX ? 16 : 8) / (kLong ? 2 : 1);
constexpr int kQuad = 4;
constexpr int kPitch = (DIM + kQuad - 1) / kQuad * kQuad;       // of a vector
constexpr int kRows = 2048 / kWidth / kQuad * kQuad;             // of the matrix at a time

using Values = float[kPerLane];

// Zeros behind the last column and the last row.
struct alignas(16) Shared {
  float vectors[kWarps * kEntries][kPitch];
  float rows[2][kRows][kWidth];
};

static_assert(sizeof(Shared) <= 48 * 1024, "what a block may have without asking");

// Copies a matrix of `width` columns, of which those below DIM exist, and of which rows below `exist` do.
template <int kCount, int kWidthThere>
__device__ __forceinline__ void fetch(float (&there)[kCount][kWidthThere], const float* matrix, int exist) {
  constexpr int kValues = ALIGNED ? 4 : 1, kPerRow = kWidthThere / kValues;
#pragma unroll 4
  for (int item = threadIdx.x; item < kCount * kPerRow; item += kFormThreads) {
    int row = item / kPerRow, column = item % kPerRow * kValues;
    bool exists = row < exist && column < DIM;
    const float* source = exists ? matrix + (row * DIM) + column : matrix;
    if constexpr (ALIGNED) {
      copy_async_16(&there[row][column], source, exists);
    } else {
      copy_async_4(&there[row][column], source, exists);
    }
  }
}

// products += v^T M for every vector of the warp, for some rows of M from `first` on.
__device__ __forceinline__ void multiply(Values (&products)[kEntries], const float (*vectors)[kPitch], const float (&rows)[kRows][kWidth], int first) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll 1
  for (int i = 0; i < kRows && first + i < DIM; i += kQuad) {
    float m[kQuad][kPerLane];
#pragma unroll
    for (int j = 0; j < kQuad; ++j) {
#pragma unroll
      for (int k = 0; k < kPerLane; ++k) m[j][k] = rows[i + j][lane + (k * kWarpSize)];
    }
#pragma unroll
    for (int n = 0; n < kEntries; ++n) {
      auto x = load_vec<float, kQuad>(&vectors[n][first + i]);
#pragma unroll
      for (int j = 0; j < kQuad; ++j) {
#pragma unroll
        for (int k = 0; k < kPerLane; ++k) products[n][k] = fmaf(x.v[j], m[j][k], products[n][k]);
      }
    }
  }
}

// The products of all vectors of the block, which have been asked for; the block has at least one.
__device__ __forceinline__ void multiply_all(Values (&products)[kEntries], Shared& shared, const float* matrix) {
  const float(*own)[kPitch] = &shared.vectors[threadIdx.x / kWarpSize * kEntries];
  fetch(shared.rows[0], matrix, DIM);
  copy_async_commit();
  for (int first = 0, now = 0; first < DIM; first += kRows, now = 1 - now) {
    if (first + kRows < DIM) fetch(shared.rows[1 - now], matrix + ((first + kRows) * DIM), DIM - first - kRows);
    copy_async_commit();
    copy_async_wait<1>();
    __syncthreads();
    multiply(products, own, shared.rows[now], first);
    __syncthreads();
  }
}

// The sum of the products of two vectors that lie over the lanes; every lane gets it.
__device__ __forceinline__ float dot(const Values& left, const Values& right) {
  float sum = 0.0f;
#pragma unroll
  for (int k = 0; k < kPerLane; ++k) sum = fmaf(left[k], right[k], sum);
  return warp_sum(sum);
}

__device__ __forceinline__ void load(Values& values, const float* vector, bool exists) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int k = 0; k < kPerLane; ++k) values[k] = exists && lane + (k * kWarpSize) < DIM ? vector[lane + (k * kWarpSize)] : 0.0f;
}

extern "C" __global__ void __launch_bounds__(kFormThreads, kLong ? 3 : 4)
    winnow_quadratic_forms(float* output, const float* vectors, const float* matrices, const float* linear, const i32* lengths, i32 entries,
                           float a, float b) {
  i64 row = blockIdx.x;
  int lane = threadIdx.x % kWarpSize, skipped = threadIdx.x / kWarpSize * kEntries;
  int base = blockIdx.y * kWarps * kEntries, first = base + skipped;
  int length = row_length(lengths, row, entries);
  output += row * entries;
  vectors += ((row * entries) + base) * DIM;
  Values v[kEntries], products[kEntries] = {}, direction = {};
  if constexpr (LINEAR != 0) load(direction, linear + (row * DIM), true);
  const float* own = vectors + (skipped * DIM);
  if constexpr (MATRIX != 0) {
    __shared__ Shared shared;
    if (base < length) {
      fetch(shared.vectors, vectors, length - base);
      multiply_all(products, shared, matrices + (row * DIM * DIM));
    }
    own = shared.vectors[skipped];
  } else {
#pragma unroll
    for (int n = 0; n < kEntries; ++n) load(v[n], own + (n * DIM), first + n < length);
  }
#pragma unroll
  for (int n = 0; n < kEntries; ++n) {
    if constexpr (MATRIX != 0) load(v[n], own + (n * kPitch), first + n < length);
    float form = 0.0f;
    if constexpr (LINEAR != 0) form = __fmul_rn(a, dot(v[n], direction));
    if constexpr (MATRIX != 0) form = __fadd_rn(form, __fmul_rn(b, dot(v[n], products[n])));
    if (lane == 0 && first + n < entries) output[first + n] = first + n < length ? form : 0.0f;
  }
}
