// cluster_signals.cuh - what the decode kernel does for signals where the blocks of a tile are one cluster: a block keeps its split's scores and makes
// signals of them itself, for there all blocks know the log-sum-exps.
#pragma once
#include "attention/decode_signals.cuh"

// The signals of a tile: the only one of its sequence.
template <typename T>
struct ClusterSignals {
  static constexpr bool kWanted = true;
  static constexpr int kLine = kSplitSlots + 8;  // rows fall into different banks
  static constexpr int kEntries = (kSplitSlots + kRoundThreads - 1) / kRoundThreads;  // of a thread

  struct Shared {
    alignas(16) float scores[kDecodeRows * kLine];
  };

  const SignalParameters& p;
  float* scores;
  int slots[kEntries];  // of the thread's entries, and what planes hold there
  PlaneValues before[kEntries];

  __device__ __forceinline__ explicit ClusterSignals(const SignalParameters& parameters) : p(parameters) {}

  // Says where scores stay: before anything else.
  __device__ __forceinline__ void keep_in(Shared& shared) { scores = shared.scores; }

  // Reads what there will be something added to.
  __device__ __forceinline__ void write_places(const HeadView& view, const SplitPages& pages, const ListedPlaces& places, int first) {
#pragma unroll
    for (int i = 0; i < kEntries; ++i) {
      int entry = i * kRoundThreads + threadIdx.x;
      slots[i] = __shfl_sync(kFullWarp, pages.keys, entry / kPageSlots % kWarpSize) * kPageSlots + entry % kPageSlots;
      if (entry >= kSplitSlots || first + entry >= view.count) continue;
      if constexpr (LISTS != 0) slots[i] = static_cast<int>(places.keys[entry]);
      before[i] = PlaneValues(p, slots[i]);
    }
  }

  template <typename Function>
  __device__ __forceinline__ void write_scores(const Function& function, const float (&values)[2][4], const HeadView& view, int begin) const {
    leave_scores<kLine>(scores + begin, function, values, first_wanted_token(p, view.tokens) * view.group, view.rows);
  }

  // All threads, after a barrier; shifts are the rows' log-sum-exps in units of scores.
  __device__ __forceinline__ void finish(const HeadView& view, const float* shifts) const {
    int first_row = first_wanted_token(p, view.tokens) * view.group;
#pragma unroll
    for (int i = 0; i < kEntries; ++i) {
      int entry = i * kRoundThreads + threadIdx.x;
      if (entry >= kSplitSlots || static_cast<int>(blockIdx.x) * kSplitSlots + entry >= view.count) return;
      SlotSignals signals;
#pragma unroll 1
      for (int row = 0; row < kHalfTile && row < view.rows; row += kHalfTile / 2) {
        float own[2][kHalfTile / 2];
#pragma unroll
        for (int j = 0; j < kHalfTile; ++j) {
          int other = row + j % (kHalfTile / 2) + j / (kHalfTile / 2) * kHalfTile;
          bool there = other >= first_row && other < view.rows;
          own[j / (kHalfTile / 2)][j % (kHalfTile / 2)] = there ? scores[other * kLine + entry] : minus_infinity();
        }
        signals.add(signals_of_rows<T>(p, view.tokens, shifts, row, own));
      }
      signals.write(p, slots[i], before[i]);
    }
  }
};
