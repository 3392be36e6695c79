// prefill_tile.cuh - 64 rows of queries over 16-bit keys and values: each of four warps has 16 rows and all columns, and all of them share the
// tiles of keys and values.
#pragma once
#include "attention/tensor_core.cuh"

template <typename T>
struct PrefillTile {
  static constexpr int kRows = kTileRows * kWarps;
  static constexpr int kOwnedRows = 2;
  static constexpr int kBlock = kTensorBlock;
  // Large heads leave no registers for the queries.
  static constexpr bool kQueriesShared = kHeadDim > 128;
  using Tiles = KvTiles<T, kBlock, 2>;

  struct Shared {
    Tiles tiles;
    alignas(16) T queries[kQueriesShared ? kRows * TileShape<T>::kStride : 8];
  };

  float sums[2 * kSteps][4];
  float sum[2];  // of what the lane holds
  float greatest[2];
  QueryRow query_rows[2];
  u32 queries[kQueriesShared ? 1 : kSteps][4];

  static __device__ __forceinline__ int row_of(int i) { return kTileRows * (threadIdx.x / kWarpSize) + threadIdx.x % kWarpSize / 4 + 8 * i; }
  static __device__ __forceinline__ bool writes_states() { return threadIdx.x % 4 == 0; }
  __device__ __forceinline__ float sum_of(int i) const { return sum_of_row(sum[i]); }

  __device__ void begin(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_row) {
    const float* from[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      int row = min(first_row + row_of(i), view.rows - 1);
      query_rows[i] = query_row(p, view, row);
      from[i] = p.queries + view.query_of(row) * kHeadDim;
    }
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      if constexpr (kQueriesShared) {
        u32 a[4];
        load_query_step<T>(a, from[0], from[1], step);
        int column = 2 * (threadIdx.x % 4);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
          *reinterpret_cast<u32*>(shared.queries + TileShape<T>::at(row_of(i % 2), 2 * step + i / 2) + column) = a[i];
        }
      } else {
        load_query_step<T>(queries[step], from[0], from[1], step);
      }
    }
    __syncwarp();
    reset();
  }

  __device__ __forceinline__ void reset() {
    greatest[0] = greatest[1] = minus_infinity();
    sum[0] = sum[1] = 0.0f;
#pragma unroll
    for (int n = 0; n < 2 * kSteps; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[n][e] = 0.0f;
    }
  }

  __device__ __forceinline__ void block(Shared& shared, const AttentionParameters& p, const CallMask& mask, int stage, int block, bool whole) {
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    float scores[kBlock / 8][4] = {};
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      if constexpr (kQueriesShared) {
        u32 a[4];
        load_query_step<T>(a, shared.queries + kTileRows * (threadIdx.x / kWarpSize) * TileShape<T>::kStride, step);
        add_scores<T>(scores, a, shared.tiles.keys[stage], 0, step);
      } else {
        add_scores<T>(scores, queries[step], shared.tiles.keys[stage], 0, step);
      }
    }
    float2 block_greatest = mask_scores<T>(scores, function, mask, query_rows, shared.tiles.positions[stage], block * kBlock, 0, whole);
    float upper = raise<T>(greatest[0], function.score_of(block_greatest.x)), lower = raise<T>(greatest[1], function.score_of(block_greatest.y));
    float shift_upper = shift_of(greatest[0]), shift_lower = shift_of(greatest[1]);
    rescale(sums, upper, lower);
    sum[0] = __fmul_rn(sum[0], upper);
    sum[1] = __fmul_rn(sum[1], lower);
    u32 probabilities[kBlock / 16][4];
#pragma unroll
    for (int n = 0; n < kBlock / 8; ++n) {
      probabilities[n / 2][n % 2 * 2] = pack_probabilities<T>(function.power(scores[n][0], shift_upper), function.power(scores[n][1], shift_upper));
      probabilities[n / 2][n % 2 * 2 + 1] = pack_probabilities<T>(function.power(scores[n][2], shift_lower), function.power(scores[n][3], shift_lower));
    }
    copy_async_wait<2 * (Tiles::kStages - 1)>();
    __syncthreads();
#pragma unroll
    for (int step = 0; step < kBlock / 16; ++step) {
      add_probabilities<T>(sum, probabilities[step]);
#pragma unroll
      for (int pair = 0; pair < kSteps; ++pair) {
        add_values<T>(sums[2 * pair], sums[2 * pair + 1], probabilities[step], shared.tiles.values[stage], step, pair);
      }
    }
  }

  // f(i, column, a, b) for the values of columns column and column + 1 in the thread's row i.
  template <typename F>
  __device__ __forceinline__ void visit(F f) {
    int column = 2 * (threadIdx.x % 4);
#pragma unroll
    for (int n = 0; n < kHeadDim / 8; ++n) {
      f(0, 8 * n + column, sums[n][0], sums[n][1]);
      f(1, 8 * n + column, sums[n][2], sums[n][3]);
    }
  }
};
