// hopper_plan.cuh - the planners of the Hopper prefill kernel: they choose tiles and look which blocks of 64 slots each of them sees.
//
// Tiles are in the order of what they see of a causal sequence, most first. The first of a thread block is that of its own number, and its second one the
// further back the earlier its first one was, so that both together are about the same everywhere; all others are drawn one by one as thread blocks get to
// them. Two numbers in `tickets` count the tiles that were drawn and the thread blocks that found none left; the last of those leaves both at 0.
#pragma once
#include "attention/hopper_shared.cuh"

// Blocks' positions matter where they decide what is seen.
constexpr bool kSightOfPositions = CAUSAL != 0 || WINDOW != 0;

// Which part of a call a number is: an item of one sequence of many rows.
struct TileChoice {
  int first_token;
  int tokens;
  int table_row;
  int kv_head;
  int first_row;
};

// What lanes know of a sequence each.
struct Sequences {
  int first_token;
  int end_token;
  int table_row;
};

__device__ __forceinline__ Sequences read_sequences(const AttentionParameters& p, int first, int sequences) {
  int lane = threadIdx.x % kWarpSize;
  asm volatile("" : "+r"(lane));  // no addresses are kept from one tile to the next
  int sequence = min(first + lane, sequences - 1);
  return {load_here(p.starts + sequence), load_here(p.starts + sequence + 1), load_here(p.rows + sequence)};
}

// For a whole warp, which knows the first sequences. Those that belong to the decode kernel have no tiles; first_row is -1 where the call has not so many.
__device__ __forceinline__ TileChoice choose_tile(const AttentionParameters& p, int number, const Sequences& near, int sequences, int kv_heads) {
  int lane = threadIdx.x % kWarpSize;
  int before = 0;
  for (int first = 0; first < sequences; first += kWarpSize) {
    Sequences of_lanes = first == 0 ? near : read_sequences(p, first, sequences);
    int rows = first + lane < sequences ? (of_lanes.end_token - of_lanes.first_token) * p.group : 0;
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
      int first_token = __shfl_sync(kFullWarp, of_lanes.first_token, at), end_token = __shfl_sync(kFullWarp, of_lanes.end_token, at);
      return {first_token, end_token - first_token, __shfl_sync(kFullWarp, of_lanes.table_row, at), item % kv_heads,
              (tiles - 1 - item / kv_heads) * kHopperRows};
    }
    before = __shfl_sync(kFullWarp, end, kWarpSize - 1);
  }
  return {0, 0, 0, 0, -1};
}

template <typename T>
struct TilePlanner {
  HopperShared<T>& shared;
  const AttentionParameters& p;
  int sequences;
  int kv_heads;
  RingPlace<kTileSlots> tile;
  RingPlace<kStretches> stretch;

  // The first sequences have been read meanwhile.
  __device__ __forceinline__ void run(const Sequences& near) {
    if (chooses()) choose(shared.tiles[0], 0, near);
    int round = 1;
    // Nobody knows: what differs in the first round is not worth the code of another one, nor its registers.
    asm volatile("" : "+r"(round));
    for (;; ++round) {
      named_barrier_sync(kPlannerBarrier, kPlanners);
      tile.arrive(shared.tile_full);
      TileSlot& slot = shared.tiles[tile.slot];
      if (slot.first_row < 0) break;
      plan(slot, kSightOfPositions && WINDOW == 0 && round == 1);
      tile.advance();
      tile.wait_empty(shared.tile_empty);
      if (chooses()) choose(shared.tiles[tile.slot], round, read_sequences(p, 0, sequences));
    }
    leave();
  }

 private:
  static __device__ __forceinline__ bool chooses() { return threadIdx.x / kWarpSize == 1; }

  __device__ __forceinline__ int number_of(int round) const {
    int blocks;
    asm volatile("mov.u32 %0, %%nctaid.x;" : "=r"(blocks));
    if (round == 0) return blockIdx.x;
    if (round == 1) return 2 * blocks - 1 - blockIdx.x;
    int drawn = threadIdx.x % kWarpSize == 0 ? atomicAdd(p.tickets, 1) : 0;
    return 2 * blocks + __shfl_sync(kFullWarp, drawn, 0);
  }

  __device__ __forceinline__ void leave() const {
    if (threadIdx.x != kWarpSize) return;
    __threadfence();
    if (atomicAdd(p.tickets + 1, 1) == static_cast<int>(gridDim.x) - 1) p.tickets[0] = p.tickets[1] = 0;
  }

  __device__ __forceinline__ void choose(TileSlot& slot, int round, const Sequences& near) const {
    TileChoice choice = choose_tile(p, number_of(round), near, sequences, kv_heads);
    if (threadIdx.x % kWarpSize != 0) return;
    slot.first_row = choice.first_row;
    if (choice.first_row < 0) return;
    int head = (choice.table_row * p.layers + p.layer) * kv_heads + choice.kv_head;
    slot.count = p.counts + head;
    *reinterpret_cast<HeadView*>(slot.head) = view_of(choice, p.page_table + static_cast<i64>(head) * p.pages_per_head);
  }

  // All of it but the count, which takes another trip to memory.
  __device__ __forceinline__ HeadView view_of(const TileChoice& choice, const int* pages) const {
    HeadView view;
    view.first_token = choice.first_token;
    view.tokens = choice.tokens;
    view.rows = choice.tokens * p.group;
    view.kv_head = choice.kv_head;
    view.group = p.group;
    view.heads = p.heads;
    view.count = view.slots = view.first_own = 0;
    view.pages = pages;
    view.list = nullptr;
    return view;
  }

  // A page of keys and one of values, or -1.
  struct Pages {
    int key;
    int value;
  };

  // What depends on the tile alone is asked for before any of it is waited for. Where a first tile is in a hurry, its first block has a stretch of its own
  // and is masked slot by slot, so that its keys come while positions are looked at.
  __device__ void plan(TileSlot& slot, bool hurries) {
    constexpr int kRounds = (kHopperRows + kPlanners - 1) / kPlanners;
    const HeadView& view = slot.view();
    int thread = threadIdx.x - kWarpSize, positions[kRounds];
    int count = load_here(slot.count);
    Pages pages = pages_of(view, 0, p.pages_per_head * kPageSlots, thread);
#pragma unroll
    for (int i = 0; i < kRounds; ++i) positions[i] = load_here(p.positions + token_of(view, slot.first_row + thread + i * kPlanners));
    QueryRange range = range_of(view, slot.first_row);
#pragma unroll
    for (int i = 0; i < kRounds; ++i) {
      if (thread + i * kPlanners < kHopperRows) slot.positions[thread + i * kPlanners] = positions[i];
    }
    enter_count(slot, count, thread);
    CallMask mask{count, count - view.tokens, p.window, p.sinks, p.window_share, nullptr};
    if (hurries && count > 0) hand_over_first(pages, thread * kPageSlots < min(count, kHopperBlock), thread);
    int first = 0;
    do {
      int end = min(first + kStretchBlocks * kHopperBlock, count), slots = end - first - thread * kPageSlots;
      stretch.wait_empty(shared.stretch_empty);
      Stretch& next = shared.stretches[stretch.slot];
      enter_pages(next, pages, slots > 0, thread);
      scan(next, first, end, mask, range, pages.key, slots, thread);
      if (thread == 0) {
        if (hurries && first == 0) next.flags[0] = 0;
        next.first = first / kHopperBlock;
        next.blocks = (end - first + kHopperBlock - 1) / kHopperBlock;
        next.last = end == count;
      }
      stretch.arrive(shared.stretch_full);
      stretch.advance();
      first = end;
      pages = pages_of(view, first, count, thread);
    } while (first < count);
  }

  __device__ __forceinline__ void hand_over_first(const Pages& pages, bool there, int thread) {
    Stretch& next = shared.stretches[stretch.slot];
    enter_pages(next, pages, there, thread);
    if (thread == 0) {
      next.first = 0;
      next.blocks = 1;
      next.last = false;
      next.flags[0] = kBlockSeen;
    }
    stretch.arrive(shared.stretch_full);
    stretch.advance();
  }

  // That of a row, or of the sequence's last one.
  __device__ __forceinline__ int token_of(const HeadView& view, int row) const { return view.first_token + own_token(p, min(row, view.rows - 1)); }

  // As query_range, without divisions.
  __device__ __forceinline__ QueryRange range_of(const HeadView& view, int first_row) const {
    QueryRange range = {0x7fffffff, static_cast<int>(0x80000000)};
    if constexpr (!kSightOfPositions) return range;
    int end = token_of(view, first_row + kHopperRows - 1);
    for (int token = token_of(view, first_row) + static_cast<int>(threadIdx.x % kWarpSize); token <= end; token += kWarpSize) {
      int position = load_here(p.positions + token);
      range.least = min(range.least, position);
      range.greatest = max(range.greatest, position);
    }
    reduce<kWarpSize>(range.least, range.greatest);
    return range;
  }

  // The least and greatest of kLanes lanes.
  template <int kLanes>
  static __device__ __forceinline__ void reduce(int& least, int& greatest) {
#pragma unroll
    for (int distance = kLanes / 2; distance > 0; distance /= 2) {
      least = min(least, __shfl_xor_sync(kFullWarp, least, distance));
      greatest = max(greatest, __shfl_xor_sync(kFullWarp, greatest, distance));
    }
  }

  // What does not fit the cache stops the kernel.
  __device__ __forceinline__ void enter_count(TileSlot& slot, int count, int thread) const {
    HeadView& view = *reinterpret_cast<HeadView*>(slot.head);
    if (count < 0 || count > p.pages_per_head * kPageSlots) __trap();
    if (TREE != 0 && view.tokens > p.mask_words * 32) __trap();
    if (thread != 0) return;
    view.count = view.slots = count;
    view.first_own = count - view.tokens;
  }

  // Of the thread's page in the stretch that begins with that slot.
  __device__ __forceinline__ Pages pages_of(const HeadView& view, int first, int end, int thread) const {
    static_assert(kPlanners == kStretchBlocks * kBlockPages, "a thread has one page of each");
    if (first + thread * kPageSlots >= end) return {-1, -1};
    const int* table = view.pages + first / kPageSlots + thread;
    return {load_here(table), load_here(table + p.value_pages)};
  }

  // Page ids that are none stop the kernel.
  __device__ __forceinline__ void enter_pages(Stretch& next, Pages pages, bool there, int thread) const {
    if (!there) {
      pages = {-1, -1};
    } else if ((static_cast<u32>(pages.key) >= static_cast<u32>(p.pages) || static_cast<u32>(pages.value) >= static_cast<u32>(p.pages))) {
      __trap();
    }
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

  // Works out what the tile's queries see of the blocks; a thread looks at its page, of which so many slots are in use, and four of them know a block.
  __device__ __forceinline__ void scan(Stretch& next, int first, int end, const CallMask& mask, const QueryRange& range, int page, int slots,
                                       u32 thread) const {
    int least = 0x7fffffff, greatest = static_cast<int>(0x80000000);
    if constexpr (kSightOfPositions) {
      if (slots > 0) look_at(page, min(slots, kPageSlots), thread, least, greatest);
      __syncwarp();
      reduce<kBlockPages>(least, greatest);
    }
    int block = thread / kBlockPages, begin = first + block * kHopperBlock;
    if (thread % kBlockPages != 0 || begin >= end) return;
    BlockSight sight = mask.sight(min(begin + kHopperBlock, end), least, greatest, range.least, range.greatest);
    next.flags[block] = static_cast<u8>((sight.none ? 0 : kBlockSeen) | (sight.all && begin + kHopperBlock <= end ? kBlockWhole : 0));
  }

  // The least and greatest position of a page's first slots; what is behind the slots in use is not read. They come by way of shared memory, for registers
  // to have all of them on their way belong to consumers. Eight threads have the same piece in different banks.
  __device__ __forceinline__ void look_at(int page, int slots, u32 thread, int& least, int& greatest) const {
    constexpr int kPieces = kPageSlots / 4;
    const int* from = p.slot_positions + static_cast<i64>(page) * kPageSlots;
    int* to = shared.sighted[thread];
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      int there = min(max(slots - 4 * i, 0), 4);
      copy_async_16_part(to + (i ^ thread / 2 % kPieces) * 4, from + (there > 0 ? 4 * i : 0), there * static_cast<int>(sizeof(int)));
    }
    copy_async_commit();
    copy_async_wait<0>();
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      int4 four = *reinterpret_cast<const int4*>(to + (i ^ thread / 2 % kPieces) * 4);
      const int positions[4] = {four.x, four.y, four.z, four.w};
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        if (4 * i + e >= slots) continue;
        least = min(least, positions[e]);
        greatest = max(greatest, positions[e]);
      }
    }
  }
};
