// order.cuh - the total order that selections follow, and sums of integers over a block: those are exact, so their order is free.
#pragma once
#include "common/types.cuh"

constexpr u32 kKeyOfNegativeInfinity = 0x007fffffu;
constexpr u32 kKeyOfPositiveInfinity = 0xff800000u;

// Unsigned order of keys = order of floats; -0 equals +0. An addition of 0 makes +0 of -0 and leaves all other numbers; what is no number has some key.
__device__ __forceinline__ u32 key_of_number(float value) {
  u32 bits = __float_as_uint(__fadd_rn(value, 0.0f));
  return bits ^ (static_cast<u32>(static_cast<i32>(bits) >> 31) | 0x80000000u);
}

// The same; NaN comes below everything.
__device__ __forceinline__ u32 key_of(float value) { return value == value ? key_of_number(value) : 0u; }

// The float of a key that belongs to one.
__device__ __forceinline__ float value_of(u32 key) {
  return __uint_as_float(key ^ (~static_cast<u32>(static_cast<i32>(key) >> 31) | 0x80000000u));
}

// PTX ISA 9.7.13.9 (redux)
__device__ __forceinline__ u32 warp_sum(u32 value) { return __reduce_add_sync(kFullWarp, value); }

// In pieces of 27 bits, whose sums over a warp fit.
__device__ __forceinline__ u64 warp_sum(u64 value) {
  constexpr int kBits = 27;
  constexpr u32 kMask = (1u << kBits) - 1u;
  u32 low = warp_sum(static_cast<u32>(value) & kMask), middle = warp_sum(static_cast<u32>(value >> kBits) & kMask);
  u32 high = warp_sum(static_cast<u32>(value >> (2 * kBits)));
  return low + (static_cast<u64>(middle) << kBits) + (static_cast<u64>(high) << (2 * kBits));
}

// The upper halves decide, then the lower ones of those that share the largest.
__device__ __forceinline__ u64 warp_max(u64 value) {
  u32 high = static_cast<u32>(value >> 32);
  u32 best = __reduce_max_sync(kFullWarp, high);
  u32 low = __reduce_max_sync(kFullWarp, high == best ? static_cast<u32>(value) : 0u);
  return (static_cast<u64>(best) << 32) | low;
}

// Every thread gets the result. `scratch` holds an entry for each warp of the block; two barriers, so that it can be used again at once.
template <int kThreads>
__device__ __forceinline__ u64 block_sum(u64 value, u64* scratch) {
  constexpr int kWarps = kThreads / kWarpSize;
  value = warp_sum(value);
  if (threadIdx.x % kWarpSize == 0) scratch[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  int lane = threadIdx.x % kWarpSize;
  u64 sum = warp_sum(lane < kWarps ? scratch[lane] : 0ull);
  __syncthreads();
  return sum;
}

template <int kThreads>
__device__ __forceinline__ u64 block_max(u64 value, u64* scratch) {
  constexpr int kWarps = kThreads / kWarpSize;
  value = warp_max(value);
  if (threadIdx.x % kWarpSize == 0) scratch[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  int lane = threadIdx.x % kWarpSize;
  u64 maximum = warp_max(lane < kWarps ? scratch[lane] : 0ull);
  __syncthreads();
  return maximum;
}

// Sum of the entries of the warps before this one; the entries are in shared memory and complete.
template <int kWarps>
__device__ __forceinline__ u32 before_warp(const u32* entries) {
  int lane = threadIdx.x % kWarpSize;
  return warp_sum(lane < kWarps && lane < static_cast<int>(threadIdx.x / kWarpSize) ? entries[lane] : 0u);
}

// Entries that one warp goes through, in whole strides of a warp, so that all warps together go through `count`.
template <int kWarps>
__device__ __forceinline__ int warp_share(int count) {
  return (count + (kWarps * kWarpSize) - 1) / (kWarps * kWarpSize) * kWarpSize;
}

__device__ __forceinline__ u32 lanes_below() { return (1u << (threadIdx.x % kWarpSize)) - 1u; }
