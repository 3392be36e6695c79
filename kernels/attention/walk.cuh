// walk.cuh - runs a tile of rows over the blocks of slots that it sees, with the copies of later blocks on their way meanwhile.
#pragma once
#include "attention/mask.cuh"
#include "attention/tiles.cuh"

// Which of the blocks from `first` on are seen; without flags all of them are, and none is known to be seen whole.
struct SeenBlocks {
  const u8* flags;
  int first;
  int end;

  __device__ __forceinline__ int next(int block) const {
    while (flags != nullptr && block < end && !(flags[block - first] & kBlockSeen)) ++block;
    return block;
  }

  __device__ __forceinline__ bool whole(int block) const { return flags != nullptr && (flags[block - first] & kBlockWhole); }
};

// Calls before(block) and then tile.block(...) for each seen block in ascending order; all threads of the block. Ends with a barrier.
template <typename Tile, typename F>
__device__ __forceinline__ void walk(Tile& tile, typename Tile::Shared& shared, const AttentionParameters& p, const HeadView& view,
                                     const SeenBlocks& seen, F before) {
  constexpr int kStages = Tile::Tiles::kStages;
  CallMask mask = mask_of(p, view);
  int ahead = seen.next(seen.first);
  int block = ahead;
  for (int stage = 0; stage < kStages - 1; ++stage) {
    if (ahead < seen.end) {
      shared.tiles.load(stage, p, view, ahead);
      ahead = seen.next(ahead + 1);
    } else {
      Tile::Tiles::load_nothing();
    }
  }
  int stage = 0;
  while (block < seen.end) {
    if constexpr (kStages == 1) {
      __syncthreads();
      shared.tiles.load(0, p, view, block);
      copy_async_wait<1>();
      __syncthreads();
    } else {
      copy_async_wait<2 * (kStages - 2) + 1>();
      __syncthreads();
      if (ahead < seen.end) {
        shared.tiles.load((stage + kStages - 1) % kStages, p, view, ahead);
        ahead = seen.next(ahead + 1);
      } else {
        Tile::Tiles::load_nothing();
      }
    }
    before(block);
    tile.block(shared, p, mask, stage, block, seen.whole(block));
    block = seen.next(block + 1);
    stage = (stage + 1) % kStages;
  }
  copy_async_wait<0>();
  __syncthreads();
}
