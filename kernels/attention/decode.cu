// decode.cu - out[t, h] = sum over visible slots j of softmax_j(score(q[t, h], k[j, g])) v[j, g], g = h / group, for sequences of few rows
//
// Pointers, shapes and types: AttentionParameters in arguments.cuh. A query that sees nothing gives zeros and a log-sum-exp of minus infinity.
// Grid (splits, kvHeads, sequences * tiles), 128 threads. A block takes one split of 256 slots of one tile of 16 rows; where a sequence has
// several splits, each block leaves its sums in `partial`, and the last one of a tile to arrive merges them in ascending order, so the order of
// arrival does not matter. It sets the ticket back to zero for the next launch. Blocks past the counts end at once: the grid may come from
// capacities, and a captured launch serves all lengths. One read of keys and values serves the whole query group.
// The bits of a row depend on its query and the slots it sees alone: see tensor_core.cuh. Prefill gives the same ones.
// Source: Dao et al. 2023, "Flash-Decoding for long-context inference". Bound by memory: 2 * slots * headDim * sizeof(T) bytes a KV head.
#include "attention/arguments.cuh"
#include "attention/decode_tile.cuh"
#include "attention/float_tile.cuh"
#include "attention/walk.cuh"

template <typename T>
struct DecodeTileOf {
  using Type = DecodeTile<T>;
};

template <>
struct DecodeTileOf<float> {
  using Type = FloatTile;
};

template <typename Tile>
struct DecodeShared {
  typename Tile::Shared tile;
  u8 flags[kSplitSlots / Tile::kBlock];
  bool last;
};

// The whole result of a tile whose slots make one split, and whose probabilities have these sums.
template <typename T, typename Tile>
__device__ __forceinline__ void write_result(Tile& tile, const float (&sum)[Tile::kOwnedRows], const AttentionParameters& p, const HeadView& view,
                                             int first_row) {
  tile.visit([&](int i, int column, float a, float b) {
    int row = first_row + Tile::row_of(i);
    if (row >= view.rows) return;
    float inverse = inverse_of(sum[i]);
    float2 value = make_float2(finish_value(a, inverse), finish_value(b, inverse));
    *reinterpret_cast<float2*>(p.output + view.query_of(row) * kHeadDim + column) = value;
  });
  if constexpr (LOG_SUM_EXP != 0) {
#pragma unroll
    for (int i = 0; i < Tile::kOwnedRows; ++i) {
      int row = first_row + Tile::row_of(i);
      if (Tile::writes_states() && row < view.rows) p.log_sum_exp[view.query_of(row)] = log_sum_exp_of<T>(tile.greatest[i], sum[i]);
    }
  }
}

// Leaves one split's state; `first_partial` is the index of the tile's first row in `partial`, in splits.
template <typename Tile>
__device__ __forceinline__ void write_partial(Tile& tile, const float (&sum)[Tile::kOwnedRows], const AttentionParameters& p, const HeadView& view,
                                              int first_row, i64 first_partial, int split) {
  tile.visit([&](int i, int column, float a, float b) {
    int row = Tile::row_of(i);
    if (first_row + row >= view.rows) return;
    i64 index = first_partial + static_cast<i64>(row) * p.splits + split;
    *reinterpret_cast<float2*>(p.partial + index * kHeadDim + column) = make_float2(a, b);
  });
#pragma unroll
  for (int i = 0; i < Tile::kOwnedRows; ++i) {
    int row = Tile::row_of(i);
    if (Tile::writes_states() && first_row + row < view.rows) {
      p.partial_state[first_partial + static_cast<i64>(row) * p.splits + split] = make_float2(tile.greatest[i], sum[i]);
    }
  }
}

// Merges the splits of a tile's rows in ascending order and writes the result; four columns a thread. Other blocks wrote them: past the first cache.
template <typename T>
__device__ __forceinline__ void merge_splits(const AttentionParameters& p, const HeadView& view, int first_row, int rows, i64 first_partial, int splits) {
  for (int item = threadIdx.x; item < rows * (kHeadDim / 4); item += kThreads) {
    int row = item / (kHeadDim / 4), column = item % (kHeadDim / 4) * 4;
    i64 index = first_partial + static_cast<i64>(row) * p.splits;
    float greatest = minus_infinity(), sum = 0.0f;
    float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
#pragma unroll 4
    for (int split = 0; split < splits; ++split) {
      float2 state = __ldcg(p.partial_state + index + split);
      float4 other = __ldcg(reinterpret_cast<const float4*>(p.partial + (index + split) * kHeadDim + column));
      MergeFactors factors = merge_factors<T>(greatest, state.x);
      greatest = factors.greatest;
      sum = merge_value(sum, state.y, factors);
      value = make_float4(merge_value(value.x, other.x, factors), merge_value(value.y, other.y, factors),
                          merge_value(value.z, other.z, factors), merge_value(value.w, other.w, factors));
    }
    float inverse = inverse_of(sum);
    i64 query = view.query_of(first_row + row);
    value = make_float4(finish_value(value.x, inverse), finish_value(value.y, inverse), finish_value(value.z, inverse), finish_value(value.w, inverse));
    *reinterpret_cast<float4*>(p.output + query * kHeadDim + column) = value;
    if (LOG_SUM_EXP != 0 && column == 0) p.log_sum_exp[query] = log_sum_exp_of<T>(greatest, sum);
  }
}

template <typename T, typename Tile>
__device__ __forceinline__ void decode(const AttentionParameters& p) {
  extern __shared__ __align__(128) u8 memory[];
  static_assert(sizeof(DecodeShared<Tile>) == SHARED_BYTES, "CudaAttentionVariant counts shared memory too");
  auto& shared = *reinterpret_cast<DecodeShared<Tile>*>(memory);
  int sequence = blockIdx.z / p.tiles, first_row = blockIdx.z % p.tiles * Tile::kRows, split = blockIdx.x;
  HeadView view(p, sequence, blockIdx.y, gridDim.y);
  int splits = max((view.count + kSplitSlots - 1) / kSplitSlots, 1);
  if (view.rows > p.split_rows || first_row >= view.rows || split >= splits) return;
  if (splits > p.splits) __trap();

  int rows = min(Tile::kRows, view.rows - first_row);
  int first = split * kSplitSlots, end = min(first + kSplitSlots, view.count);
  SeenBlocks seen = {nullptr, first / Tile::kBlock, (end + Tile::kBlock - 1) / Tile::kBlock};
  if constexpr (WINDOW != 0) {
    scan_blocks<Tile::kBlock>(shared.flags, p, view, first, end, query_range(p, view, first_row, first_row + rows));
    __syncthreads();
    seen.flags = shared.flags;
  }
  Tile tile;
  tile.begin(shared.tile, p, view, first_row);
  walk(tile, shared.tile, p, view, seen, [](int) {});
  float sum[Tile::kOwnedRows];
#pragma unroll
  for (int i = 0; i < Tile::kOwnedRows; ++i) sum[i] = tile.sum_of(i);
  if (splits == 1) {
    write_result<T>(tile, sum, p, view, first_row);
    return;
  }

  i64 head = static_cast<i64>(sequence) * gridDim.y + blockIdx.y;
  i64 first_partial = (head * p.partial_rows + first_row) * p.splits;
  write_partial(tile, sum, p, view, first_row, first_partial, split);
  __threadfence();
  __syncthreads();
  int* ticket = p.tickets + head * p.tiles + blockIdx.z % p.tiles;
  if (threadIdx.x == 0) shared.last = atomicAdd(ticket, 1) == splits - 1;
  __syncthreads();
  if (!shared.last) return;
  __threadfence();
  merge_splits<T>(p, view, first_row, rows, first_partial, splits);
  if (threadIdx.x == 0) *ticket = 0;
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_attention_decode(const AttentionParameters p) {
  decode<KV_TYPE, typename DecodeTileOf<KV_TYPE>::Type>(p);
}
