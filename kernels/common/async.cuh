// async.cuh - copies from global to shared memory that run beside the arithmetic (sm_80). PTX ISA 9.7.9.25 (cp.async)
#pragma once
#include "common/mma.cuh"
#include "common/types.cuh"

// 16 bytes, both sides aligned to 16; where `valid` is false nothing is read and zeros are written.
__device__ __forceinline__ void copy_async_16(void* shared, const void* global, bool valid = true) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(valid ? 16 : 0)
               : "memory");
}

// The same where the shared address is known as such.
__device__ __forceinline__ void copy_async_16(u32 shared, const void* global, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared), "l"(global), "r"(valid ? 16 : 0) : "memory");
}

// The same of the first `bytes` (0 to 16); the rest of the 16 is not read and becomes zeros.
__device__ __forceinline__ void copy_async_16_part(void* shared, const void* global, int bytes) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes) : "memory");
}

// 4 bytes, both sides aligned to 4; where `valid` is false nothing is read and zeros are written.
__device__ __forceinline__ void copy_async_4(void* shared, const void* global, bool valid) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(valid ? 4 : 0) : "memory");
}

__device__ __forceinline__ void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until at most kPending of this thread's newest groups are still on their way; a barrier makes them visible to others.
template <int kPending>
__device__ __forceinline__ void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}
