// signal_rows.cuh - what the signal kernels know of their rows and slots: the call, which rows there is something to do for, and what rows are to masks and sums.
#pragma once
#include "attention/mask.cuh"
#include "attention/slot_signals.cuh"
#include "common/types.cuh"

constexpr int kSignalWarps = SIGNAL_WARPS;
constexpr int kSignalThreads = kSignalWarps * kWarpSize;

// Mirrored by CudaSignalWalkParameters.
struct SignalWalkParameters {
  SignalParameters signals;
  float* sections;  // F32 [sequences, kvHeads, blocks of slots, section_room, planes, slots of a block], for this launch alone; where there are shares
  int section_room;
  int shares;       // blocks that share the sections of a block of slots
};

static_assert(sizeof(SignalWalkParameters) == 280, "CudaSignalWalkParameters mirrors this");

// The least over a warp. PTX ISA 9.7.13.9 (redux)
__device__ __forceinline__ int warp_least(int value) {
  int result;
  asm volatile("redux.sync.min.s32 %0, %1, %2;" : "=r"(result) : "r"(value), "r"(kFullWarp));
  return result;
}

__device__ __forceinline__ int warp_greatest(int value) { return -warp_least(-value); }

// Positions of some slots; none at all where the least is the greater.
struct PositionRange {
  int least = 0x7fffffff;
  int greatest = -0x7fffffff;

  __device__ __forceinline__ void add(int position) {
    least = min(least, position);
    greatest = max(greatest, position);
  }

  // Over the warp.
  __device__ __forceinline__ void join() {
    least = warp_least(least);
    greatest = warp_greatest(greatest);
  }
};

// Rows from a tile's first one on.
struct RowRange {
  int first;
  int end;
};

// Of the rows in a range, those from the first tile on that sees some of the slots with these positions to the last one; all threads, `edges` is room for two
// numbers a warp. Ends with a barrier.
__device__ __forceinline__ RowRange seeing_rows(const AttentionParameters& p, const HeadView& view, const RowRange& rows, int end_slot, const PositionRange& slots,
                                                int (&edges)[2][kSignalWarps]) {
  CallMask mask = mask_of(p, view);
  int first = view.tokens, last = -1;
  for (int token = own_token(p, rows.first) + static_cast<int>(threadIdx.x); token * view.group < rows.end; token += kSignalThreads) {
    int position = p.positions[view.first_token + token];
    if (!mask.sight(end_slot, slots.least, slots.greatest, position, position).none) {
      first = min(first, token);
      last = token;
    }
  }
  edges[0][threadIdx.x / kWarpSize] = warp_least(first);
  edges[1][threadIdx.x / kWarpSize] = warp_greatest(last);
  __syncthreads();
#pragma unroll
  for (int warp = 0; warp < kSignalWarps; ++warp) {
    first = min(first, edges[0][warp]);
    last = max(last, edges[1][warp]);
  }
  return RowRange{max(first * view.group / kTileRows * kTileRows, rows.first), min((last + 1) * view.group, rows.end)};
}

// The rows of a tile, in shared memory. Of one that there is not, the shift is infinite and so the probabilities are zeros.
struct SignalRows {
  int tokens[kTileRows];
  int positions[kTileRows];
  float shifts[kTileRows];

  __device__ __forceinline__ void store(int i, int token, int position, float shift) {
    tokens[i] = token;
    positions[i] = position;
    shifts[i] = shift;
  }

  __device__ __forceinline__ QueryRow query_row(const AttentionParameters& p, const HeadView& view, int i) const {
    return QueryRow{positions[i], TREE ? p.ancestors + static_cast<i64>(view.first_token + tokens[i]) * p.mask_words : nullptr};
  }
};
