// barrier.cuh - barriers of some of a block's warps.
#pragma once
#include "common/types.cuh"

// Barrier `id` (1 to 15; 0 is that of __syncthreads) for `threads` threads, whole warps. PTX ISA 9.7.13.1 (bar)
__device__ __forceinline__ void named_barrier_sync(int id, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory"); }

// What was written before is seen by those who wait there; this does not wait.
__device__ __forceinline__ void named_barrier_arrive(int id, int threads) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}
