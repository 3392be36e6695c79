// hopper_loads.cuh - what the loading warpgroup of the Hopper prefill kernel does: three warps look which blocks of 64 slots a tile sees, and one has
// the pages of those copied into a ring of stages.
//
// Keys and values lie in a stage as tensor maps with a swizzle of 128 bytes leave them: for each 64 columns of the head, 64 lines of 128 bytes. A page
// is 16 lines of each. A stage says which block it holds, so that nobody else needs to know what is skipped; -1 means that none follows.
#pragma once
#include "attention/mask.cuh"
#include "attention/tensor_core.cuh"
#include "common/hopper.cuh"

constexpr int kConsumers = 2;
constexpr int kHopperThreads = kWarpgroupSize * (1 + kConsumers);
constexpr int kGroupRows = 64;
constexpr int kHopperBlock = kTensorBlock;
constexpr int kLineValues = 64;
constexpr int kColumnParts = kHeadDim / kLineValues;
constexpr int kHopperStages = kHeadDim <= 64 ? 6 : 4;
constexpr int kBlockPages = kHopperBlock / kPageSlots;
// Every warp of the consumers gives a stage back.
constexpr int kReturns = kConsumers * kWarpgroupSize / kWarpSize;

// Threads that look for blocks, and the blocks that they look at before they hand them over.
constexpr int kScouts = kWarpgroupSize - kWarpSize;
constexpr int kScoutBlocks = 24;

// Named barriers; 0 is that of __syncthreads. Consumer i has kFirstConsumerBarrier + i.
constexpr int kScoutBarrier = 1;
constexpr int kFirstConsumerBarrier = 2;

static_assert(kHeadDim % kLineValues == 0 && kHeadDim <= 128 && LISTS == 0 && kHopperBlock == 64, "other calls have the kernel of prefill.cu");

template <typename T>
struct HopperShared {
  static constexpr int kPart = kHopperBlock * kLineValues;

  alignas(1024) T queries[kConsumers][kColumnParts][kGroupRows * kLineValues];
  T keys[kHopperStages][kColumnParts][kPart];
  T values[kHopperStages][kColumnParts][kPart];
  alignas(16) int positions[kHopperStages][kHopperBlock];  // of blocks that are not seen whole
  u64 keys_full[kHopperStages];
  u64 keys_empty[kHopperStages];
  u64 values_full[kHopperStages];
  u64 values_empty[kHopperStages];
  u64 last_full;
  int blocks[kHopperStages];  // 2 * block + 1 if it is seen whole, or -1
  u8 flags[2][kScoutBlocks];

  __device__ void init() {
    for (int stage = 0; stage < kHopperStages; ++stage) {
      barrier_init(&keys_full[stage], 1);
      barrier_init(&keys_empty[stage], kReturns);
      barrier_init(&values_full[stage], 1);
      barrier_init(&values_empty[stage], kReturns);
    }
    barrier_init(&last_full, 1);
    barrier_init_fence();
  }
};

// A place in the ring, and the parity of the phase in which it is filled.
struct RingPlace {
  int stage = 0;
  int parity = 0;

  __device__ __forceinline__ void advance() {
    if (++stage == kHopperStages) {
      stage = 0;
      parity ^= 1;
    }
  }
};

template <typename T>
__device__ void scout_blocks(HopperShared<T>& shared, const AttentionParameters& p, const HeadView& view, const QueryRange& range) {
  int stretch = 0;
  for (int first = 0; first < view.count; first += kScoutBlocks * kHopperBlock, stretch ^= 1) {
    int end = min(first + kScoutBlocks * kHopperBlock, view.count);
    scan_blocks<kHopperBlock, kScouts>(shared.flags[stretch], p, view, first, end, range, threadIdx.x - kWarpSize);
    named_barrier_sync(kScoutBarrier, kWarpgroupSize);
  }
}

// One warp, which issues all copies of a tile.
template <typename T>
struct BlockLoader {
  HopperShared<T>& shared;
  const AttentionParameters& p;
  const HeadView& view;
  const TensorMap& keys;
  const TensorMap& values;
  RingPlace place;

  __device__ void run() {
    int stretch = 0;
    for (int first = 0; first < view.count; first += kScoutBlocks * kHopperBlock, stretch ^= 1) {
      named_barrier_sync(kScoutBarrier, kWarpgroupSize);
      int end = (min(first + kScoutBlocks * kHopperBlock, view.count) + kHopperBlock - 1) / kHopperBlock;
      for (int block = first / kHopperBlock; block < end; ++block) {
        u8 flag = shared.flags[stretch][block - first / kHopperBlock];
        if (!(flag & kBlockSeen)) continue;
        if ((block + 1) * kHopperBlock <= view.count) {
          load(block, (flag & kBlockWhole) != 0);
        } else {
          load_last(block, view.count - block * kHopperBlock);
        }
        place.advance();
      }
    }
    barrier_wait(&shared.keys_empty[place.stage], place.parity ^ 1);
    if (threadIdx.x == 0) {
      shared.blocks[place.stage] = -1;
      barrier_arrive(&shared.keys_full[place.stage]);
    }
  }

 private:
  static constexpr int kPageBytes = kPageSlots * kHeadDim * static_cast<int>(sizeof(T));
  static constexpr int kPositionBytes = kPageSlots * static_cast<int>(sizeof(int));

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
    copy_bulk(&shared.positions[place.stage][threadIdx.x * kPageSlots], p.slot_positions + static_cast<i64>(page) * kPageSlots, kPositionBytes, barrier);
  }

  // All slots of the block are in use.
  __device__ void load(int block, bool whole) {
    int stage = place.stage;
    int page = page_of(view.pages, block, kBlockPages), value_page = page_of(view.pages + p.value_pages, block, kBlockPages);
    barrier_wait(&shared.keys_empty[stage], place.parity ^ 1);
    if (threadIdx.x == 0) {
      shared.blocks[stage] = 2 * block + (whole ? 1 : 0);
      barrier_expect(&shared.keys_full[stage], kBlockPages * (kPageBytes + (whole ? 0 : kPositionBytes)));
    }
    __syncwarp();
    if (threadIdx.x < kBlockPages) {
      copy_page(shared.keys[stage], keys, page, &shared.keys_full[stage]);
      if (!whole) copy_positions(page, &shared.keys_full[stage]);
    }
    barrier_wait(&shared.values_empty[stage], place.parity ^ 1);
    if (threadIdx.x == 0) barrier_expect(&shared.values_full[stage], kBlockPages * kPageBytes);
    __syncwarp();
    if (threadIdx.x < kBlockPages) copy_page(shared.values[stage], values, value_page, &shared.values_full[stage]);
  }

  // Only the first slots of the block are in use. Whatever the pages hold behind them must not get into sums, not even times zero.
  __device__ void load_last(int block, int slots) {
    int stage = place.stage, pages = (slots + kPageSlots - 1) / kPageSlots;
    int page = page_of(view.pages, block, pages), value_page = page_of(view.pages + p.value_pages, block, pages);
    barrier_wait(&shared.keys_empty[stage], place.parity ^ 1);
    barrier_wait(&shared.values_empty[stage], place.parity ^ 1);
    if (threadIdx.x == 0) barrier_expect(&shared.last_full, pages * (2 * kPageBytes + kPositionBytes));
    __syncwarp();
    if (static_cast<int>(threadIdx.x) < pages) {
      copy_page(shared.keys[stage], keys, page, &shared.last_full);
      copy_page(shared.values[stage], values, value_page, &shared.last_full);
      copy_positions(page, &shared.last_full);
    }
    barrier_wait(&shared.last_full, 0);
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
    __syncwarp();
    if (threadIdx.x == 0) {
      shared.blocks[stage] = 2 * block;
      barrier_arrive(&shared.keys_full[stage]);
      barrier_arrive(&shared.values_full[stage]);
    }
  }
};
