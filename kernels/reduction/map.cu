// map.cu - a formula of two operands and two numbers, entry by entry.
//
//   output[i] = OP of l = left[i] and r = right[i], or r = b where RIGHT is 0
//
//    0 l * r               1 l + r              2 l + a * r, rounded once      3 a * l + r, rounded once
//    4 l / r               5 max(l, r)          6 min(l, r)                    7 l >= r ? 1 : 0
//    8 l > r ? 1 : 0       9 r > 0 ? l : a     10 1 / (1 + e^-(a * l + r))    11 e^l
//   12 sqrt(l)            13 |l|               14 1 / l
// NaN stays NaN in maxima and minima, and compares as false.
//
//   output [count] f32, may be an operand
//   left   [count] f32, or i32 where LEFT_INTEGER is 1, which is rounded to float
//   right  [count] f32 where RIGHT is 1, else not read
// Plain alignment. grid (entries in pieces of 1024), block (256). Bound by bytes: 4 an entry for each operand and the output.
#include "common/types.cuh"

#ifndef OP
#define OP 0
#define LEFT_INTEGER 0
#define RIGHT 1
#endif

constexpr int kThreads = 256;
constexpr int kPerThread = 4;

__device__ __forceinline__ float apply(float l, float r, float a) {
  if constexpr (OP == 0) return __fmul_rn(l, r);
  if constexpr (OP == 1) return __fadd_rn(l, r);
  if constexpr (OP == 2) return __fmaf_rn(a, r, l);
  if constexpr (OP == 3) return __fmaf_rn(a, l, r);
  if constexpr (OP == 4) return __fdiv_rn(l, r);
  if constexpr (OP == 5) return l > r || l != l ? l : r;
  if constexpr (OP == 6) return l < r || l != l ? l : r;
  if constexpr (OP == 7) return l >= r ? 1.0f : 0.0f;
  if constexpr (OP == 8) return l > r ? 1.0f : 0.0f;
  if constexpr (OP == 9) return r > 0.0f ? l : a;
  if constexpr (OP == 10) return __frcp_rn(__fadd_rn(1.0f, expf(-__fmaf_rn(a, l, r))));
  if constexpr (OP == 11) return expf(l);
  if constexpr (OP == 12) return __fsqrt_rn(l);
  if constexpr (OP == 13) return fabsf(l);
  return __frcp_rn(l);
}

__device__ __forceinline__ float left_value(const void* left, i64 i) {
  if constexpr (LEFT_INTEGER != 0) return __int2float_rn(static_cast<const i32*>(left)[i]);
  return static_cast<const float*>(left)[i];
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_map(float* output, const void* left, const float* right, i64 count, float a, float b) {
  i64 first = (static_cast<i64>(blockIdx.x) * kThreads * kPerThread) + threadIdx.x;
  float l[kPerThread] = {}, r[kPerThread] = {};
#pragma unroll
  for (int k = 0; k < kPerThread; ++k) {
    i64 i = first + (k * kThreads);
    if (i < count) l[k] = left_value(left, i);
    if (i < count) r[k] = RIGHT != 0 ? right[i] : b;
  }
#pragma unroll
  for (int k = 0; k < kPerThread; ++k) {
    i64 i = first + (k * kThreads);
    if (i < count) output[i] = apply(l[k], r[k], a);
  }
}
