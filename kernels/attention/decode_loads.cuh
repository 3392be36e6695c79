// decode_loads.cuh - how the decode kernel brings one split of 16-bit keys and values to shared memory: a warp copies the keys and values of the 16
// slots that it works out scores for: of keys it waits for no other warp's, and one look at a page id gives the addresses of all its copies.
#pragma once
#include "attention/mask.cuh"
#include "attention/tiles.cuh"

// Slots that lie in shared memory at a time: a split, or a half or quarter of it. A warp for every 16 of them.
constexpr int kRoundSlots = ROUND_SLOTS;
constexpr int kRoundWarps = kRoundSlots / kPageSlots;
constexpr int kRoundThreads = kRoundWarps * kWarpSize;

// Rows of a tile that may be there: of the 16 that tensor cores take, 8 or all.
constexpr int kDecodeRows = DECODE_ROWS;
static_assert(kDecodeRows == kTileRows / 2 || kDecodeRows == kTileRows, "a lane has one row or two");

static_assert(kSplitSlots % kRoundSlots == 0 && kRoundSlots % 64 == 0, "a split is some rounds of whole blocks");

// Whether a block works on several splits one after the other, and how many at most: where a cluster has blocks for fewer than there are.
constexpr bool kSeveral = CLUSTER == 2;
constexpr int kMostOwnSplits = kSeveral ? 8 : 1;
static_assert(!kSeveral || LISTS == 0, "where lists say what is read a block has one split");

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
  ListedPlaces places;

  // Issues the copies of the keys of the warp's 16 entries of a round from entry `begin` of the split on; `first` is the split's first one. `page` is where they
  // lie, unless they are listed. The position of entry i of them becomes lane i's.
  __device__ __forceinline__ void load_keys(int& position, const AttentionParameters& p, const HeadView& view, u32 page, int first, int begin) {
    int lane = threadIdx.x % kWarpSize, local = threadIdx.x / kWarpSize * kPageSlots;
    int entry = begin + local, rows = view.count - first - entry;
    load_rows(keys, p.keys, places.keys + entry, page, local, rows);
    i64 slot = static_cast<i64>(page) * kPageSlots + lane;
    if (lane >= kPageSlots || lane >= rows) return;
    if constexpr (LISTS != 0) slot = places.keys[entry + lane];
    position = load_here(p.slot_positions + slot);
  }

  // The same of their values.
  __device__ __forceinline__ void load_values(const AttentionParameters& p, const HeadView& view, u32 page, int first, int begin) {
    int local = threadIdx.x / kWarpSize * kPageSlots, entry = begin + local;
    load_rows(values, p.values, places.values + entry, page, local, view.count - first - entry);
  }

 private:
  // Issues the copies of 16 entries, of which `rows` are in use, to a tile from its row `local` on.
  static __device__ __forceinline__ void load_rows(T* tile, const T* pool, const i64* listed, u32 page, int local, int rows) {
    int lane = threadIdx.x % kWarpSize;
    if constexpr (LISTS == 0 && Shape::kPermuted) {
      // 128 bytes of four rows at a time. Four rows further on the permutation is another one, eight rows further on the same.
      constexpr int kRowBytes = kHeadDim * sizeof(T);
      const u8* from = reinterpret_cast<const u8*>(pool) + static_cast<u64>(page) * (kPageSlots * kRowBytes) + (lane / 8 * kRowBytes + lane % 8 * 16);
      u32 to[2];
      to[0] = shared_address(tile) + (local + lane / 8) * kRowBytes + (lane % 8 ^ lane / 8) * 16;
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
        if constexpr (LISTS != 0) slot = there ? listed[row] : 0;
        copy_async_16(tile + Shape::at(local + row, piece), pool + slot * kHeadDim + piece * Shape::kPiece, there);
      }
    }
  }
};
