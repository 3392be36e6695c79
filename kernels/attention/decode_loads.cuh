// decode_loads.cuh - how the decode kernel brings one split of 16-bit keys and values to shared memory: a warp copies the keys of the 16 slots that it
// works out scores for, so that it waits for no other warp's; all warps copy the values of a block of slots together.
#pragma once
#include "attention/mask.cuh"
#include "attention/tiles.cuh"

// Slots that lie in shared memory at a time: a split, or a half or quarter of it. A warp for every 16 of them.
constexpr int kRoundSlots = ROUND_SLOTS;
constexpr int kRoundWarps = kRoundSlots / kPageSlots;
constexpr int kRoundThreads = kRoundWarps * kWarpSize;

static_assert(kSplitSlots % kRoundSlots == 0 && kRoundSlots % 64 == 0, "a split is some rounds of whole blocks");

// The pages of a split: lane i of every warp has the ids of the i-th one's keys and values. They are read before it is known how many are in use, so
// that one wait brings them and the count; ids past it are not used.
struct SplitPages {
  int keys = 0;
  int values = 0;

  __device__ __forceinline__ void load(const AttentionParameters& p, const HeadView& view, int split) {
    static_assert(kSplitSlots / kPageSlots <= kWarpSize, "a lane has one page at most");
    int lane = threadIdx.x % kWarpSize, page = split * (kSplitSlots / kPageSlots) + lane;
    if (LISTS == 0 && view.tokens > 0 && lane < kSplitSlots / kPageSlots && page < p.pages_per_head) {
      keys = load_here(view.pages + page);
      values = load_here(view.pages + page + p.value_pages);
    }
  }

  // An id in use that is none stops the kernel. The others become those of some page, so that addresses can be worked out.
  __device__ __forceinline__ void check(const AttentionParameters& p, const HeadView& view, int first) {
    int lane = threadIdx.x % kWarpSize;
    if (LISTS != 0 || lane >= kSplitSlots / kPageSlots || first + lane * kPageSlots >= view.count) {
      keys = values = 0;
    } else if (static_cast<u32>(keys) >= static_cast<u32>(p.pages) || static_cast<u32>(values) >= static_cast<u32>(p.pages)) {
      __trap();
    }
  }
};

// Where the entries of a split lie in the pool, where lists say which they are.
struct ListedPlaces {
  i64 keys[LISTS != 0 ? kSplitSlots : 1];
  i64 values[LISTS != 0 ? kSplitSlots : 1];

  // All threads; ends with a barrier.
  __device__ __forceinline__ void load(const AttentionParameters& p, const HeadView& view, int first) {
    if constexpr (LISTS != 0) {
      for (int i = threadIdx.x; i < kSplitSlots && first + i < view.count; i += kRoundThreads) {
        keys[i] = pool_slot(view, view.pages, p.pages, first + i);
        values[i] = pool_slot(view, view.pages + p.value_pages, p.pages, first + i);
      }
      __syncthreads();
    }
  }
};

template <typename T>
struct RoundTiles {
  using Shape = TileShape<T>;

  alignas(16) T keys[kRoundSlots * Shape::kStride];
  alignas(16) T values[kRoundSlots * Shape::kStride];
  alignas(16) int positions[kRoundSlots];
  ListedPlaces places;

  // Issues the copies of keys and positions of the warp's 16 entries of a round from entry `begin` of the split on; `first` is the split's first one.
  // `page` is where they lie, unless they are listed.
  __device__ __forceinline__ void load_keys(const AttentionParameters& p, const HeadView& view, u32 page, int first, int begin) {
    int lane = threadIdx.x % kWarpSize, local = threadIdx.x / kWarpSize * kPageSlots;
    int entry = begin + local, rows = view.count - first - entry;
    if constexpr (LISTS == 0 && Shape::kPermuted) {
      // 128 bytes of four rows at a time. Four rows further on the permutation is another one, eight rows further on the same.
      constexpr int kRowBytes = kHeadDim * sizeof(T);
      const u8* from = reinterpret_cast<const u8*>(p.keys) + static_cast<u64>(page) * (kPageSlots * kRowBytes) + (lane / 8 * kRowBytes + lane % 8 * 16);
      u32 to[2];
      to[0] = shared_address(keys) + (local + lane / 8) * kRowBytes + (lane % 8 ^ lane / 8) * 16;
      to[1] = to[0] ^ 64;
#pragma unroll
      for (int i = 0; i < Shape::kPieces / 2; ++i) {
        int row = 4 * (i % 4), line = i / 4 * 128;
        copy_async_16(to[i % 2] + row * kRowBytes + line, from + row * kRowBytes + line, row + lane / 8 < rows);
      }
    } else {
#pragma unroll
      for (int i = 0; i < Shape::kPieces / 2; ++i) {
        int row = (lane + i * kWarpSize) / Shape::kPieces, piece = (lane + i * kWarpSize) % Shape::kPieces;
        bool there = row < rows && piece < Shape::kFilledPieces;
        i64 slot = static_cast<i64>(page) * kPageSlots + row;
        if constexpr (LISTS != 0) slot = there ? places.keys[entry + row] : 0;
        copy_async_16(keys + Shape::at(local + row, piece), p.keys + slot * kHeadDim + piece * Shape::kPiece, there);
      }
    }
    if constexpr (LISTS != 0) {
      bool there = lane < min(kPageSlots, rows);
      if (lane < kPageSlots) copy_async_4(positions + local + lane, p.slot_positions + (there ? places.keys[entry + lane] : 0), there);
    } else if (lane < kPageSlots / 4) {
      int there = min(max(rows - 4 * lane, 0), 4);
      copy_async_16_part(positions + local + 4 * lane, p.slot_positions + static_cast<u64>(page) * kPageSlots + 4 * lane, there * static_cast<int>(sizeof(int)));
    }
  }

  // Issues the copies of the values of kSlots entries that lie in the tile from `local` on, and are in the split from entry begin + local on; all threads do.
  // `wanted`, the same for all of them, says whether any are copied.
  template <int kSlots>
  __device__ __forceinline__ void load_values(const AttentionParameters& p, const HeadView& view, const SplitPages& pages, int first, int begin, int local,
                                              bool wanted) {
    constexpr u32 kItems = kSlots * Shape::kPieces;
    constexpr int kCopies = (kItems + kRoundThreads - 1) / kRoundThreads;
    // Copies of a thread are whole pages apart.
    constexpr bool kRegular = LISTS == 0 && Shape::kPermuted && kRoundThreads % (kPageSlots * Shape::kPieces) == 0;
    constexpr int kRowBytes = kHeadDim * sizeof(T);
    u32 row = threadIdx.x / Shape::kPieces, piece = threadIdx.x % Shape::kPieces;
    u32 page[kCopies];
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      u32 ahead = kRegular ? row + i * (kRoundThreads / Shape::kPieces) : (threadIdx.x + i * kRoundThreads) / Shape::kPieces;
      page[i] = __shfl_sync(kFullWarp, pages.values, (begin + local + ahead) / kPageSlots);
    }
    if (!wanted) return;
    if constexpr (kRegular) {
      const u8* from = reinterpret_cast<const u8*>(p.values) + (row % kPageSlots * kRowBytes + piece * 16);
      u32 to = shared_address(values) + row * kRowBytes + (piece ^ (row & 7)) * 16;
#pragma unroll
      for (int i = 0; i < kCopies; ++i) {
        constexpr int kAhead = kRoundThreads / Shape::kPieces;
        bool there = static_cast<int>(row) < view.count - first - begin - local - i * kAhead;
        copy_async_16(to + (local + i * kAhead) * kRowBytes, from + static_cast<u64>(page[i]) * (kPageSlots * kRowBytes), there);
      }
    } else {
#pragma unroll
      for (int i = 0; i < kCopies; ++i) {
        u32 item = threadIdx.x + i * kRoundThreads;
        if (kItems % kRoundThreads != 0 && item >= kItems) continue;
        row = item / Shape::kPieces, piece = item % Shape::kPieces;
        int entry = begin + local + row;
        bool there = entry < view.count - first && piece < Shape::kFilledPieces;
        i64 slot = static_cast<i64>(page[i]) * kPageSlots + row % kPageSlots;
        if constexpr (LISTS != 0) slot = there ? places.values[entry] : 0;
        copy_async_16(values + Shape::at(local + row, piece), p.values + slot * kHeadDim + piece * Shape::kPiece, there);
      }
    }
  }
};
