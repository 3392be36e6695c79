// tiles.cuh - blocks of keys, values and positions in shared memory, copied there from the pages beside the arithmetic.
//
// A row of a tile is one slot's key or value in pieces of 16 bytes. Eight rows at the same piece fall into different banks: pieces are permuted
// within a row where a row is a multiple of 128 bytes, and rows lie an odd number of pieces apart otherwise.
#pragma once
#include "attention/arguments.cuh"
#include "common/async.cuh"
#include "common/types.cuh"

template <typename T>
struct TileShape {
  static constexpr int kPiece = 16 / static_cast<int>(sizeof(T));
  // Tensor cores take 16 columns at a time; what a head lacks is zero.
  static constexpr int kColumns = sizeof(T) == 2 ? (kHeadDim + 15) / 16 * 16 : kHeadDim;
  static constexpr int kPieces = kColumns / kPiece;
  static constexpr int kFilledPieces = kHeadDim / kPiece;
  static constexpr bool kPermuted = kPieces % 8 == 0;
  static constexpr int kStride = (kPermuted ? kPieces : kPieces | 1) * kPiece;

  // Where a piece begins, in values.
  static __device__ __forceinline__ int at(int row, int piece) {
    return row * kStride + (kPermuted ? piece ^ (row & 7) : piece) * kPiece;
  }

  // at(row, 2 * step + half) for half 0 or 1, as sums in which steps that are four apart differ by a constant.
  static __device__ __forceinline__ int at_step(int row, int half, int step) {
    if constexpr (!kPermuted) return at(row, 2 * step + half);
    return row * kStride + ((2 * (step % 4) | half) ^ (row & 7)) * kPiece + step / 4 * 8 * kPiece;
  }
};

// Issues the copies of a tile of keys or values: kRows entries from `first` on, which lie in lists. What is past the count or a head's columns
// becomes zeros.
template <typename T, int kRows, int kThreadCount = kThreads>
__device__ __forceinline__ void load_listed(T* tile, const T* pool, const int* table, int pages, const HeadView& view, int first) {
  using Shape = TileShape<T>;
  // Lists and large heads together leave no registers for four copies at once.
  constexpr int kAtOnce = kHeadDim > 128 ? 1 : 4;
#pragma unroll kAtOnce
  for (int i = threadIdx.x; i < kRows * Shape::kPieces; i += kThreadCount) {
    int row = i / Shape::kPieces, piece = i % Shape::kPieces;
    bool there = first + row < view.count && piece < Shape::kFilledPieces;
    const T* from = there ? pool + pool_slot(view, table, pages, first + row) * kHeadDim + piece * Shape::kPiece : pool;
    copy_async_16(tile + Shape::at(row, piece), from, there);
  }
}

// The same where entry i is slot i: a team of threads takes a page, which lies in one piece, so that its place is looked up once.
template <typename T, int kRows>
__device__ __forceinline__ void load_pages(T* tile, const T* pool, const int* table, int pages, const HeadView& view, int first) {
  using Shape = TileShape<T>;
  constexpr int kTeam = kThreads * kPageSlots / kRows;
  constexpr int kPagePieces = kPageSlots * Shape::kPieces;
  static_assert(kRows % kPageSlots == 0, "a tile is whole pages");
  int team = threadIdx.x / kTeam, member = threadIdx.x % kTeam;
  int slot = first + team * kPageSlots, rows = view.count - slot;
  const T* from = rows > 0 ? pool + pool_slot(view, table, pages, slot) * kHeadDim : pool;
#pragma unroll
  for (int i = 0; i < (kPagePieces + kTeam - 1) / kTeam; ++i) {
    int item = member + i * kTeam;
    if (kPagePieces % kTeam != 0 && item >= kPagePieces) break;
    int row = item / Shape::kPieces, piece = item % Shape::kPieces;
    bool there = row < rows && piece < Shape::kFilledPieces;
    copy_async_16(tile + Shape::at(team * kPageSlots + row, piece), from + row * kHeadDim + piece * Shape::kPiece, there);
  }
}

template <typename T, int kRows>
__device__ __forceinline__ void load_slots(T* tile, const T* pool, const int* table, int pages, const HeadView& view, int first) {
  if constexpr (LISTS != 0) {
    load_listed<T, kRows>(tile, pool, table, pages, view, first);
  } else {
    load_pages<T, kRows>(tile, pool, table, pages, view, first);
  }
}

// Issues the copies of the same entries' positions.
template <int kRows, int kThreadCount = kThreads>
__device__ __forceinline__ void load_positions(int* positions, const int* pool, int pages, const HeadView& view, int first) {
  if constexpr (LISTS != 0) {
    static_assert(kRows <= kThreadCount, "a thread has one entry at most");
    if (threadIdx.x < kRows) {
      int entry = first + threadIdx.x;
      bool there = entry < view.count;
      copy_async_4(positions + threadIdx.x, there ? pool + pool_slot(view, view.pages, pages, entry) : pool, there);
    }
  } else if (threadIdx.x < kRows / 4) {
    int slot = first + 4 * threadIdx.x;
    int there = min(max(view.count - slot, 0), 4);
    const int* from = there > 0 ? pool + pool_slot(view, view.pages, pages, slot) : pool;
    copy_async_16_part(positions + 4 * threadIdx.x, from, there * static_cast<int>(sizeof(int)));
  }
}

template <typename T, int kBlockSlots, int kStageCount>
struct KvTiles {
  static constexpr int kBlock = kBlockSlots;
  static constexpr int kStages = kStageCount;
  using Shape = TileShape<T>;

  alignas(16) T keys[kStages][kBlock * Shape::kStride];
  alignas(16) T values[kStages][kBlock * Shape::kStride];
  alignas(16) int positions[kStages][kBlock];

  // Issues the copies of entries [block * kBlock, ...) as two groups: keys with positions, then values.
  __device__ void load(int stage, const AttentionParameters& p, const HeadView& view, int block) {
    load_positions<kBlock>(positions[stage], p.slot_positions, p.pages, view, block * kBlock);
    load_slots<T, kBlock>(keys[stage], p.keys, view.pages, p.pages, view, block * kBlock);
    copy_async_commit();
    load_slots<T, kBlock>(values[stage], p.values, view.pages + p.value_pages, p.pages, view, block * kBlock);
    copy_async_commit();
  }

  // Stands for a block that there is not, so that groups can be counted.
  __device__ static void load_nothing() {
    copy_async_commit();
    copy_async_commit();
  }
};
