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

// 16 bytes that are read once: they do not displace what others keep in the first-level cache. PTX ISA 9.7.9.8 (ld.global.nc)
__device__ __forceinline__ uint4 load_streaming(const void* address) {
  uint4 value;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(address));
  return value;
}
