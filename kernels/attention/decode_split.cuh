// decode_split.cuh - what a block of the decode kernels does: the state of a tile of rows after one split, and the result of the tile where it comes last.
#pragma once
#include "attention/decode_cluster.cuh"
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
    MergeTable<sizeof(typename Tile::Shared)> table;  // of the block that comes last, or of all blocks of a cluster, when they are done with the tile
  };
  u8 flags[kMostOwnSplits * kSplitSlots / Tile::kBlock];
  bool last;
};

template <typename Tile>
struct ClusterShared {
  DecodeShared<Tile> split;
  ClusterStates states;
};

template <typename Tile, typename Signals>
struct ClusterSignalShared : ClusterShared<Tile> {
  typename Signals::Shared signals;
};

// Nothing but attention is wanted.
struct NoSignals {
  static constexpr bool kWanted = false;
};

// The tile after the block's split, or each of its splits; done(split, sums of its rows) is called after each.
template <typename T, typename Tile, typename Signals, typename F>
__device__ __forceinline__ void run_splits(Tile& tile, DecodeShared<Tile>& shared, const AttentionParameters& p, const HeadView& view, const SplitPages& pages,
                                           int first_row, int rows, int splits, Signals& signals, F done) {
  int split = blockIdx.x, first = split * kSplitSlots, end = min(first + kSplitSlots, view.count);
  if constexpr (WINDOW != 0) {
    QueryRange range = query_range(p, view, first_row, first_row + rows);
    scan_blocks<Tile::kBlock, kRoundThreads>(shared.flags, p, view, first, end, range);
    if constexpr (kSeveral) {
      u8* flags = shared.flags;
      for (int next = split + gridDim.x; next < splits; next += gridDim.x) {
        int begin = next * kSplitSlots;
        flags += kSplitSlots / Tile::kBlock;
        scan_blocks<Tile::kBlock, kRoundThreads>(flags, p, view, begin, min(begin + kSplitSlots, view.count), range);
      }
    }
    __syncthreads();
  }
  auto finish = [&](int split) {
    float sum[Tile::kOwnedRows];
#pragma unroll
    for (int i = 0; i < Tile::kOwnedRows; ++i) sum[i] = tile.sum_of(i);
    done(split, sum);
  };
  if constexpr (sizeof(T) == 2) {
    tile.run(shared.tile, p, view, pages, split, splits, shared.flags, signals, finish);
  } else {
    SeenBlocks seen = {WINDOW != 0 ? shared.flags : nullptr, first / Tile::kBlock, (end + Tile::kBlock - 1) / Tile::kBlock};
    tile.begin(shared.tile, p, view, first_row);
    walk(tile, shared.tile, p, view, seen, [](int) {});
    finish(split);
  }
}

// The result of a tile whose splits are worked on by blocks of their own: by the one that comes last.
template <typename T, typename Tile, typename Signals>
__device__ __forceinline__ void decode_apart(Tile& tile, DecodeShared<Tile>& shared, const AttentionParameters& p, const HeadView& view,
                                             const SplitPages& pages, int tile_index, int rows, int splits, Signals& signals) {
  int sequence = p.tiles == 1 ? blockIdx.z : blockIdx.z / p.tiles, first_row = tile_index * kTileRows;
  float sum[Tile::kOwnedRows];
  run_splits<T>(tile, shared, p, view, pages, first_row, rows, splits, signals, [&](int, const float(&found)[Tile::kOwnedRows]) {
#pragma unroll
    for (int i = 0; i < Tile::kOwnedRows; ++i) sum[i] = found[i];
  });

  // Log-sum-exps of the tile's rows, in units of scores.
  __shared__ float shifts[Signals::kWanted ? kTileRows : 1];
  auto found = [&](int row, float log_sum_exp) {
    if constexpr (Signals::kWanted) shifts[row] = log_sum_exp * ScoreUnits<T>::per_natural();
  };
  if (splits == 1) {
    write_result<T>(tile, sum, p, view, first_row, found);
  } else {
    TilePartials partials(p, sequence, blockIdx.y, gridDim.y, tile_index);
    write_partial(tile, sum, p, rows, partials, blockIdx.x);
    if (!comes_last(shared.last, partials.ticket, splits)) return;
    merge_splits<T, kRoundThreads>(shared.table, p, view, first_row, rows, partials, splits, found);
  }
  if constexpr (Signals::kWanted) {
    if (signals.p.apart) return;
    __syncthreads();
    signals.template finish<kRoundThreads, 4>(view, shifts, 0, view.count);
  }
}

// The same by all blocks of a cluster together.
template <typename T, typename Tile, typename Signals>
__device__ __forceinline__ void decode_together(Tile& tile, DecodeShared<Tile>& shared, ClusterStates& states, const AttentionParameters& p,
                                                const HeadView& view, const SplitPages& pages, int first_row, int rows, int splits, Signals& signals) {
  static_assert(sizeof(T) == 2, "clusters are for 16-bit caches");
  cluster_arrive_relaxed();
  bool begun = false;
  auto wait_for_all = [&]() {
    if (!begun) cluster_wait();
    begun = true;
  };
  if (static_cast<int>(blockIdx.x) < splits) {
    run_splits<T>(tile, shared, p, view, pages, first_row, rows, splits, signals, [&](int split, const float(&sum)[Tile::kOwnedRows]) {
      wait_for_all();
      states.tell(tile, sum, split, splits, rows);
    });
  }
  wait_for_all();
  if constexpr (Signals::kWanted && kSeveral) signals.find_places(view);
  cluster_arrive();
  cluster_wait();
  states.template merge<T>(shared.table, p, view, first_row, rows, splits);
  if constexpr (Signals::kWanted) {
    __syncthreads();
    signals.finish(view, states.shifts);
  }
}

template <typename Tile, typename Signals, bool kCluster, bool kSignals>
struct DecodeSharedOf {
  using Type = DecodeShared<Tile>;
};

template <typename Tile, typename Signals>
struct DecodeSharedOf<Tile, Signals, true, false> {
  using Type = ClusterShared<Tile>;
};

template <typename Tile, typename Signals>
struct DecodeSharedOf<Tile, Signals, true, true> {
  using Type = ClusterSignalShared<Tile, Signals>;
};

template <typename T, typename Signals>
__device__ __forceinline__ void decode(const AttentionParameters& p, Signals signals) {
  using Tile = typename DecodeTileOf<T>::Type;
  using Shared = typename DecodeSharedOf<Tile, Signals, CLUSTER != 0, Signals::kWanted>::Type;
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
  if (view.rows > p.split_rows || first_row >= view.rows || (CLUSTER == 0 && split >= splits)) return;
  if (splits > p.splits) __trap();
  if (Signals::kWanted && view.rows > p.partial_rows) __trap();

  int rows = min(kTileRows, view.rows - first_row);
  if (sizeof(T) == 2 && rows > kDecodeRows) __trap();
  if constexpr (kSeveral) {
    int own = (splits + static_cast<int>(gridDim.x) - 1) >> ClusterStates::logarithm();
    if (own > kMostOwnSplits || own * rows > kSeveralStates) __trap();
  }
  if constexpr (sizeof(T) == 2) pages.check(p, view, split * kSplitSlots);
  if constexpr (CLUSTER != 0) {
    if constexpr (Signals::kWanted) signals.keep_in(shared.signals);
    decode_together<T>(tile, shared.split, shared.states, p, view, pages, first_row, rows, splits, signals);
  } else {
    decode_apart<T>(tile, shared, p, view, pages, tile_index, rows, splits, signals);
  }
}
