// hopper_shared.cuh - what the warpgroups of the Hopper prefill kernel hand to each other in shared memory.
//
// One warpgroup provides: three of its warps plan (hopper_plan.cuh), the first one loads (hopper_loads.cuh). The other two consume (hopper_tile.cuh).
// Three rings of slots connect them, each with barriers that say when a slot is full and when it is empty again: tiles of rows and stretches of blocks
// with what a tile sees of them, from planners to the loader; and stages, from the loader to the consumers, which hold keys and values of a block or, as they
// lie in memory, the queries that a tile begins with. So each of them is ahead of the next, from one tile to another as well: planners by most of a tile.
//
// Rounded queries, keys and values lie as tensor maps with a swizzle of 128 bytes leave them: for each 64 columns of the head, lines of 128 bytes. A page
// is 16 lines of each.
#pragma once
#include "attention/mask.cuh"
#include "attention/tensor_core.cuh"
#include "common/hopper.cuh"

constexpr int kConsumers = 2;
constexpr int kHopperThreads = kWarpgroupSize * (1 + kConsumers);
constexpr int kGroupRows = 64;
constexpr int kHalfRows = kGroupRows / 2;
constexpr int kHopperRows = kConsumers * kGroupRows;
constexpr int kHopperBlock = kTensorBlock;
constexpr int kLineValues = 64;
constexpr int kColumnParts = kHeadDim / kLineValues;
constexpr int kHopperStages = kHeadDim <= 64 ? 8 : 5;
constexpr int kBlockPages = kHopperBlock / kPageSlots;
constexpr int kConsumerWarps = kConsumers * kWarpgroupSize / kWarpSize;
constexpr int kPlanners = kWarpgroupSize - kWarpSize;
constexpr int kPlannerWarps = kPlanners / kWarpSize;
constexpr int kTileSlots = 2;
// Enough for planners to be done with a tile before consumers are.
constexpr int kStretches = 8;
constexpr int kStretchBlocks = 24;

// The named barriers: of the planners, of each consumer for itself, and of each consumer's turn; 0 is that of __syncthreads.
constexpr int kPlannerBarrier = 1;
constexpr int kConsumerBarrier = 2;
constexpr int kTurnBarrier = kConsumerBarrier + kConsumers;

// Planners look at more there, and take registers from consumers.
constexpr bool kManyMasks = TREE != 0 || WINDOW != 0;

static_assert(kHeadDim % kLineValues == 0 && kHeadDim <= 128 && LISTS == 0 && kHopperBlock == 64, "other calls have the kernel of prefill.cu");

// A tile of rows of one KV head of one sequence.
struct TileSlot {
  alignas(8) u8 head[sizeof(HeadView)];
  const int* count;  // where the head's count of slots is
  int first_row;  // -1 where no tile follows
  int positions[kHopperRows];

  __device__ __forceinline__ const HeadView& view() const { return *reinterpret_cast<const HeadView*>(head); }
};

// Some blocks of a tile, with the pages that they lie in. Where the four of a block follow one another in the pool, one copy brings them.
struct alignas(16) Stretch {
  int pages[kStretchBlocks * kBlockPages];
  int value_pages[kStretchBlocks * kBlockPages];
  int first;
  int blocks;
  bool last;  // of its tile
  u8 flags[kStretchBlocks];
  u8 runs[kStretchBlocks];
};

constexpr u8 kKeysRun = 1;
constexpr u8 kValuesRun = 2;

// What a stage holds: a block, 2 * block + 1 if it is seen whole; so many of a consumer's rows, as -1 - rows, in stages one behind the other; or nothing,
// where no tile follows.
constexpr int kNoContents = -1;

template <typename T>
struct HopperShared {
  static constexpr int kPart = kHopperBlock * kLineValues;
  static_assert(kHopperBlock * sizeof(T) == kHalfRows * sizeof(float), "keys of a block, and its values, have the room of half a consumer's rows");

  alignas(1024) T queries[kConsumers][kColumnParts][kGroupRows * kLineValues];
  T keys[kHopperStages][kColumnParts][kPart];
  T values[kHopperStages][kColumnParts][kPart];
  alignas(16) int positions[kHopperStages][kHopperBlock];  // of blocks that are not seen whole
  alignas(16) int sighted[kPlanners][kPageSlots];        // by planners, each of its own page
  Stretch stretches[kStretches];
  u64 keys_full[kHopperStages];
  u64 keys_empty[kHopperStages];
  u64 values_full[kHopperStages];
  u64 values_empty[kHopperStages];
  u64 tile_full[kTileSlots];
  u64 tile_empty[kTileSlots];
  u64 stretch_full[kStretches];
  u64 stretch_empty[kStretches];
  u64 last_full;
  TileSlot tiles[kTileSlots];
  int contents[kHopperStages];  // see below

  // Half of a consumer's queries as they lie in memory.
  __device__ __forceinline__ float* raw_queries(int stage, int half) { return reinterpret_cast<float*>(half == 0 ? keys[stage] : values[stage]); }

  // For a whole warp.
  __device__ __forceinline__ void init() {
    static_assert(kHopperStages <= kWarpSize && kTileSlots <= kWarpSize && kStretches <= kWarpSize, "a lane makes the barriers of one slot of each ring");
    int slot = threadIdx.x % kWarpSize;
    if (slot < kHopperStages) {
      barrier_init(&keys_full[slot], 1);
      barrier_init(&keys_empty[slot], kConsumerWarps);
      barrier_init(&values_full[slot], 1);
      barrier_init(&values_empty[slot], kConsumerWarps);
    }
    if (slot < kTileSlots) {
      barrier_init(&tile_full[slot], kPlannerWarps);
      barrier_init(&tile_empty[slot], kConsumerWarps);
    }
    if (slot < kStretches) {
      barrier_init(&stretch_full[slot], kPlannerWarps);
      barrier_init(&stretch_empty[slot], 1);
    }
    if (slot == 0) barrier_init(&last_full, 1);
    barrier_init_fence();
  }
};

// A slot of a ring of kSlots, and the parity of the phase in which it is filled.
template <int kSlots>
struct RingPlace {
  int slot = 0;
  int parity = 0;

  __device__ __forceinline__ void advance() {
    if (++slot == kSlots) {
      slot = 0;
      parity ^= 1;
    }
  }

  __device__ __forceinline__ void wait_full(u64 (&full)[kSlots]) const { barrier_wait(&full[slot], parity); }
  __device__ __forceinline__ void wait_empty(u64 (&empty)[kSlots]) const { barrier_wait(&empty[slot], parity ^ 1); }

  // One lane of each warp of those who hand over; what the warp did before is seen by who waits.
  __device__ __forceinline__ void arrive(u64 (&barriers)[kSlots]) const {
    __syncwarp();
    if (threadIdx.x % kWarpSize == 0) barrier_arrive(&barriers[slot]);
  }
};
