// cluster.cuh - blocks that run at the same time and see one another's shared memory (sm_90). PTX ISA 2.2.2 (cluster)
#pragma once
#include "common/mma.cuh"
#include "common/types.cuh"

// The address that something in this block's shared memory has in that of another block of the cluster. PTX ISA 9.7.9.23 (mapa)
__device__ __forceinline__ u32 address_in_block(u32 address, u32 block) {
  u32 result;
  asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(result) : "r"(address), "r"(block));
  return result;
}

// Writes to an address of address_in_block. PTX ISA 9.7.9.11 (st)
__device__ __forceinline__ void store_in_block(u32 address, float2 value) {
  asm volatile("st.shared::cluster.v2.f32 [%0], {%1, %2};" ::"r"(address), "f"(value.x), "f"(value.y) : "memory");
}

// Says that this thread has come so far, and nothing of what it wrote. PTX ISA 9.7.13.3 (barrier.cluster)
__device__ __forceinline__ void cluster_arrive_relaxed() { asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory"); }

// Says that this thread has come so far; those who wait see what it wrote.
__device__ __forceinline__ void cluster_arrive() { asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory"); }

// Waits until all threads of the cluster that have not ended have arrived. All threads of a warp, as the two before.
__device__ __forceinline__ void cluster_wait() { asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory"); }
