// quadratic_forms.cu - a linear and a quadratic form of each vector. (Expected Attention, Devoto et al. 2025, arXiv:2510.00636.)
//
//   output[r, e] = a * (v . linear[r]) + b * (v^T matrices[r] v),  v = vectors[r, e]
// MATRIX = 0 and LINEAR = 0 leave a part out. v^T M is summed in ascending rows of M by fused multiply-adds; every 32nd column of the products is a lane's,
// then come the lanes. Entries from the length on are 0, and not read.
//
//   output   [rows, entries] f32
//   vectors  [rows, entries, DIM] f32, DIM at most 256
//   matrices [rows, DIM, DIM] f32; linear [rows, DIM] f32; lengths [rows] i32, or null: all exist
// Plain alignment. grid (rows, entries in pieces of 8 warps' vectors), block (256): a warp takes eight vectors, four where they are long.
// Bound by 2 DIM^2 flops a vector: each value of the matrix, from L1, serves the vectors of a warp.
#include "common/reduce.cuh"
#include "common/types.cuh"
#include "reduction/columns.cuh"

#ifndef DIM
#define DIM 128
#define MATRIX 1
#define LINEAR 1
#endif

constexpr int kWarps = kThreads / kWarpSize;
constexpr int kPerLane = (DIM + kWarpSize - 1) / kWarpSize;
constexpr int kEntries = kPerLane <= 4 ? 8 : 4;

using Values = float[kEntries][kPerLane];

__device__ __forceinline__ float value_at(const float* values, int column) { return column < DIM ? values[column] : 0.0f; }

// products = v^T M for every vector of the warp.
__device__ __forceinline__ void multiply(Values& products, const Values& v, const float* matrix) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int part = 0; part < kPerLane; ++part) {
    constexpr int kUnroll = 4;
    int rows = DIM - (part * kWarpSize) < kWarpSize ? DIM - (part * kWarpSize) : kWarpSize;
#pragma unroll kUnroll
    for (int i = 0; i < rows; ++i) {
      const float* row = matrix + (((part * kWarpSize) + i) * DIM);
      float m[kPerLane];
#pragma unroll
      for (int k = 0; k < kPerLane; ++k) m[k] = value_at(row, lane + (k * kWarpSize));
#pragma unroll
      for (int n = 0; n < kEntries; ++n) {
        float x = __shfl_sync(kFullWarp, v[n][part], i);
#pragma unroll
        for (int k = 0; k < kPerLane; ++k) products[n][k] = fmaf(x, m[k], products[n][k]);
      }
    }
  }
}

// The sum of the products of two vectors that lie over the lanes; every lane gets it.
__device__ __forceinline__ float dot(const float (&left)[kPerLane], const float (&right)[kPerLane]) {
  float sum = 0.0f;
#pragma unroll
  for (int k = 0; k < kPerLane; ++k) sum = fmaf(left[k], right[k], sum);
  return warp_sum(sum);
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_quadratic_forms(float* output, const float* vectors, const float* matrices, const float* linear, const i32* lengths, i32 entries,
                           float a, float b) {
  i64 row = blockIdx.x;
  int lane = threadIdx.x % kWarpSize;
  int first = ((blockIdx.y * kWarps) + (threadIdx.x / kWarpSize)) * kEntries;
  int length = row_length(lengths, row, entries);
  output += row * entries;
  Values v = {}, products = {};
#pragma unroll
  for (int n = 0; n < kEntries; ++n) {
    if (first + n >= length) continue;
    const float* vector = vectors + (((row * entries) + first + n) * DIM);
#pragma unroll
    for (int k = 0; k < kPerLane; ++k) v[n][k] = value_at(vector, lane + (k * kWarpSize));
  }
  if (MATRIX != 0 && first < length) multiply(products, v, matrices + (row * DIM * DIM));
  float direction[kPerLane] = {};
#pragma unroll
  for (int k = 0; k < kPerLane; ++k) {
    if constexpr (LINEAR != 0) direction[k] = value_at(linear + (row * DIM), lane + (k * kWarpSize));
  }
#pragma unroll
  for (int n = 0; n < kEntries; ++n) {
    float form = 0.0f;
    if constexpr (LINEAR != 0) form = __fmul_rn(a, dot(v[n], direction));
    if constexpr (MATRIX != 0) form = __fadd_rn(form, __fmul_rn(b, dot(v[n], products[n])));
    if (lane == 0 && first + n < entries) output[first + n] = first + n < length ? form : 0.0f;
  }
}
