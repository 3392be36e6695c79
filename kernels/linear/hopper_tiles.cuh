// hopper_tiles.cuh - what the kernels for Hopper of this folder share: rings of stages that one thread fills, and the order of tiles.
#pragma once
#include "common/cluster.cuh"
#include "common/hopper.cuh"
#include "linear/params.cuh"

// Boxes lie on 1024 bytes, which shared memory is not said to begin with.
constexpr int kBoxAlignment = 1024;
// Inputs of a line of 128 bytes, and of one product.
constexpr int kLineInputs = 64;
constexpr int kLineBytes = 2 * kLineInputs;
constexpr int kProductInputs = 16;

// One warpgroup copies, two multiply.
constexpr int kGroups = 2;
constexpr int kThreads = (1 + kGroups) * kWarpgroupSize;
// Registers of a thread that copies and of one that multiplies, together what a multiprocessor has for as many threads at the start.
constexpr int kCopyRegisters = 24;
constexpr int kProductRegisters = 240;

// Row tiles of a band: with as many outputs, about what multiprocessors work on at a time.
constexpr int kMostBandTiles = 12;

struct LinearMaps {
  TensorMap input;
  TensorMap weight[kMostParts];
};

struct OutputMaps {
  TensorMap part[kMostParts];
};

// A ring of stages, and where in it a thread is. Each stage takes 16 bytes besides, for its barriers.
template <int kStages, int kStageBytes>
struct Ring {
  u8* stages;
  u64* full;
  u64* empty;
  int slot;
  int parity;

  // To be called by one thread; so many hand a stage back.
  __device__ __forceinline__ void init(int releases) const {
    for (int i = 0; i < kStages; ++i) {
      barrier_init(full + i, 1);
      barrier_init(empty + i, releases);
    }
  }

  __device__ __forceinline__ u8* stage() const { return stages + slot * kStageBytes; }

  __device__ __forceinline__ void next() {
    if (++slot == kStages) {
      slot = 0;
      parity ^= 1;
    }
  }
};

template <int kStages, int kStageBytes>
__device__ __forceinline__ Ring<kStages, kStageBytes> ring_at(u8* stages, u8* barriers) {
  u64* full = reinterpret_cast<u64*>(barriers);
  return {stages, full, full + kStages, 0, 0};
}

__device__ __forceinline__ u8* aligned_to_boxes(u8* shared) { return shared + (-shared_address(shared) & (kBoxAlignment - 1)); }

// Two blocks side by side share what they multiply.
constexpr int kPairBlocks = 2;

// Arrives at the barrier that has this place in a block of the cluster. PTX ISA 9.7.13.15.13 (mbarrier.arrive)
__device__ __forceinline__ void barrier_arrive_in_block(u64* barrier, u32 block) {
  u32 there = address_in_block(shared_address(barrier), block);
  asm volatile("mbarrier.arrive.shared::cluster.b64 _, [%0];" ::"r"(there) : "memory");
}

// As copy_box, to the same place of both blocks of a pair, whose barriers at the place of this one each count the bytes that came to their own block.
// PTX ISA 9.7.9.27.1 (cp.async.bulk.tensor)
__device__ __forceinline__ void copy_box_to_pair(void* shared, const TensorMap& map, int column, int row, u64* barrier) {
  constexpr u16 kBoth = (1 << kPairBlocks) - 1;
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%2, %3}], [%4], %5;" ::"r"(
          shared_address(shared)),
      "l"(&map), "r"(column), "r"(row), "r"(shared_address(barrier)), "h"(kBoth)
      : "memory");
}

struct Tiles {
  int row_tiles;
  int output_tiles;
  int band_tiles;

  __device__ __forceinline__ int count() const { return row_tiles * output_tiles; }
};

template <int kTileRows, int kTileOutputs, bool kFused>
__device__ __forceinline__ Tiles divide(const LinearParams& params) {
  LinearPart last = kFused ? params.parts[1] : part_of(params, 0x7fffffff);
  Tiles tiles;
  tiles.row_tiles = (params.rows + kTileRows - 1) / kTileRows;
  tiles.output_tiles = (kFused ? 0 : last.first_tile) + (last.outputs + kTileOutputs - 1) / kTileOutputs;
  int bands = (tiles.row_tiles + kMostBandTiles - 1) / kMostBandTiles;
  tiles.band_tiles = (tiles.row_tiles + bands - 1) / bands;
  return tiles;
}

struct Place {
  int row_tile;
  int output_tile;
};

// Bands one after the other; in a band all row tiles of an output tile, then those of the next.
__device__ __forceinline__ Place place_of(const Tiles& tiles, int tile) {
  int band = tile / (tiles.band_tiles * tiles.output_tiles), first = band * tiles.band_tiles;
  int rows = min(tiles.band_tiles, tiles.row_tiles - first), rest = tile - first * tiles.output_tiles;
  return {first + rest % rows, rest / rows};
}

// The number of the part that an output tile is of.
__device__ __forceinline__ int part_number(const LinearParams& params, int output_tile) {
  int part = 0;
#pragma unroll
  for (int i = 1; i < kMostParts; ++i) {
    if (i < params.count && output_tile >= params.parts[i].first_tile) part = i;
  }
  return part;
}
