// philox.cuh - Philox4x32-10: random words as a pure function of a key and a counter (Salmon et al. 2011, SC11). The same numbers as
// Winnow.Kernels.Sampling.Philox gives on the host.
#pragma once
#include "common/types.cuh"

__device__ __forceinline__ uint4 philox_block(uint4 counter, u64 key) {
  u32 k0 = static_cast<u32>(key), k1 = static_cast<u32>(key >> 32);
#pragma unroll 1
  for (int round = 0; round < 10; ++round) {
    u32 high0 = __umulhi(0xD2511F53u, counter.x), low0 = 0xD2511F53u * counter.x;
    u32 high1 = __umulhi(0xCD9E8D57u, counter.z), low1 = 0xCD9E8D57u * counter.z;
    counter = make_uint4(high1 ^ counter.y ^ k0, low1, high0 ^ counter.w ^ k1, low0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return counter;
}

// The block of one purpose at one position (below 2^48) of one sequence.
__device__ __forceinline__ uint4 philox_block(u64 seed, u64 sequence, u64 position, u32 purpose) {
  u64 low = position | (static_cast<u64>(purpose) << 48);
  return philox_block(make_uint4(static_cast<u32>(low), static_cast<u32>(low >> 32), static_cast<u32>(sequence),
                                 static_cast<u32>(sequence >> 32)),
                      seed);
}

// 53 uniform bits in [0, 1), from words 0 (high) and 1.
__device__ __forceinline__ double uniform_double(uint4 block) {
  u64 bits = (static_cast<u64>(block.x) << 32) | block.y;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}
