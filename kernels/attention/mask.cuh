// mask.cuh - which slots a query sees, by the true positions of both: for one slot, and for a block of slots and a range of queries at once.
#pragma once
#include "attention/arguments.cuh"
#include "common/types.cuh"

// A query row as masks see it.
struct QueryRow {
  int position;
  const u32* ancestors;
};

// Nothing, or everything, of a block is seen by all queries of a range.
struct BlockSight {
  bool none;
  bool all;
};

template <bool kCausal, int kWindow, bool kTree>
struct Mask {
  static constexpr bool kNear = kWindow == kSinksWindow || kWindow == kGrowingNear;
  static constexpr bool kDistant = kWindow == kDistantWindow || kWindow == kGrowingDistant;
  static constexpr bool kGrows = kWindow == kGrowingNear || kWindow == kGrowingDistant;

  int count;
  int first_own;
  int window;
  int sinks;
  int share;
  const int* list;  // the slots of entries; null where entry i is slot i

  __device__ __forceinline__ bool sees(const QueryRow& row, int entry, int position) const {
    bool seen = entry < count;
    if constexpr (kTree) {
      int own = (seen ? slot_of(entry) : 0) - first_own;
      if (own >= 0) {
        seen = seen && ((row.ancestors[own / 32] >> (own % 32)) & 1);
      } else if constexpr (kCausal) {
        seen = seen && position <= row.position;
      }
    } else if constexpr (kCausal) {
      seen = seen && position <= row.position;
    }
    if constexpr (kWindow == kPlainWindow) seen = seen && position > edge(row.position);
    if constexpr (kNear) seen = seen && (position > edge(row.position) || position < sinks);
    if constexpr (kDistant) seen = seen && position >= sinks && position <= edge(row.position);
    return seen;
  }

  // For entries [first, end) whose positions lie in [least, greatest], end at most count.
  __device__ __forceinline__ BlockSight sight(int end, int least, int greatest, int least_query, int greatest_query) const {
    BlockSight result = {false, true};
    if constexpr (kTree) {
      bool own = slot_of(end - 1) >= first_own;
      if constexpr (kCausal) result.none = !own && least > greatest_query;
      result.all = !own && (!kCausal || greatest <= least_query);
    } else if constexpr (kCausal) {
      result.none = least > greatest_query;
      result.all = greatest <= least_query;
    }
    if constexpr (kWindow == kPlainWindow || kNear) {
      bool sink = kNear && greatest < sinks, no_sink = kWindow == kPlainWindow || least >= sinks;
      result.none = result.none || (greatest <= edge(least_query) && no_sink);
      result.all = result.all && (least > edge(greatest_query) || sink);
    }
    if constexpr (kDistant) {
      result.none = result.none || greatest < sinks || least > edge(greatest_query);
      result.all = result.all && least >= sinks && greatest <= edge(least_query);
    }
    return result;
  }

 private:
  // The last position before a query's window. It never falls from one position to the next, for a window never grows by more than the position.
  __device__ __forceinline__ int edge(int query) const {
    if constexpr (kGrows) return query - max(window, static_cast<int>((static_cast<i64>(share) * (query + 1ll) + (1 << 29)) >> 30) - sinks);
    return query - window;
  }

  __device__ __forceinline__ int slot_of(int entry) const { return LISTS != 0 ? list[entry] : entry; }
};

using CallMask = Mask<CAUSAL != 0, WINDOW, TREE != 0>;

__device__ __forceinline__ CallMask mask_of(const AttentionParameters& p, const HeadView& view) {
  return CallMask{view.count, view.first_own, p.window, p.sinks, p.window_share, view.list};
}

__device__ __forceinline__ QueryRow query_row(const AttentionParameters& p, const HeadView& view, int row) {
  int token = view.token_of(row);
  return QueryRow{p.positions[token], TREE ? p.ancestors + static_cast<i64>(token) * p.mask_words : nullptr};
}

// The least and greatest position of queries, for a whole warp.
struct QueryRange {
  int least;
  int greatest;
};

__device__ __forceinline__ QueryRange query_range(const AttentionParameters& p, const HeadView& view, int first_row, int end_row) {
  QueryRange range = {0x7fffffff, static_cast<int>(0x80000000)};
  int end = view.token_of(end_row - 1) + 1;
  for (int token = view.token_of(first_row) + static_cast<int>(threadIdx.x % kWarpSize); token < end; token += kWarpSize) {
    int position = p.positions[token];
    range.least = min(range.least, position);
    range.greatest = max(range.greatest, position);
  }
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) {
    range.least = min(range.least, __shfl_xor_sync(kFullWarp, range.least, distance));
    range.greatest = max(range.greatest, __shfl_xor_sync(kFullWarp, range.greatest, distance));
  }
  return range;
}

constexpr u8 kBlockSeen = 1;
constexpr u8 kBlockWhole = 2;

// Writes what a tile's queries see of each block of entries: flags[b] for the blocks that entries [first, end) make. kBlock / 4 lanes take a block.
template <int kBlock, int kThreadCount = kThreads>
__device__ void scan_blocks(u8* flags, const AttentionParameters& p, const HeadView& view, int first, int end, const QueryRange& range) {
  constexpr int kLanes = kBlock / 4;
  CallMask mask = mask_of(p, view);
  int lane = threadIdx.x % kLanes;
  int blocks = (end - first + kBlock - 1) / kBlock;
  int rounds = (blocks + kThreadCount / kLanes - 1) / (kThreadCount / kLanes);
  for (int round = 0; round < rounds; ++round) {
    int block = round * (kThreadCount / kLanes) + threadIdx.x / kLanes;
    int entry = first + block * kBlock + 4 * lane;
    int least = 0x7fffffff, greatest = static_cast<int>(0x80000000);
    if (entry < end) {
      const int* from = p.slot_positions + pool_slot(view, view.pages, p.pages, entry);
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if (entry + i < end) {
          int position = LISTS != 0 ? p.slot_positions[pool_slot(view, view.pages, p.pages, entry + i)] : from[i];
          least = min(least, position);
          greatest = max(greatest, position);
        }
      }
    }
#pragma unroll
    for (int distance = kLanes / 2; distance > 0; distance /= 2) {
      least = min(least, __shfl_xor_sync(kFullWarp, least, distance));
      greatest = max(greatest, __shfl_xor_sync(kFullWarp, greatest, distance));
    }
    if (lane == 0 && block < blocks) {
      int block_end = first + (block + 1) * kBlock;
      BlockSight sight = mask.sight(min(block_end, end), least, greatest, range.least, range.greatest);
      flags[block] = static_cast<u8>((sight.none ? 0 : kBlockSeen) | (sight.all && block_end <= end ? kBlockWhole : 0));
    }
  }
}
