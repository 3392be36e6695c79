// vec.cuh - aligned groups of values that move in one access, and loads with cache hints.
#pragma once
#include "common/types.cuh"

template <typename T, int kCount>
struct alignas(sizeof(T) * kCount) Vec {
  T v[kCount];
};

template <typename T, int kCount>
__device__ __forceinline__ Vec<T, kCount> load_vec(const T* address) {
  return *reinterpret_cast<const Vec<T, kCount>*>(address);
}

template <typename T, int kCount>
__device__ __forceinline__ void store_vec(T* address, const Vec<T, kCount>& value) {
  *reinterpret_cast<Vec<T, kCount>*>(address) = value;
}
