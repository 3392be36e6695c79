// last_block.cuh - how blocks that share a result find out which of them comes last, and so has all that the others left.
#pragma once
#include "common/types.cuh"

// What the thread has seen and done, it has seen and done before what follows, for all threads of the device. PTX ISA 9.7.13.4 (fence)
__device__ __forceinline__ void fence_device() { asm volatile("fence.acq_rel.gpu;" ::: "memory"); }

// Says that the block has left what it has to leave; true in the one of `blocks` that comes last, for which all others have. One thread's fence counts for what the barrier
// before it ordered.
__device__ __forceinline__ bool comes_last(bool& last, int* ticket, int blocks) {
  __syncthreads();
  if (threadIdx.x == 0) {
    fence_device();
    last = atomicAdd(ticket, 1) == blocks - 1;
    if (last) {
      fence_device();
      *ticket = 0;
    }
  }
  __syncthreads();
  return last;
}
