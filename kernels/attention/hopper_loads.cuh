// hopper_loads.cuh - the loader of the Hopper prefill kernel: one warp, which has the pages of seen blocks copied into the stages.
#pragma once
#include "attention/hopper_shared.cuh"

template <typename T>
struct BlockLoader {
  HopperShared<T>& shared;
  const AttentionParameters& p;
  const TensorMap& keys;
  const TensorMap& values;
  RingPlace<kTileSlots> tile;
  RingPlace<kStretches> stretch;
  RingPlace<kHopperStages> place;
  int last_parity = 0;

  __device__ void run() {
    for (;;) {
      stretch.wait_full(shared.stretch_full);
      const Stretch& next = shared.stretches[stretch.slot];
      if (next.first < 0) return;
      const HeadView& view = shared.tiles[tile.slot].view();
      for (int i = 0; i < next.blocks; ++i) {
        u8 flag = next.flags[i];
        if (flag & kBlockSeen) load(view, next.first + i, (flag & kBlockWhole) != 0);
      }
      if (next.last) {
        end_tile();
        tile.advance();
      }
      stretch.arrive(shared.stretch_empty);
      stretch.advance();
    }
  }

 private:
  static constexpr int kPageBytes = kPageSlots * kHeadDim * static_cast<int>(sizeof(T));
  static constexpr int kPositionBytes = kPageSlots * static_cast<int>(sizeof(int));

  __device__ __forceinline__ void load(const HeadView& view, int block, bool whole) {
    int slots = view.count - block * kHopperBlock;
    if (slots >= kHopperBlock) {
      load_full(view, block, whole);
    } else {
      load_last(view, block, slots);
    }
    place.advance();
  }

  // The lane's page of a block; a page id that is none stops the kernel.
  __device__ __forceinline__ int page_of(const int* table, int block, int pages) const {
    if (static_cast<int>(threadIdx.x) >= pages) return 0;
    int page = table[block * kBlockPages + threadIdx.x];
    if (static_cast<u32>(page) >= static_cast<u32>(p.pages)) __trap();
    return page;
  }

  __device__ __forceinline__ void copy_page(T (&parts)[kColumnParts][HopperShared<T>::kPart], const TensorMap& map, int page, u64* barrier) const {
#pragma unroll
    for (int part = 0; part < kColumnParts; ++part) {
      copy_box(&parts[part][threadIdx.x * kPageSlots * kLineValues], map, part * kLineValues, page * kPageSlots, barrier);
    }
  }

  __device__ __forceinline__ void copy_positions(int page, u64* barrier) const {
    copy_bulk(&shared.positions[place.slot][threadIdx.x * kPageSlots], p.slot_positions + static_cast<i64>(page) * kPageSlots, kPositionBytes, barrier);
  }

  // All slots of the block are in use.
  __device__ void load_full(const HeadView& view, int block, bool whole) {
    int stage = place.slot;
    int page = page_of(view.pages, block, kBlockPages), value_page = page_of(view.pages + p.value_pages, block, kBlockPages);
    place.wait_empty(shared.keys_empty);
    if (threadIdx.x == 0) {
      shared.blocks[stage] = 2 * block + (whole ? 1 : 0);
      barrier_expect(&shared.keys_full[stage], kBlockPages * (kPageBytes + (whole ? 0 : kPositionBytes)));
    }
    __syncwarp();
    if (threadIdx.x < kBlockPages) {
      copy_page(shared.keys[stage], keys, page, &shared.keys_full[stage]);
      if (!whole) copy_positions(page, &shared.keys_full[stage]);
    }
    place.wait_empty(shared.values_empty);
    if (threadIdx.x == 0) barrier_expect(&shared.values_full[stage], kBlockPages * kPageBytes);
    __syncwarp();
    if (threadIdx.x < kBlockPages) copy_page(shared.values[stage], values, value_page, &shared.values_full[stage]);
  }

  // Only the first slots of the block are in use. Whatever the pages hold behind them must not get into sums, not even times zero.
  __device__ void load_last(const HeadView& view, int block, int slots) {
    int stage = place.slot, pages = (slots + kPageSlots - 1) / kPageSlots;
    int page = page_of(view.pages, block, pages), value_page = page_of(view.pages + p.value_pages, block, pages);
    place.wait_empty(shared.keys_empty);
    place.wait_empty(shared.values_empty);
    if (threadIdx.x == 0) barrier_expect(&shared.last_full, pages * (2 * kPageBytes + kPositionBytes));
    __syncwarp();
    if (static_cast<int>(threadIdx.x) < pages) {
      copy_page(shared.keys[stage], keys, page, &shared.last_full);
      copy_page(shared.values[stage], values, value_page, &shared.last_full);
      copy_positions(page, &shared.last_full);
    }
    barrier_wait(&shared.last_full, last_parity);
    last_parity ^= 1;
    constexpr int kPieces = kLineValues * static_cast<int>(sizeof(T)) / static_cast<int>(sizeof(uint4));
    for (int i = slots * kPieces + threadIdx.x; i < kHopperBlock * kPieces; i += kWarpSize) {
#pragma unroll
      for (int part = 0; part < kColumnParts; ++part) {
        reinterpret_cast<uint4*>(shared.keys[stage][part])[i] = make_uint4(0, 0, 0, 0);
        reinterpret_cast<uint4*>(shared.values[stage][part])[i] = make_uint4(0, 0, 0, 0);
      }
    }
    for (int i = slots + threadIdx.x; i < kHopperBlock; i += kWarpSize) shared.positions[stage][i] = 0;
    fence_async();
    if (threadIdx.x == 0) shared.blocks[stage] = 2 * block;
    place.arrive(shared.values_full);
    place.arrive(shared.keys_full);
  }

  // A stage that holds nothing says that the tile is done.
  __device__ __forceinline__ void end_tile() {
    place.wait_empty(shared.keys_empty);
    place.wait_empty(shared.values_empty);
    if (threadIdx.x == 0) shared.blocks[place.slot] = -1;
    place.arrive(shared.values_full);
    place.arrive(shared.keys_full);
    place.advance();
  }
};
