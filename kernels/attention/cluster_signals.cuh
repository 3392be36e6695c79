// cluster_signals.cuh - what the decode kernel does for signals where the blocks of a tile are one cluster: a block keeps its splits' scores and makes
// signals of them itself, for there all blocks know the log-sum-exps.
#pragma once
#include "attention/decode_cluster.cuh"
#include "attention/decode_signals.cuh"

// The signals of a tile: the only one of its sequence.
template <typename T>
struct ClusterSignals {
  static constexpr bool kWanted = true;
  static constexpr int kLine = kSplitSlots + 8;  // rows fall into different banks
  static constexpr int kEntries = (kMostOwnSplits * kSplitSlots + kRoundThreads - 1) / kRoundThreads;  // of a thread

  struct Shared {
    alignas(16) float scores[ClusterStates::kStates * kLine];  // of each split all rows
  };

  const SignalParameters& p;
  float* scores;
  float* split_scores;  // of the split that is worked on
  int slots[kEntries];  // of the thread's entries, and what planes hold there
  PlaneValues before[kEntries];

  __device__ __forceinline__ explicit ClusterSignals(const SignalParameters& parameters) : p(parameters) {}

  // Says where scores stay: before anything else.
  __device__ __forceinline__ void keep_in(Shared& shared) { scores = split_scores = shared.scores; }

  // Before the first round of the block's `own`-th split, where it has several.
  __device__ __forceinline__ void enter(const HeadView& view, int own) { split_scores = scores + own * view.rows * kLine; }

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

  // The same of all splits, when the block has worked on them: their pages have been checked.
  __device__ __forceinline__ void find_places(const HeadView& view) {
#pragma unroll
    for (int i = 0; i < kEntries; ++i) {
      int entry = entry_of(i);
      if (entry < view.count) slots[i] = load_here(view.pages + entry / kPageSlots) * kPageSlots + entry % kPageSlots;
    }
#pragma unroll
    for (int i = 0; i < kEntries; ++i) {
      if (entry_of(i) < view.count) before[i] = PlaneValues(p, slots[i]);
    }
  }

  template <typename Function>
  __device__ __forceinline__ void write_scores(const Function& function, const float (&values)[2][4], const HeadView& view, int begin) const {
    leave_scores<kLine>(split_scores + begin, function, values, first_wanted_token(p, view.tokens) * view.group, view.rows);
  }

  // All threads, after a barrier; shifts are the rows' log-sum-exps in units of scores.
  __device__ __forceinline__ void finish(const HeadView& view, const float* shifts) const {
    int first_row = first_wanted_token(p, view.tokens) * view.group;
#pragma unroll
    for (int i = 0; i < kEntries; ++i) {
      int own = i * kRoundThreads + static_cast<int>(threadIdx.x);
      if (entry_of(i) >= view.count) return;
      const float* own_scores = scores + own / kSplitSlots * view.rows * kLine + own % kSplitSlots;
      SlotSignals signals;
#pragma unroll 1
      for (int row = 0; row < kHalfTile && row < view.rows; row += kHalfTile / 2) {
        float values[2][kHalfTile / 2];
#pragma unroll
        for (int j = 0; j < kHalfTile; ++j) {
          int other = row + j % (kHalfTile / 2) + j / (kHalfTile / 2) * kHalfTile;
          bool there = other >= first_row && other < view.rows;
          values[j / (kHalfTile / 2)][j % (kHalfTile / 2)] = there ? own_scores[other * kLine] : minus_infinity();
        }
        signals.add(signals_of_rows<T>(p, view.tokens, shifts, row, values));
      }
      signals.write(p, slots[i], before[i]);
    }
  }

 private:
  // The entry of the head that the thread's i-th one is, ascending in i.
  static __device__ __forceinline__ int entry_of(int i) {
    int own = i * kRoundThreads + static_cast<int>(threadIdx.x);
    int split = static_cast<int>(blockIdx.x) + own / kSplitSlots * static_cast<int>(gridDim.x);
    return own < kMostOwnSplits * kSplitSlots ? split * kSplitSlots + own % kSplitSlots : 0x7fffffff;
  }
};
