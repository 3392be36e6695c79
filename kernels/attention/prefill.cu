// prefill.cu - out[t, h] = sum over visible slots j of softmax_j(score(q[t, h], k[j, g])) v[j, g], g = h / group, for sequences of many rows
//
// Pointers, shapes and types: AttentionParameters in arguments.cuh. A query that sees nothing gives zeros and a log-sum-exp of minus infinity.
// Grid (tiles of rows, kvHeads, sequences), 128 threads. A block walks one tile's visible slots in ascending order: a tile has 64 rows over 16-bit
// caches (tensor cores) and 16 rows over F32 ones. Blocks past the tiles of a sequence, and those of sequences that belong to the decode
// kernel, end at once. The sums of finished splits wait in `output`, where only their own thread reads them.
// The bits of a row depend on its query and the slots it sees alone: see tensor_core.cuh. Decode gives the same ones.
// Source: Dao 2023, arXiv:2307.08691. Bound by tensor cores: 4 * rows * visible slots * headDim flops; reads keys and values once a tile.
#include "attention/arguments.cuh"
#include "attention/float_tile.cuh"
#include "attention/prefill_tile.cuh"
#include "attention/walk.cuh"

// Slots whose visibility is worked out at a time.
constexpr int kScanSlots = 8192;

template <typename T>
struct PrefillTileOf {
  using Type = PrefillTile<T>;
};

template <>
struct PrefillTileOf<float> {
  using Type = FloatTile;
};

template <typename Tile>
struct PrefillShared {
  typename Tile::Shared tile;
  u8 flags[kScanSlots / Tile::kBlock];
};

// The splits that a tile has done with: states in registers, weighted values in `output`.
template <typename T, typename Tile>
struct MergedSplits {
  float greatest[Tile::kOwnedRows];
  float sum[Tile::kOwnedRows];
  bool any = false;

  __device__ MergedSplits() {
#pragma unroll
    for (int i = 0; i < Tile::kOwnedRows; ++i) {
      greatest[i] = minus_infinity();
      sum[i] = 0.0f;
    }
  }

  // Merges the tile's split into what was merged before, and writes that, or, as the last one, the result.
  __device__ void add(Tile& tile, const AttentionParameters& p, const HeadView& view, int first_row, bool last) {
    MergeFactors factors[Tile::kOwnedRows];
    float inverse[Tile::kOwnedRows];
    float* to[Tile::kOwnedRows];
#pragma unroll
    for (int i = 0; i < Tile::kOwnedRows; ++i) {
      factors[i] = merge_factors<T>(greatest[i], tile.greatest[i]);
      greatest[i] = factors[i].greatest;
      sum[i] = merge_value(sum[i], tile.sum_of(i), factors[i]);
      inverse[i] = inverse_of(sum[i]);
      int row = first_row + Tile::row_of(i);
      to[i] = row < view.rows ? p.output + view.query_of(row) * kHeadDim : nullptr;
    }
    tile.visit([&](int i, int column, float a, float b) {
      if (to[i] == nullptr) return;
      float2 value = make_float2(0.0f, 0.0f);
      if (any) value = *reinterpret_cast<float2*>(to[i] + column);
      value = make_float2(merge_value(value.x, a, factors[i]), merge_value(value.y, b, factors[i]));
      if (last) value = make_float2(finish_value(value.x, inverse[i]), finish_value(value.y, inverse[i]));
      *reinterpret_cast<float2*>(to[i] + column) = value;
    });
    any = true;
  }

  __device__ void write_log_sum_exp(const AttentionParameters& p, const HeadView& view, int first_row) const {
#pragma unroll
    for (int i = 0; i < Tile::kOwnedRows; ++i) {
      int row = first_row + Tile::row_of(i);
      if (Tile::writes_states() && row < view.rows) p.log_sum_exp[view.query_of(row)] = log_sum_exp_of<T>(greatest[i], sum[i]);
    }
  }
};

template <typename T, typename Tile>
__device__ __forceinline__ void prefill(const AttentionParameters& p) {
  extern __shared__ __align__(128) u8 memory[];
  static_assert(sizeof(PrefillShared<Tile>) == SHARED_BYTES, "CudaAttentionVariant counts shared memory too");
  auto& shared = *reinterpret_cast<PrefillShared<Tile>*>(memory);
  HeadView view(p, blockIdx.z, blockIdx.y, gridDim.y);
  int tiles = (view.rows + Tile::kRows - 1) / Tile::kRows;
  if (view.rows <= p.split_rows || static_cast<int>(blockIdx.x) >= tiles) return;

  // The last tiles of a causal sequence see the most and begin first.
  int first_row = (tiles - 1 - static_cast<int>(blockIdx.x)) * Tile::kRows;
  QueryRange range = query_range(p, view, first_row, min(first_row + Tile::kRows, view.rows));
  Tile tile;
  tile.begin(shared.tile, p, view, first_row);
  MergedSplits<T, Tile> merged;
  int split = -1;
  for (int first = 0; first < view.count; first += kScanSlots) {
    int end = min(first + kScanSlots, view.count);
    scan_blocks<Tile::kBlock>(shared.flags, p, view, first, end, range);
    __syncthreads();
    SeenBlocks seen = {shared.flags, first / Tile::kBlock, (end + Tile::kBlock - 1) / Tile::kBlock};
    walk(tile, shared.tile, p, view, seen, [&](int block) {
      if (block / (kSplitSlots / Tile::kBlock) == split) return;
      if (split >= 0) {
        merged.add(tile, p, view, first_row, false);
        tile.reset();
      }
      split = block / (kSplitSlots / Tile::kBlock);
    });
  }
  merged.add(tile, p, view, first_row, true);
  if constexpr (LOG_SUM_EXP != 0) merged.write_log_sum_exp(p, view, first_row);
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_attention_prefill(const AttentionParameters p) {
  prefill<KV_TYPE, typename PrefillTileOf<KV_TYPE>::Type>(p);
}
