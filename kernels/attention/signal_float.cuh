// signal_float.cuh - signals over F32 keys: a lane is a slot, and the four warps share the rows of a tile.
#pragma once
#include "attention/float_tile.cuh"
#include "attention/signal_rows.cuh"

template <typename T>
struct FloatSignals {
  static constexpr int kSlots = kWarpSize;
  static constexpr int kWarpRows = kTileRows / kWarps;
  static_assert(sizeof(T) == 2 || kSignalThreads == kThreads, "tiles of F32 are for so many threads");

  struct Shared {
    alignas(16) T keys[kSlots * TileShape<T>::kStride];
    alignas(16) float queries[kTileRows][kHeadDim];
    alignas(16) int positions[kSlots];
    SignalRows rows;
    int edges[2][kWarps];
    SlotSignals signals[kWarps][kSlots];
    bool last;
  };

  PositionRange slots;

  // What is known before it is known how many slots are in use; reads nothing yet.
  __device__ __forceinline__ FloatSignals(Shared&, const AttentionParameters&, const HeadView&, int, int) {}

  // Brings the block's keys; all threads.
  __device__ __forceinline__ void begin(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_slot) {
    load_positions<kSlots>(shared.positions, p.slot_positions, p.pages, view, first_slot);
    load_slots<T, kSlots>(shared.keys, p.keys, view.pages, p.pages, view, first_slot);
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
    int lane = threadIdx.x % kWarpSize;
    if (first_slot + lane < view.count) slots.add(shared.positions[lane]);
    slots.join();
  }

  // The slot of the block that a thread gets the signals of, or one past them.
  static __device__ __forceinline__ int own_slot() { return threadIdx.x < kWarpSize ? threadIdx.x : kSlots; }

  // The signals of the thread's slot over a section's rows.
  __device__ __forceinline__ SlotSignals add_rows(Shared& shared, const SignalParameters& p, const HeadView& view, const RowRange& section, int first_slot) {
    int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
    SlotSignals signals;
    RowRange range = seeing_rows(p.call, view, section, min(first_slot + kSlots, view.count), slots, shared.edges);
    for (int first_row = range.first; first_row < range.end; first_row += kTileRows) {
      __syncthreads();
      load_rows(shared, p.call, view, first_row);
      __syncthreads();
      add_tile(signals, shared, p, view, first_slot);
    }
    shared.signals[warp][lane] = signals;
    __syncthreads();
    if (warp > 0) return signals;
    for (int other = 1; other < kWarps; ++other) signals.add(shared.signals[other][lane]);
    return signals;
  }

 private:
  static __device__ __forceinline__ void load_rows(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_row) {
    for (int i = threadIdx.x; i < kTileRows * kHeadDim / 4; i += kThreads) {
      int row = i / (kHeadDim / 4), column = i % (kHeadDim / 4) * 4;
      float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
      if (first_row + row < view.rows) value = *reinterpret_cast<const float4*>(p.queries + query_of(p, view, first_row + row) * kHeadDim + column);
      *reinterpret_cast<float4*>(&shared.queries[row][column]) = value;
    }
    if (threadIdx.x < kTileRows) {
      int row = first_row + threadIdx.x, real = min(row, view.rows - 1), token = own_token(p, real);
      shared.rows.store(threadIdx.x, token, p.positions[view.first_token + token], row < view.rows ? p.log_sum_exp[query_of(p, view, real)] : -minus_infinity());
    }
  }

  static __device__ __forceinline__ void add_tile(SlotSignals& signals, const Shared& shared, const SignalParameters& p, const HeadView& view, int first_slot) {
    ScoreFunction<float, SOFT_CAP != 0> function(p.call.scale, p.call.soft_cap);
    CallMask mask = mask_of(p.call, view);
    int lane = threadIdx.x % kWarpSize, first = kWarpRows * (threadIdx.x / kWarpSize);
    float scores[kWarpRows] = {};
    add_float_scores<kWarpRows>(scores, shared.queries[first], shared.keys);
#pragma unroll
    for (int i = 0; i < kWarpRows; ++i) {
      int row = first + i;
      if (!mask.sees(shared.rows.query_row(p.call, view, row), first_slot + lane, shared.positions[lane])) continue;
      float score = function(scores[i]);
      signals.add(p, shared.rows.tokens[row], view.tokens, ScoreUnits<float>::power(score - shared.rows.shifts[row]));
    }
  }
};
