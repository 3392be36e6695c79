// hopper_loads.cuh - the loader of the Hopper prefill kernel: one warp, which has a tile's queries and the pages of its seen blocks copied into the stages.
#pragma once
#include "attention/hopper_shared.cuh"

// Maps of one pool, with boxes of a page and of a block.
struct PoolMaps {
  TensorMap page;
  TensorMap block;
};

template <typename T>
struct BlockLoader {
  HopperShared<T>& shared;
  const AttentionParameters& p;
  const PoolMaps& keys;
  const PoolMaps& values;
  RingPlace<kTileSlots> tile;
  RingPlace<kStretches> stretch;
  RingPlace<kHopperStages> place;
  int last_parity = 0;

  __device__ void run() {
    if (elect_lane()) {
      for (const PoolMaps* maps : {&keys, &values}) {
        prefetch_map(maps->page);
        prefetch_map(maps->block);
      }
    }
    __syncwarp();
    for (;;) {
      tile.wait_full(shared.tile_full);
      const TileSlot& slot = shared.tiles[tile.slot];
      if (slot.first_row < 0) break;
      for (int consumer = 0; consumer < kConsumers; ++consumer) load_queries(slot, consumer);
      while (!load_stretch(slot.view())) continue;
      tile.advance();
    }
    end();
  }

 private:
  static constexpr int kPageBytes = kPageSlots * kHeadDim * static_cast<int>(sizeof(T));
  static constexpr int kPositionBytes = kPageSlots * static_cast<int>(sizeof(int));

  // Returns whether it was the last one of its tile.
  __device__ __forceinline__ bool load_stretch(const HeadView& view) {
    stretch.wait_full(shared.stretch_full);
    const Stretch& next = shared.stretches[stretch.slot];
    for (int i = 0; i < next.blocks; ++i) {
      u8 flag = next.flags[i];
      if (flag & kBlockSeen) load(view, next, i, (flag & kBlockWhole) != 0);
    }
    bool last = next.last;
    stretch.arrive(shared.stretch_empty);
    stretch.advance();
    return last;
  }

  // A consumer's rows of a tile; the last one of the sequence where it has none.
  __device__ __forceinline__ void load_queries(const TileSlot& slot, int consumer) {
    const HeadView& view = slot.view();
    int first = slot.first_row + consumer * kGroupRows, begin = min(first, view.rows - 1), rows = min(first + kGroupRows, view.rows) - begin;
    int stage = uniform(place.slot);
    place.wait_empty(shared.keys_empty);
    place.wait_empty(shared.values_empty);
    if (elect_lane()) {
      shared.contents[stage] = kNoContents - rows;
      copy_rows(shared.raw_queries(stage, 0), view, begin, min(rows, kHalfRows), &shared.keys_full[stage]);
      copy_rows(shared.raw_queries(stage, 1), view, begin + kHalfRows, rows - kHalfRows, &shared.values_full[stage]);
    }
    __syncwarp();
    place.advance();
  }

  // Rows [begin, begin + rows), those of a token in one piece; for one lane. Where all tokens are whole, their copies take a few clocks each.
  __device__ __forceinline__ void copy_rows(float* to, const HeadView& view, int begin, int rows, u64* barrier) const {
    constexpr int kRowBytes = kHeadDim * static_cast<int>(sizeof(float));
    barrier_expect(barrier, max(rows, 0) * kRowBytes);
    int token = own_token(p, begin), tokens = own_token(p, max(rows, 0)), group = view.group, head = begin - token * group, stride = view.heads * kHeadDim;
    const float* from = p.queries + (static_cast<i64>(view.first_token + token) * view.heads + view.kv_head * group) * kHeadDim;
    if (head == 0 && tokens * group == rows) {
#pragma unroll 4
      for (int i = 0; i < tokens; ++i) {
        copy_bulk(to, from, group * kRowBytes, barrier);
        to += group * kHeadDim;
        from += stride;
      }
      return;
    }
#pragma unroll 1
    while (rows > 0) {
      int together = min(group - head, rows);
      copy_bulk(to, from + head * kHeadDim, together * kRowBytes, barrier);
      to += together * kHeadDim;
      rows -= together;
      from += stride;
      head = 0;
    }
  }

  __device__ __forceinline__ void load(const HeadView& view, const Stretch& stretch, int i, bool whole) {
    int block = stretch.first + i, slots = view.count - block * kHopperBlock;
    if (slots >= kHopperBlock) {
      load_full(stretch, i, whole);
    } else {
      load_last(stretch, i, slots);
    }
    place.advance();
  }

  // Copies a block in one piece, or page by page; for one lane.
  __device__ __forceinline__ void copy_block(T (&parts)[kColumnParts][HopperShared<T>::kPart], const PoolMaps& maps, const int* pages, bool run,
                                             u64* barrier) const {
    int4 four = *reinterpret_cast<const int4*>(pages);
    if (run) {
#pragma unroll
      for (int part = 0; part < kColumnParts; ++part) copy_box(parts[part], maps.block, part * kLineValues, four.x * kPageSlots, barrier);
    } else {
      const int ids[kBlockPages] = {four.x, four.y, four.z, four.w};
#pragma unroll
      for (int i = 0; i < kBlockPages; ++i) copy_page(parts, maps.page, i, ids[i], barrier);
    }
  }

  __device__ __forceinline__ void copy_page(T (&parts)[kColumnParts][HopperShared<T>::kPart], const TensorMap& map, int i, int page, u64* barrier) const {
#pragma unroll
    for (int part = 0; part < kColumnParts; ++part) {
      copy_box(&parts[part][i * kPageSlots * kLineValues], map, part * kLineValues, page * kPageSlots, barrier);
    }
  }

  __device__ __forceinline__ void copy_positions(int i, int page, u64* barrier) const {
    copy_bulk(&shared.positions[place.slot][i * kPageSlots], p.slot_positions + static_cast<i64>(page) * kPageSlots, kPositionBytes, barrier);
  }

  static __device__ __forceinline__ int uniform(int value) { return __shfl_sync(kFullWarp, value, 0); }

  // All slots of the block are in use.
  __device__ void load_full(const Stretch& stretch, int i, bool whole) {
    int stage = uniform(place.slot), run = uniform(stretch.runs[i]);
    place.wait_empty(shared.keys_empty);
    if (elect_lane()) {
      shared.contents[stage] = 2 * (stretch.first + i) + (whole ? 1 : 0);
      barrier_expect(&shared.keys_full[stage], kBlockPages * (kPageBytes + (whole ? 0 : kPositionBytes)));
      const int* pages = &stretch.pages[i * kBlockPages];
      copy_block(shared.keys[stage], keys, pages, (run & kKeysRun) != 0, &shared.keys_full[stage]);
#pragma unroll
      for (int page = 0; page < kBlockPages && !whole; ++page) copy_positions(page, pages[page], &shared.keys_full[stage]);
    }
    __syncwarp();
    place.wait_empty(shared.values_empty);
    if (elect_lane()) {
      barrier_expect(&shared.values_full[stage], kBlockPages * kPageBytes);
      copy_block(shared.values[stage], values, &stretch.value_pages[i * kBlockPages], (run & kValuesRun) != 0, &shared.values_full[stage]);
    }
    __syncwarp();
  }

  // Only the first slots of the block are in use. Whatever the pages hold behind them must not get into sums, not even times zero.
  __device__ void load_last(const Stretch& stretch, int i, int slots) {
    int stage = uniform(place.slot), count = (slots + kPageSlots - 1) / kPageSlots;
    place.wait_empty(shared.keys_empty);
    place.wait_empty(shared.values_empty);
    if (elect_lane()) {
      barrier_expect(&shared.last_full, count * (2 * kPageBytes + kPositionBytes));
#pragma unroll 1
      for (int page = 0; page < count; ++page) {
        copy_page(shared.keys[stage], keys.page, page, stretch.pages[i * kBlockPages + page], &shared.last_full);
        copy_page(shared.values[stage], values.page, page, stretch.value_pages[i * kBlockPages + page], &shared.last_full);
        copy_positions(page, stretch.pages[i * kBlockPages + page], &shared.last_full);
      }
    }
    __syncwarp();
    barrier_wait(&shared.last_full, last_parity);
    last_parity ^= 1;
    constexpr int kPieces = kLineValues * static_cast<int>(sizeof(T)) / static_cast<int>(sizeof(uint4));
    for (int piece = slots * kPieces + threadIdx.x; piece < kHopperBlock * kPieces; piece += kWarpSize) {
#pragma unroll
      for (int part = 0; part < kColumnParts; ++part) {
        reinterpret_cast<uint4*>(shared.keys[stage][part])[piece] = make_uint4(0, 0, 0, 0);
        reinterpret_cast<uint4*>(shared.values[stage][part])[piece] = make_uint4(0, 0, 0, 0);
      }
    }
    for (int slot = slots + threadIdx.x; slot < kHopperBlock; slot += kWarpSize) shared.positions[stage][slot] = 0;
    fence_async();
    if (threadIdx.x == 0) shared.contents[stage] = 2 * (stretch.first + i);
    place.arrive(shared.values_full);
    place.arrive(shared.keys_full);
  }

  __device__ __forceinline__ void end() {
    place.wait_empty(shared.keys_empty);
    if (threadIdx.x == 0) shared.contents[place.slot] = kNoContents;
    place.arrive(shared.keys_full);
  }
};
