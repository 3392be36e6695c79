// state.cuh - the state of an online softmax (greatest score, sum of exponentials, weighted values) and how two of them become one.
// (Milakov and Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135.)
//
// Scores are in units of log2 for 16-bit caches and in natural units for F32 ones. Every operation is spelled out: decode and prefill must give
// the same bits. A state that saw nothing is (-inf, 0, 0), and merging with it changes nothing.
#pragma once
#include "common/types.cuh"

constexpr float kLog2E = 1.4426950408889634f;
constexpr float kLn2 = 0.6931471805599453f;

// 2^x, results below the smallest normal number become 0. PTX ISA 9.7.3.21 (ex2)
__device__ __forceinline__ float exp2_fast(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

template <typename T>
struct ScoreUnits {
  static __device__ __forceinline__ float per_natural() { return kLog2E; }
  static __device__ __forceinline__ float power(float x) { return exp2_fast(x); }
  static __device__ __forceinline__ float log_sum(float greatest, float sum) { return (greatest + log2f(sum)) * kLn2; }
};

template <>
struct ScoreUnits<float> {
  static __device__ __forceinline__ float per_natural() { return 1.0f; }
  static __device__ __forceinline__ float power(float x) { return expf(x); }
  static __device__ __forceinline__ float log_sum(float greatest, float sum) { return greatest + logf(sum); }
};

__device__ __forceinline__ float minus_infinity() { return __int_as_float(0xff800000); }

// What scores are taken relative to: minus infinity from minus infinity would be no number.
__device__ __forceinline__ float shift_of(float greatest) { return greatest == minus_infinity() ? 0.0f : greatest; }

// The factors that bring two states to a common greatest score.
struct MergeFactors {
  float greatest;
  float first;
  float second;
};

template <typename T>
__device__ __forceinline__ MergeFactors merge_factors(float first, float second) {
  MergeFactors result;
  result.greatest = fmaxf(first, second);
  float shift = shift_of(result.greatest);
  result.first = ScoreUnits<T>::power(first - shift);
  result.second = ScoreUnits<T>::power(second - shift);
  return result;
}

__device__ __forceinline__ float merge_value(float first, float second, const MergeFactors& factors) {
  return __fmaf_rn(first, factors.first, __fmul_rn(second, factors.second));
}

// From the sum of exponentials to the factor of the weighted values.
__device__ __forceinline__ float inverse_of(float sum) { return sum == 0.0f ? 0.0f : __fdiv_rn(1.0f, sum); }

// Adding zero turns -0 into 0: which of the two a sum of nothing gives may depend on slots that are not seen.
__device__ __forceinline__ float finish_value(float value, float inverse) { return __fadd_rn(__fmul_rn(value, inverse), 0.0f); }

template <typename T>
__device__ __forceinline__ float log_sum_exp_of(float greatest, float sum) {
  return sum == 0.0f ? minus_infinity() : ScoreUnits<T>::log_sum(greatest, sum);
}

// From a product of query and key to a score.
template <typename T, bool kSoftCap>
struct ScoreFunction {
  float factor;
  float cap;

  __device__ ScoreFunction(float scale, float soft_cap) {
    factor = kSoftCap ? __fdiv_rn(scale, soft_cap) : __fmul_rn(scale, ScoreUnits<T>::per_natural());
    cap = soft_cap * ScoreUnits<T>::per_natural();
  }

  __device__ __forceinline__ float operator()(float dot) const {
    float score = __fmul_rn(dot, factor);
    if constexpr (kSoftCap) score = __fmul_rn(cap, tanhf(score));
    return score;
  }

  // The same in two steps, so that one operation takes a product to its distance from the greatest score: the greater of two products has the greater
  // score, for factors are positive. What stands for a score meanwhile; its score; the power of two of its distance.
  __device__ __forceinline__ float kept(float dot) const { return kSoftCap ? (*this)(dot) : dot; }
  __device__ __forceinline__ float score_of(float kept) const { return kSoftCap ? kept : __fmul_rn(kept, factor); }
  __device__ __forceinline__ float power(float kept, float greatest) const {
    return ScoreUnits<T>::power(kSoftCap ? kept - greatest : __fmaf_rn(kept, factor, -greatest));
  }
};
