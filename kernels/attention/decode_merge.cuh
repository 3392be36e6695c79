// decode_merge.cuh - from the states that tiles of rows have after each split to results: by the block itself where there is one split, else by the
// block of a tile that comes last, in ascending order.
#pragma once
#include "attention/decode_loads.cuh"
#include "attention/last_block.cuh"
#include "attention/state.cuh"
#include "common/vec.cuh"

// The whole result of a tile whose slots make one split, and whose probabilities have these sums. found(row, log_sum_exp) is told of each row of the tile.
template <typename T, typename Tile, typename F>
__device__ __forceinline__ void write_result(Tile& tile, const float (&sum)[Tile::kOwnedRows], const AttentionParameters& p, const HeadView& view,
                                             int first_row, F found) {
  float inverse[Tile::kOwnedRows];
  float* to[Tile::kOwnedRows];
#pragma unroll
  for (int i = 0; i < Tile::kOwnedRows; ++i) {
    int row = first_row + Tile::row_of(i);
    inverse[i] = inverse_of(sum[i]);
    to[i] = row < view.rows ? p.output + query_of(p, view, row) * kHeadDim : nullptr;
    if (LOG_SUM_EXP != 0 && Tile::writes_states() && row < view.rows) {
      float log_sum_exp = log_sum_exp_of<T>(tile.greatest[i], sum[i]);
      p.log_sum_exp[query_of(p, view, row)] = log_sum_exp;
      found(Tile::row_of(i), log_sum_exp);
    }
  }
  tile.visit([&](int i, int column, float a, float b) {
    if (to[i] != nullptr) *reinterpret_cast<float2*>(to[i] + column) = make_float2(finish_value(a, inverse[i]), finish_value(b, inverse[i]));
  });
}

// Where the partial states of a tile lie: those of its row r from first + r * splits on.
struct TilePartials {
  i64 first;
  int* ticket;

  __device__ __forceinline__ TilePartials(const AttentionParameters& p, int sequence, int kv_head, int kv_heads, int tile) {
    i64 head = static_cast<i64>(sequence) * kv_heads + kv_head;
    first = (head * p.partial_rows + tile * kTileRows) * p.splits;
    ticket = p.tickets + head * p.tiles + tile;
  }
};

// Leaves one split's state.
template <typename Tile>
__device__ __forceinline__ void write_partial(Tile& tile, const float (&sum)[Tile::kOwnedRows], const AttentionParameters& p, int rows,
                                              const TilePartials& partials, int split) {
  float* to[Tile::kOwnedRows];
#pragma unroll
  for (int i = 0; i < Tile::kOwnedRows; ++i) {
    int row = Tile::row_of(i);
    i64 index = partials.first + static_cast<i64>(row) * p.splits + split;
    to[i] = row < rows ? p.partial + index * kHeadDim : nullptr;
    if (Tile::writes_states() && row < rows) p.partial_state[index] = make_float2(tile.greatest[i], sum[i]);
  }
  tile.visit([&](int i, int column, float a, float b) {
    if (to[i] != nullptr) *reinterpret_cast<float2*>(to[i] + column) = make_float2(a, b);
  });
}

// How the splits of rows come together: factors of what came before and of the split, the split's sum, and the greatest score so far.
template <int kBytes>
struct MergeTable {
  static constexpr int kEntries = (kBytes - kTileRows * static_cast<int>(sizeof(float))) / static_cast<int>(sizeof(float4));

  float4 entries[kEntries];  // [rows, splits that fit]
  float greatest[kTileRows];

  // Fills in splits [first, end), `room` numbers a row, of at most kMost splits if that is said. A warp takes a row, its lanes the splits; state_of(row, split).
  template <typename T, int kThreadCount, int kMost = kWarpSize, typename F>
  __device__ __forceinline__ void fill(int rows, int room, int first, int end, F state_of) {
    int lane = threadIdx.x % kWarpSize;
#pragma unroll 1
    for (int row = threadIdx.x / kWarpSize; row < rows; row += kThreadCount / kWarpSize) {
      float carried = first == 0 ? minus_infinity() : greatest[row];
#pragma unroll 1
      for (int begin = first; begin < end; begin += kWarpSize) {
        int split = begin + lane;
        float2 state = split < end ? state_of(row, split) : make_float2(minus_infinity(), 0.0f);
        float up_to = fmaxf(state.x, carried);
#pragma unroll
        for (int distance = 1; distance < kMost; distance *= 2) {
          float other = __shfl_up_sync(kFullWarp, up_to, distance);
          if (lane >= distance) up_to = fmaxf(up_to, other);
        }
        float before = __shfl_up_sync(kFullWarp, up_to, 1);
        MergeFactors both = merge_factors<T>(lane == 0 ? carried : before, state.x);
        if (split < end) entries[row * room + split - first] = make_float4(both.first, both.second, state.y, both.greatest);
        carried = __shfl_sync(kFullWarp, up_to, kMost - 1);
      }
      __syncwarp();
      if (lane == 0) greatest[row] = carried;
    }
  }
};

// Columns that a thread merges at a time: four rows of 128 columns are a turn of a block of any size.
template <int kThreadCount>
struct MergeColumns {
  static constexpr int kWidth = kThreadCount >= 512 ? 1 : kThreadCount >= 256 ? 2 : 4;
  using Type = Vec<float, kWidth>;
};

// Past the first cache, which may hold what was there before other blocks wrote.
__device__ __forceinline__ Vec<float, 1> load_past_cache(const Vec<float, 1>* from) { return {__ldcg(from->v)}; }

__device__ __forceinline__ Vec<float, 2> load_past_cache(const Vec<float, 2>* from) {
  float2 value = __ldcg(reinterpret_cast<const float2*>(from));
  return {value.x, value.y};
}

__device__ __forceinline__ Vec<float, 4> load_past_cache(const Vec<float, 4>* from) {
  float4 value = __ldcg(reinterpret_cast<const float4*>(from));
  return {value.x, value.y, value.z, value.w};
}

// Merges the splits of a tile's rows in ascending order and writes the result; found as above.
template <typename T, int kThreadCount, typename Table, typename F>
__device__ __forceinline__ void merge_splits(Table& table, const AttentionParameters& p, const HeadView& view, int first_row, int rows,
                                             const TilePartials& partials, int splits, F found) {
  constexpr int kWidth = MergeColumns<kThreadCount>::kWidth, kVectors = kHeadDim / kWidth, kStep = kWidth == 4 ? 8 : 16;
  using Columns = typename MergeColumns<kThreadCount>::Type;
  int room = min(splits, Table::kEntries / rows);
#pragma unroll 1
  for (int turn = 0; turn < rows * kVectors; turn += kThreadCount) {
    int item = turn + threadIdx.x, row = min(item / kVectors, rows - 1), column = item % kVectors * kWidth;
    const float* from = p.partial + (partials.first + static_cast<i64>(row) * p.splits) * kHeadDim + column;
    Columns value = {};
    float sum = 0.0f;
#pragma unroll 1
    for (int first = 0; first < splits; first += room) {
      int end = min(first + room, splits);
      Columns others[kStep];
      auto fetch = [&](int split) {
#pragma unroll
        for (int s = 0; s < kStep; ++s) {
          if (split + s < end) others[s] = load_past_cache(reinterpret_cast<const Columns*>(from + static_cast<i64>(split + s) * kHeadDim));
        }
      };
      fetch(first);
      if (turn == 0 || room < splits) {
        __syncthreads();
        table.template fill<T, kThreadCount>(
            rows, room, first, end, [&](int row, int split) { return __ldcg(p.partial_state + partials.first + static_cast<i64>(row) * p.splits + split); });
        __syncthreads();
      }
#pragma unroll 1
      for (int split = first; split < end; split += kStep) {
        if (split > first) fetch(split);
#pragma unroll
        for (int s = 0; s < kStep; ++s) {
          if (split + s >= end) break;
          float4 entry = table.entries[row * room + split + s - first];
          MergeFactors factors = {entry.w, entry.x, entry.y};
          sum = merge_value(sum, entry.z, factors);
#pragma unroll
          for (int c = 0; c < kWidth; ++c) value.v[c] = merge_value(value.v[c], others[s].v[c], factors);
        }
      }
    }
    if (item >= rows * kVectors) continue;
    float inverse = inverse_of(sum);
    i64 query = query_of(p, view, first_row + row);
#pragma unroll
    for (int c = 0; c < kWidth; ++c) value.v[c] = finish_value(value.v[c], inverse);
    *reinterpret_cast<Columns*>(p.output + query * kHeadDim + column) = value;
    if (LOG_SUM_EXP != 0 && column == 0) {
      float log_sum_exp = log_sum_exp_of<T>(table.greatest[row], sum);
      p.log_sum_exp[query] = log_sum_exp;
      found(row, log_sum_exp);
    }
  }
}
