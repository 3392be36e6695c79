// decode_signals.cuh - what the decode kernel does for signals: it leaves scores where it has them, and makes signals of them where log-sum-exps are known.
#pragma once
#include "attention/decode_loads.cuh"
#include "attention/slot_signals.cuh"
#include "attention/state.cuh"

// Mirrored by CudaDecodeSignalParameters.
struct DecodeSignalParameters {
  SignalParameters signals;
  float* lines;
  int line_count;
  int apart;  // whether another launch makes signals of the lines
};

static_assert(sizeof(DecodeSignalParameters) == 280, "CudaDecodeSignalParameters mirrors this");

constexpr int kHalfTile = kTileRows / 2;

// The signals of a slot for four rows of a tile from `from` on and the four that are eight further on; shifts are the rows' log-sum-exps in units of scores.
template <typename T>
__device__ __forceinline__ SlotSignals signals_of_rows(const SignalParameters& p, int tokens, const float* shifts, int from,
                                                       const float (&scores)[2][kHalfTile / 2]) {
  SlotSignals sums[kHalfTile / 2];
#pragma unroll
  for (int i = 0; i < kHalfTile; ++i) {
    int row = from + i % (kHalfTile / 2) + i / (kHalfTile / 2) * kHalfTile;
    float score = scores[i / (kHalfTile / 2)][i % (kHalfTile / 2)];
    float probability = score == minus_infinity() ? 0.0f : ScoreUnits<T>::power(score - shifts[row]);
    sums[i % (kHalfTile / 2)].add(p, own_token(p.call, row), tokens, probability);
  }
  sums[0].add(sums[1]);
  sums[2].add(sums[3]);
  sums[0].add(sums[2]);
  return sums[0];
}

// Leaves the scores that a lane has of 16 slots, rows g and, of tiles of 16, g + 8, in lines of so many numbers a row; minus infinity where nothing is seen. Rows
// before `first` are in no signal.
template <int kLine, typename Function>
__device__ __forceinline__ void leave_scores(float* lines, const Function& function, const float (&scores)[2][4], int first, int rows) {
#pragma unroll
  for (int i = 0; i < kDecodeRows / kHalfTile; ++i) {
    int row = threadIdx.x % kWarpSize / 4 + kHalfTile * i;
    if (row < first || row >= rows) continue;
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      float2 pair = make_float2(function.score_of(scores[n][2 * i]), function.score_of(scores[n][2 * i + 1]));
      *reinterpret_cast<float2*>(lines + row * kLine + 8 * n + 2 * (threadIdx.x % 4)) = pair;
    }
  }
}

// The signals of a tile: the only one of its sequence.
template <typename T>
struct DecodeSignals {
  static constexpr bool kWanted = true;

  const DecodeSignalParameters& p;

  __device__ __forceinline__ explicit DecodeSignals(const DecodeSignalParameters& parameters) : p(parameters) {}

  // Rows before this one are in no signal; their scores are not kept.
  __device__ __forceinline__ int first_row(const HeadView& view) const { return first_wanted_token(p.signals, view.tokens) * view.group; }

  // The lines of a split of the block's head.
  __device__ __forceinline__ float* lines_of(int split) const {
    i64 head = static_cast<i64>(blockIdx.z) * gridDim.y + blockIdx.y;
    return p.lines + (head * p.signals.call.splits + split) * p.line_count * kSplitSlots;
  }

  // Leaves the places of the block's split, and what planes hold there; all threads.
  __device__ __forceinline__ void write_places(const HeadView& view, const SplitPages& pages, const ListedPlaces& places, int first) const {
    float* lines = lines_of(blockIdx.x) + p.signals.call.partial_rows * kSplitSlots;
#pragma unroll
    for (int begin = 0; begin < kSplitSlots; begin += kRoundThreads) {
      int entry = begin + threadIdx.x;
      i64 slot = static_cast<i64>(__shfl_sync(kFullWarp, pages.keys, entry / kPageSlots % kWarpSize)) * kPageSlots + entry % kPageSlots;
      if (entry >= kSplitSlots || first + entry >= view.count) continue;
      if constexpr (LISTS != 0) slot = places.keys[entry];
      lines[entry] = __int_as_float(static_cast<int>(slot));
      PlaneValues(p.signals, slot).visit([&](int i, float value) { lines[(i + 1) * kSplitSlots + entry] = value; });
    }
  }

  // Leaves the scores that a lane has of 16 entries of the block's split from `begin` on.
  template <typename Function>
  __device__ __forceinline__ void write_scores(const Function& function, const float (&scores)[2][4], const HeadView& view, int begin) const {
    leave_scores<kSplitSlots>(lines_of(blockIdx.x) + begin, function, scores, first_row(view), view.rows);
  }

  // Makes signals of the scores of entries [first, end); shifts are the rows' log-sum-exps in units of scores. So many threads; the scores of kBatch slots of
  // each are on their way at once.
  template <int kThreadCount, int kBatch>
  __device__ __forceinline__ void finish(const HeadView& view, const float* shifts, int first, int end) const {
#pragma unroll 1
    for (int begin = first + threadIdx.x; begin < end; begin += kBatch * kThreadCount) {
      SlotSignals signals[kBatch];
      PlaneValues before[kBatch];
      int slots[kBatch];
#pragma unroll
      for (int j = 0; j < kBatch; ++j) {
        int entry = begin + j * kThreadCount;
        if (entry >= end) continue;
        const float* lines = line_of(entry) + p.signals.call.partial_rows * kSplitSlots;
        slots[j] = __float_as_int(__ldcg(lines));
        before[j].visit([&](int i, float& value) { value = __ldcg(lines + (i + 1) * kSplitSlots); });
      }
#pragma unroll 1
      for (int row = 0; row < kHalfTile && row < view.rows; row += kHalfTile / 2) add_rows<kThreadCount>(signals, view, shifts, begin, end, row);
#pragma unroll
      for (int j = 0; j < kBatch; ++j) {
        if (begin + j * kThreadCount < end) signals[j].write(p.signals, slots[j], before[j]);
      }
    }
  }

 private:
  __device__ __forceinline__ const float* line_of(int entry) const { return lines_of(entry / kSplitSlots) + entry % kSplitSlots; }

  // Four rows from `from` on and the four that are eight further on, of the thread's entries from `begin` on.
  template <int kThreadCount, int kBatch>
  __device__ __forceinline__ void add_rows(SlotSignals (&signals)[kBatch], const HeadView& view, const float* shifts, int begin, int end, int from) const {
    float scores[kBatch][2][kHalfTile / 2];
#pragma unroll
    for (int j = 0; j < kBatch; ++j) {
      int entry = begin + j * kThreadCount;
#pragma unroll
      for (int i = 0; i < kHalfTile; ++i) {
        int row = from + i % (kHalfTile / 2) + i / (kHalfTile / 2) * kHalfTile;
        float& score = scores[j][i / (kHalfTile / 2)][i % (kHalfTile / 2)];
        score = minus_infinity();
        if (entry < end && row >= first_row(view) && row < view.rows) score = __ldcg(line_of(entry) + row * kSplitSlots);
      }
    }
#pragma unroll
    for (int j = 0; j < kBatch; ++j) signals[j].add(signals_of_rows<T>(p.signals, view.tokens, shifts, from, scores[j]));
  }
};
