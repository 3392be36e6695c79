// elementwise.cu - functions of single values, in place.
//
//   function 0 (SiLU)        x / (1 + e^-x)
//   function 1 (GELU, tanh)  0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
//   function 2 (GELU)        0.5 x (1 + erf(x / sqrt(2)))
//   function 3 (ReLU)        max(x, 0)
//   function 4 (soft cap)    cap * tanh(x / cap)
//
//   values   F32 [count]; ALIGNED = 1: its address is a multiple of 16
//
// Grid [ceil(count / 1024)], block [256]; four values a thread. NaN stays NaN.
// Hendrycks and Gimpel 2016, arXiv:1606.08415. Bound by memory: 8 bytes a value.
#include "norm/groups.cuh"

#ifndef FUNCTION
#define FUNCTION 0
#define ALIGNED 1
#endif

constexpr int kThreads = 256, kGroup = 4;
constexpr bool kAligned = ALIGNED;

__device__ __forceinline__ float apply(float x, float cap) {
  if constexpr (FUNCTION == 0) return __fdiv_rn(x, 1.0f + expf(-x));
  if constexpr (FUNCTION == 1) {
    // 0.5 (1 + tanh(u)) is the sigmoid of 2u.
    constexpr float kTwiceRootTwoOverPi = 1.5957691216f;
    float inner = __fmaf_rn(__fmul_rn(0.044715f, x), x, 1.0f);
    return __fdiv_rn(x, 1.0f + expf(-__fmul_rn(__fmul_rn(kTwiceRootTwoOverPi, x), inner)));
  }
  if constexpr (FUNCTION == 2) {
    float half = 0.5f * x;
    return __fmaf_rn(half, erff(x * 0.70710678f), half);
  }
  if constexpr (FUNCTION == 3) return x < 0.0f ? 0.0f : x;
  return __fmul_rn(cap, tanhf(__fdiv_rn(x, cap)));
}

extern "C" __global__ void __launch_bounds__(kThreads) winnow_elementwise(float* values, i64 count, float cap) {
  i64 first = (static_cast<i64>(blockIdx.x) * kThreads + threadIdx.x) * kGroup;
  if (first >= count) return;
  int here = count - first < kGroup ? static_cast<int>(count - first) : kGroup;
  bool whole = kAligned && here == kGroup;
  Vec<float, kGroup> x = whole ? load_group<kGroup, kAligned>(values + first) : load_part<kGroup>(values + first, here);
#pragma unroll
  for (int i = 0; i < kGroup; ++i) x.v[i] = apply(x.v[i], cap);
  if (whole) {
    store_group<kAligned>(values + first, x);
  } else {
    store_part(values + first, x, here);
  }
}
