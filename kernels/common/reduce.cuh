// reduce.cuh - sums and maxima over a warp or a block in a fixed order: the same inputs give the same bits.
#pragma once
#include "common/types.cuh"

__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(kFullWarp, value, distance);
  }
  return value;
}

__device__ __forceinline__ float warp_max(float value) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(kFullWarp, value, distance));
  }
  return value;
}

// Every thread of the block gets the sum. `scratch` holds kThreads / 32 floats in shared memory; two barriers, so that it can be used again at once.
template <int kThreads>
__device__ __forceinline__ float block_sum(float value, float* scratch) {
  static_assert(kThreads % kWarpSize == 0 && kThreads <= 1024, "whole warps, one block");
  value = warp_sum(value);
  if constexpr (kThreads > kWarpSize) {
    if (threadIdx.x % kWarpSize == 0) scratch[threadIdx.x / kWarpSize] = value;
    __syncthreads();
    float sum = 0.0f;
#pragma unroll
    for (int warp = 0; warp < kThreads / kWarpSize; ++warp) sum += scratch[warp];
    __syncthreads();
    return sum;
  }
  return value;
}
