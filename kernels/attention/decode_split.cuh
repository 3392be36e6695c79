// decode_split.cuh - what a block of the decode kernels does: the state of a tile of rows after one split, and the result of the tile where it comes last.
#pragma once
#include "attention/decode_merge.cuh"
#include "attention/decode_tile.cuh"
#include "attention/float_tile.cuh"
#include "attention/walk.cuh"

// Blocks that a multiprocessor should have registers for: no more than have shared memory there.
constexpr int kDecodeBlocks = sizeof(KV_TYPE) != 2 || kRoundSlots == 256 ? 1 : kRoundSlots == 128 ? (kHeadDim <= 64 ? 3 : 1) : kHeadDim <= 128 ? 4 : 2;

template <typename T>
struct DecodeTileOf {
  using Type = DecodeTile<T>;
};

template <>
struct DecodeTileOf<float> {
  using Type = FloatTile;
  static_assert(sizeof(KV_TYPE) == 2 || kRoundThreads == kThreads, "tiles of F32 are for so many threads");
};

template <typename Tile>
struct DecodeShared {
  union {
    typename Tile::Shared tile;
    MergeTable<sizeof(typename Tile::Shared)> table;  // of the block that comes last, when it is done with the tile
  };
  u8 flags[kSplitSlots / Tile::kBlock];
  bool last;
};

// Nothing but attention is wanted.
struct NoSignals {
  static constexpr bool kWanted = false;
};

// Runs a tile over the split that begins at entry `first`.
template <typename T, typename Tile, typename Signals>
__device__ __forceinline__ void run_split(Tile& tile, typename Tile::Shared& shared, const AttentionParameters& p, const HeadView& view,
                                          const SplitPages& pages, int first_row, int first, const u8* flags, const Signals& signals) {
  if constexpr (sizeof(T) == 2) {
    tile.run(shared, p, view, pages, first, flags, signals);
  } else {
    int end = min(first + kSplitSlots, view.count);
    SeenBlocks seen = {WINDOW != 0 ? flags : nullptr, first / Tile::kBlock, (end + Tile::kBlock - 1) / Tile::kBlock};
    tile.begin(shared, p, view, first_row);
    walk(tile, shared, p, view, seen, [](int) {});
  }
}

template <typename T, typename Signals>
__device__ __forceinline__ void decode(const AttentionParameters& p, const Signals& signals) {
  using Tile = typename DecodeTileOf<T>::Type;
  using Shared = DecodeShared<Tile>;
  extern __shared__ __align__(128) u8 memory[];
  static_assert(sizeof(Shared) == SHARED_BYTES, "CudaAttentionShapes counts shared memory too");
  auto& shared = *reinterpret_cast<Shared*>(memory);
  int split = blockIdx.x, tile_index = p.tiles == 1 ? 0 : blockIdx.z % p.tiles, sequence = p.tiles == 1 ? blockIdx.z : blockIdx.z / p.tiles;
  int first_row = tile_index * kTileRows;
  Tile tile;
  SplitPages pages;
  HeadView view;
  view.read(p, sequence, blockIdx.y, gridDim.y);
  if constexpr (sizeof(T) == 2) {
    pages.load(p, view, split);
    tile.fetch(p, view, first_row);
  }
  view.check(p);
  int splits = max((view.count + kSplitSlots - 1) / kSplitSlots, 1);
  if (view.rows > p.split_rows || first_row >= view.rows || split >= splits) return;
  if (splits > p.splits) __trap();
  if (Signals::kWanted && view.rows > p.partial_rows) __trap();

  int rows = min(kTileRows, view.rows - first_row), first = split * kSplitSlots;
  if constexpr (WINDOW != 0) {
    int end = min(first + kSplitSlots, view.count);
    scan_blocks<Tile::kBlock, kRoundThreads>(shared.flags, p, view, first, end, query_range(p, view, first_row, first_row + rows));
    __syncthreads();
  }
  if constexpr (sizeof(T) == 2) pages.check(p, view, first);
  run_split<T>(tile, shared.tile, p, view, pages, first_row, first, shared.flags, signals);
  float sum[Tile::kOwnedRows];
#pragma unroll
  for (int i = 0; i < Tile::kOwnedRows; ++i) sum[i] = tile.sum_of(i);

  // Log-sum-exps of the tile's rows, in units of scores.
  __shared__ float shifts[Signals::kWanted ? kTileRows : 1];
  auto found = [&](int row, float log_sum_exp) {
    if constexpr (Signals::kWanted) shifts[row] = log_sum_exp * ScoreUnits<T>::per_natural();
  };
  if (splits == 1) {
    write_result<T>(tile, sum, p, view, first_row, found);
  } else {
    TilePartials partials(p, sequence, blockIdx.y, gridDim.y, tile_index);
    write_partial(tile, sum, p, rows, partials, split);
    if (!comes_last(shared.last, partials.ticket, splits)) return;
    merge_splits<T, kRoundThreads>(shared.table, p, view, first_row, rows, partials, splits, found);
  }
  if constexpr (Signals::kWanted) {
    if (signals.p.apart) return;
    __syncthreads();
    signals.template finish<kRoundThreads, 4>(view, shifts, 0, view.count);
  }
}
