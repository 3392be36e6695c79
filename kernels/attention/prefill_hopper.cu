// prefill_hopper.cu - out[t, h] = sum over visible slots j of softmax_j(score(q[t, h], k[j, g])) v[j, g], g = h / group, for sequences of many rows, on
// compute capability 9.0a
//
// Pointers, shapes and types: AttentionParameters in arguments.cuh; KV_TYPE has 16 bits, HEAD_DIM is 64 or 128, LISTS is 0. keys and values are tensor
// maps of the pools as [pages * 16, headDim] with boxes of 16 and of 64 slots and 64 columns and a swizzle of 128 bytes. A query that sees nothing gives
// zeros and a log-sum-exp of minus infinity.
// Grid: as many as the device runs at once, at most one a tile; 384 threads, one thread block a multiprocessor. tickets has two numbers here, zero between
// launches. Tiles are 128 rows, drawn as thread blocks get to them (hopper_plan.cuh); those of sequences that belong to the decode kernel are left
// out. What the warpgroups do is in hopper_shared.cuh.
// The bits of a row are those of prefill.cu and decode.cu: products of warpgroups sum 16 values of k at a time in ascending order as those of warps do, and
// everything else is the same arithmetic (tensor_core.cuh, state.cuh). Sums of finished splits stay in registers.
// Source: Shah et al. 2024, arXiv:2407.08608. Bound by tensor cores: 4 * rows * visible slots * headDim flops; reads keys and values once a tile.
#include "attention/arguments.cuh"
#include "attention/hopper_loads.cuh"
#include "attention/hopper_plan.cuh"
#include "attention/hopper_tile.cuh"

constexpr int kProviderRegisters = kManyMasks ? 56 : 40;
constexpr int kConsumerRegisters = kManyMasks ? 224 : 232;

template <typename T>
__device__ __forceinline__ void prefill(const AttentionParameters& p, int sequences, int kv_heads, const PoolMaps& keys, const PoolMaps& values) {
  extern __shared__ __align__(1024) u8 memory[];
  static_assert(sizeof(HopperShared<T>) == SHARED_BYTES, "CudaAttentionShapes counts shared memory too");
  auto& shared = *reinterpret_cast<HopperShared<T>*>(memory);
  Sequences near{};
  if (threadIdx.x < kWarpSize) {
    if (shared_address(memory) % 1024 != 0) __trap();
    shared.init();
  } else if (threadIdx.x < kWarpgroupSize) {
    near = read_sequences(p, 0, sequences);
  }
  __syncthreads();
  if (threadIdx.x >= kWarpgroupSize) {
    take_registers<kConsumerRegisters>();
    HopperTile<T>(shared, p).run();
    return;
  }
  give_registers<kProviderRegisters>();
  if (threadIdx.x < kWarpSize) {
    BlockLoader<T>{shared, p, keys, values}.run();
  } else {
    TilePlanner<T>{shared, p, sequences, kv_heads}.run(near);
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kHopperThreads, 1)
    winnow_attention_prefill_hopper(const __grid_constant__ AttentionParameters p, int sequences, int kv_heads, const __grid_constant__ PoolMaps keys,
                                    const __grid_constant__ PoolMaps values) {
  prefill<KV_TYPE>(p, sequences, kv_heads, keys, values);
}
