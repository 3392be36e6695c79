// hopper_plan.cuh - the planners of the Hopper prefill kernel: they draw tiles, look which blocks of 64 slots each of them sees, and bring its queries.
//
// Tiles are drawn one by one, those with the most to see of a causal sequence first, so that all thread blocks end at about the same time. The first of a
// thread block is that of its own number; its consumers have nothing to do yet and bring the queries themselves. Two numbers in `tickets` count the tiles that
// were drawn after that and the thread blocks that found none left; the last of those leaves both at 0.
#pragma once
#include "attention/hopper_shared.cuh"

// Pieces of queries that a planner has on their way at a time; trees and windows leave no registers for two.
constexpr int kQueriesAtOnce = TREE != 0 || WINDOW != 0 ? 1 : 2;

// Which part of a call a number is: an item of one sequence of many rows.
struct TileChoice {
  int sequence;
  int kv_head;
  int first_row;
};

// For a whole warp. Sequences that belong to the decode kernel have no tiles; first_row is -1 where the call has not so many.
__device__ __forceinline__ TileChoice choose_tile(const AttentionParameters& p, int number, int sequences, int kv_heads) {
  int lane = threadIdx.x % kWarpSize;
  int before = 0;
  for (int first = 0; first < sequences; first += kWarpSize) {
    int sequence = first + lane;
    int rows = sequence < sequences ? (p.starts[sequence + 1] - p.starts[sequence]) * p.group : 0;
    int tiles = rows > p.split_rows ? (rows + kHopperRows - 1) / kHopperRows : 0;
    int end = tiles * kv_heads;
#pragma unroll
    for (int distance = 1; distance < kWarpSize; distance *= 2) {
      int lower = __shfl_up_sync(kFullWarp, end, distance);
      if (lane >= distance) end += lower;
    }
    end += before;
    u32 past = __ballot_sync(kFullWarp, number < end);
    if (past != 0) {
      int at = __ffs(past) - 1;
      tiles = __shfl_sync(kFullWarp, tiles, at);
      int item = number - (__shfl_sync(kFullWarp, end, at) - tiles * kv_heads);
      return {first + at, item % kv_heads, (tiles - 1 - item / kv_heads) * kHopperRows};
    }
    before = __shfl_sync(kFullWarp, end, kWarpSize - 1);
  }
  return {0, 0, -1};
}

// PTX ISA 9.7.9.15 (prefetch)
__device__ __forceinline__ void prefetch_line(const void* address) { asm volatile("prefetch.global.L2 [%0];" ::"l"(address)); }

template <typename T>
struct TilePlanner {
  HopperShared<T>& shared;
  const AttentionParameters& p;
  int sequences;
  int kv_heads;
  RingPlace<kTileSlots> tile;
  RingPlace<kStretches> stretch;

  __device__ void run() {
    bool draws = threadIdx.x / kWarpSize == 1;
    int drawn = blockIdx.x;
    for (bool first = true;; first = false) {
      tile.wait_empty(shared.tile_empty);
      TileSlot& slot = shared.tiles[tile.slot];
      if (draws) fill(slot, __shfl_sync(kFullWarp, drawn, 0));
      named_barrier_sync(kPlannerBarrier, kPlanners);
      if (slot.first_row < 0) break;
      drawn = draw();
      plan(slot, first);
      tile.advance();
    }
    tile.arrive(shared.tile_full);
    stretch.wait_empty(shared.stretch_empty);
    if (threadIdx.x == kWarpSize) shared.stretches[stretch.slot].first = -1;
    stretch.arrive(shared.stretch_full);
    leave();
  }

 private:
  // The number of the next tile, for lane 0 of the warp that draws.
  __device__ __forceinline__ int draw() const { return threadIdx.x == kWarpSize ? static_cast<int>(gridDim.x) + atomicAdd(p.tickets, 1) : 0; }

  __device__ __forceinline__ void leave() const {
    if (threadIdx.x != kWarpSize) return;
    __threadfence();
    if (atomicAdd(p.tickets + 1, 1) == static_cast<int>(gridDim.x) - 1) p.tickets[0] = p.tickets[1] = 0;
  }

  __device__ __forceinline__ void fill(TileSlot& slot, int number) const {
    TileChoice choice = choose_tile(p, number, sequences, kv_heads);
    if (threadIdx.x % kWarpSize == 0) {
      if (choice.first_row >= 0) *reinterpret_cast<HeadView*>(slot.head) = HeadView(p, choice.sequence, choice.kv_head, kv_heads);
      slot.first_row = choice.first_row;
    }
  }

  // A page of keys and one of values, or -1.
  struct Pages {
    int key;
    int value;
  };

  // What depends on the tile alone is asked for before any of it is waited for.
  __device__ void plan(TileSlot& slot, bool is_first) {
    const HeadView& view = slot.view();
    int thread = threadIdx.x - kWarpSize, first_row = slot.first_row;
    if (is_first) {
      tile.arrive(shared.tile_full);
    } else {
      prefetch_queries(view, first_row);
    }
    Pages pages = pages_of(view, 0, thread);
    read_positions(slot, view, thread);
    QueryRange range = query_range(p, view, first_row, min(first_row + kHopperRows, view.rows));
    int first = 0;
    do {
      int end = min(first + kStretchBlocks * kHopperBlock, view.count);
      stretch.wait_empty(shared.stretch_empty);
      Stretch& next = shared.stretches[stretch.slot];
      enter_pages(next, pages, first + thread * kPageSlots < end, thread);
      named_barrier_sync(kPlannerBarrier, kPlanners);
      scan(next, first, end, mask_of(p, view), range, thread);
      if (thread == 0) {
        next.first = first / kHopperBlock;
        next.blocks = (end - first + kHopperBlock - 1) / kHopperBlock;
        next.last = end == view.count;
      }
      stretch.arrive(shared.stretch_full);
      stretch.advance();
      if (first == 0 && !is_first) {
        load_queries<kPlanners, kQueriesAtOnce>(shared.queries[tile.slot], p, view, first_row, 0, kHopperRows, thread);
        tile.arrive(shared.tile_full);
      }
      first = end;
      pages = pages_of(view, first, thread);
    } while (first < view.count);
  }

  // Of the thread's page in the stretch that begins with that slot.
  __device__ __forceinline__ Pages pages_of(const HeadView& view, int first, int thread) const {
    static_assert(kPlanners == kStretchBlocks * kBlockPages, "a thread has one page of each");
    if (first + thread * kPageSlots >= view.count) return {-1, -1};
    const int* table = view.pages + first / kPageSlots + thread;
    return {table[0], table[p.value_pages]};
  }

  // Where queries stand. The consumers of a first tile are told of it before; they look at positions only where they have keys, which come later.
  __device__ __forceinline__ void read_positions(TileSlot& slot, const HeadView& view, int thread) const {
    constexpr int kRounds = (kHopperRows + kPlanners - 1) / kPlanners;
    int positions[kRounds];
#pragma unroll
    for (int i = 0; i < kRounds; ++i) positions[i] = p.positions[view.token_of(min(slot.first_row + thread + i * kPlanners, view.rows - 1))];
#pragma unroll
    for (int i = 0; i < kRounds; ++i) {
      if (thread + i * kPlanners < kHopperRows) slot.positions[thread + i * kPlanners] = positions[i];
    }
  }

  // Page ids that are none stop the kernel.
  __device__ __forceinline__ void enter_pages(Stretch& next, const Pages& pages, bool there, int thread) const {
    if (there && (static_cast<u32>(pages.key) >= static_cast<u32>(p.pages) || static_cast<u32>(pages.value) >= static_cast<u32>(p.pages))) __trap();
    next.pages[thread] = pages.key;
    next.value_pages[thread] = pages.value;
    bool keys_run = follows(pages.key), values_run = follows(pages.value);
    if (thread % kBlockPages == 0) next.runs[thread / kBlockPages] = (keys_run ? kKeysRun : 0) | (values_run ? kValuesRun : 0);
  }

  // Whether the pages of the thread's block follow one another.
  static __device__ __forceinline__ bool follows(int page) {
    int lane = threadIdx.x % kWarpSize, begin = lane / kBlockPages * kBlockPages;
    int first = __shfl_sync(kFullWarp, page, begin);
    u32 steps = __ballot_sync(kFullWarp, page == first + lane - begin && page >= 0);
    constexpr u32 kAll = (1u << kBlockPages) - 1;
    return ((steps >> begin) & kAll) == kAll;
  }

  // Works out what the tile's queries see of each block; 16 lanes take a block. All positions are on their way before the first are looked at.
  __device__ __forceinline__ void scan(Stretch& next, int first, int end, const CallMask& mask, const QueryRange& range, int thread) const {
    constexpr int kLanes = kHopperBlock / 4;
    constexpr int kBlocksAtOnce = kPlanners / kLanes;
    constexpr int kRounds = kStretchBlocks / kBlocksAtOnce;
    static_assert(kRounds * kBlocksAtOnce == kStretchBlocks, "every lane has as many blocks");
    int lane = thread % kLanes;
    int4 positions[kRounds];
#pragma unroll
    for (int round = 0; round < kRounds; ++round) {
      int block = round * kBlocksAtOnce + thread / kLanes;
      positions[round] = positions_of(next, block, lane, first + block * kHopperBlock + 4 * lane, end);
    }
#pragma unroll
    for (int round = 0; round < kRounds; ++round) {
      int block = round * kBlocksAtOnce + thread / kLanes, begin = first + block * kHopperBlock;
      int4 four = positions[round];
      bool there = begin + 4 * lane < end;
      int least = there ? min(min(four.x, four.y), min(four.z, four.w)) : 0x7fffffff;
      int greatest = there ? max(max(four.x, four.y), max(four.z, four.w)) : static_cast<int>(0x80000000);
#pragma unroll
      for (int distance = kLanes / 2; distance > 0; distance /= 2) {
        least = min(least, __shfl_xor_sync(kFullWarp, least, distance));
        greatest = max(greatest, __shfl_xor_sync(kFullWarp, greatest, distance));
      }
      if (lane == 0 && begin < end) {
        BlockSight sight = mask.sight(min(begin + kHopperBlock, end), least, greatest, range.least, range.greatest);
        next.flags[block] = static_cast<u8>((sight.none ? 0 : kBlockSeen) | (sight.all && begin + kHopperBlock <= end ? kBlockWhole : 0));
      }
    }
  }

  // Four slots' positions; for those past the end, that of the first. What is behind the slots in use is not read.
  __device__ __forceinline__ int4 positions_of(const Stretch& next, int block, int lane, int slot, int end) const {
    if (slot >= end) return make_int4(0, 0, 0, 0);
    const int* from = p.slot_positions + static_cast<i64>(next.pages[block * kBlockPages + lane / 4]) * kPageSlots + lane % 4 * 4;
    if (slot + 3 < end) return *reinterpret_cast<const int4*>(from);
    int first = from[0];
    return make_int4(first, slot + 1 < end ? from[1] : first, slot + 2 < end ? from[2] : first, first);
  }

  // While blocks are looked at, queries come near.
  __device__ __forceinline__ void prefetch_queries(const HeadView& view, int first_row) const {
    constexpr int kLines = kHeadDim * static_cast<int>(sizeof(float)) / 128;
#pragma unroll 1
    for (int i = threadIdx.x - kWarpSize; i < kHopperRows * kLines; i += kPlanners) {
      prefetch_line(p.queries + view.query_of(min(first_row + i / kLines, view.rows - 1)) * kHeadDim + i % kLines * 32);
    }
  }
};
