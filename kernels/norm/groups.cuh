// groups.cuh - short runs of floats in one thread's registers. A run moves in one access where its address is promised to be aligned and value by
// value elsewhere; which thread holds which values is the same either way, and so are the sums over them.
#pragma once
#include "common/types.cuh"
#include "common/vec.cuh"

template <int kCount, bool kAligned>
__device__ __forceinline__ Vec<float, kCount> load_group(const float* address) {
  if constexpr (kAligned) {
    return load_vec<float, kCount>(address);
  } else {
    Vec<float, kCount> group;
#pragma unroll
    for (int i = 0; i < kCount; ++i) group.v[i] = address[i];
    return group;
  }
}

// Rounds to nearest even; what is past the range of T becomes infinity, as it does on the host. from_float would keep it finite.
template <typename T>
__device__ __forceinline__ T round_to(float value) {
  return from_float<T>(value);
}

template <>
__device__ __forceinline__ half_t round_to<half_t>(float value) {
  half_t result;
  // PTX ISA 9.7.9.21 (cvt)
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}

// One store of 4, 8 or 16 bytes to global memory: of the assignment of a structure the compiler makes single stores now and then.
// PTX ISA 9.7.9.12 (st)
__device__ __forceinline__ void store_words(void* address, const Vec<u32, 1>& words) {
  asm volatile("st.global.u32 [%0], %1;" ::"l"(address), "r"(words.v[0]) : "memory");
}

__device__ __forceinline__ void store_words(void* address, const Vec<u32, 2>& words) {
  asm volatile("st.global.v2.u32 [%0], {%1, %2};" ::"l"(address), "r"(words.v[0]), "r"(words.v[1]) : "memory");
}

__device__ __forceinline__ void store_words(void* address, const Vec<u32, 4>& words) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(address), "r"(words.v[0]), "r"(words.v[1]), "r"(words.v[2]), "r"(words.v[3])
               : "memory");
}

// Rounds to T on the way.
template <bool kAligned, typename T, int kCount>
__device__ __forceinline__ void store_group(T* address, const Vec<float, kCount>& group) {
  if constexpr (kAligned && sizeof(T) * kCount >= 4) {
    Vec<u32, sizeof(T) * kCount / 4> words;
#pragma unroll
    for (int i = 0; i < kCount; ++i) {
      if constexpr (sizeof(T) == 4) {
        words.v[i] = __float_as_uint(group.v[i]);
      } else {
        u32 bits = round_to<T>(group.v[i]).bits;
        words.v[i / 2] = i % 2 == 0 ? bits : words.v[i / 2] | (bits << 16);
      }
    }
    store_words(address, words);
  } else {
#pragma unroll
    for (int i = 0; i < kCount; ++i) address[i] = round_to<T>(group.v[i]);
  }
}

// The first `count` values of a group that may reach past the end; the others are 0.
template <int kCount>
__device__ __forceinline__ Vec<float, kCount> load_part(const float* address, int count) {
  Vec<float, kCount> group;
#pragma unroll
  for (int i = 0; i < kCount; ++i) group.v[i] = i < count ? address[i] : 0.0f;
  return group;
}

template <int kCount>
__device__ __forceinline__ void store_part(float* address, const Vec<float, kCount>& group, int count) {
#pragma unroll
  for (int i = 0; i < kCount; ++i) {
    if (i < count) address[i] = group.v[i];
  }
}
