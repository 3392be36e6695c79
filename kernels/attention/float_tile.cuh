// float_tile.cuh - 16 rows of queries over F32 keys and values: each of four warps has 4 rows; a lane stands for a slot while scores are worked
// out and for columns while weighted values are added. Sums run over columns and over slots in ascending order, one fused multiply-add each.
#pragma once
#include "attention/mask.cuh"
#include "attention/state.cuh"
#include "attention/tiles.cuh"
#include "common/reduce.cuh"

// scores[i] += product of row i of the queries, [kRows, headDim] in shared memory, and the key of the lane's slot.
template <int kRows>
__device__ __forceinline__ void add_float_scores(float (&scores)[kRows], const float* queries, const float* keys) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll 4
  for (int piece = 0; piece < kHeadDim / 4; ++piece) {
    float4 key = *reinterpret_cast<const float4*>(keys + TileShape<float>::at(lane, piece));
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      float4 query = *reinterpret_cast<const float4*>(queries + i * kHeadDim + 4 * piece);
      scores[i] = __fmaf_rn(query.x, key.x, scores[i]);
      scores[i] = __fmaf_rn(query.y, key.y, scores[i]);
      scores[i] = __fmaf_rn(query.z, key.z, scores[i]);
      scores[i] = __fmaf_rn(query.w, key.w, scores[i]);
    }
  }
}

struct FloatTile {
  static constexpr int kRows = kTileRows;
  static constexpr int kOwnedRows = kRows / kWarps;
  static constexpr int kBlock = kWarpSize;
  static constexpr int kColumnPairs = (kHeadDim + 2 * kWarpSize - 1) / (2 * kWarpSize);
  using Tiles = KvTiles<float, kBlock, kHeadDim <= 128 ? 2 : 1>;

  struct Shared {
    Tiles tiles;
    alignas(16) float queries[kRows][kHeadDim];
    alignas(16) float probabilities[kRows][kBlock];
  };

  float sums[kOwnedRows][kColumnPairs][2];
  float sum[kOwnedRows];
  float greatest[kOwnedRows];
  QueryRow query_rows[kOwnedRows];

  static __device__ __forceinline__ int row_of(int i) { return kOwnedRows * (threadIdx.x / kWarpSize) + i; }
  static __device__ __forceinline__ bool writes_states() { return threadIdx.x % kWarpSize == 0; }
  __device__ __forceinline__ float sum_of(int i) const { return sum[i]; }

  __device__ void begin(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_row) {
    int lane = threadIdx.x % kWarpSize;
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) {
      int row = min(first_row + row_of(i), view.rows - 1);
      query_rows[i] = query_row(p, view, row);
      const float* from = p.queries + view.query_of(row) * kHeadDim;
      for (int column = lane; column < kHeadDim; column += kWarpSize) shared.queries[row_of(i)][column] = from[column];
    }
    __syncwarp();
    reset();
  }

  __device__ __forceinline__ void reset() {
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) {
      greatest[i] = minus_infinity();
      sum[i] = 0.0f;
#pragma unroll
      for (int n = 0; n < kColumnPairs; ++n) sums[i][n][0] = sums[i][n][1] = 0.0f;
    }
  }

  __device__ __forceinline__ void block(Shared& shared, const AttentionParameters& p, const CallMask& mask, int stage, int block, bool whole) {
    ScoreFunction<float, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    int lane = threadIdx.x % kWarpSize;
    float scores[kOwnedRows] = {};
    add_float_scores<kOwnedRows>(scores, shared.queries[row_of(0)], shared.tiles.keys[stage]);
    int position = shared.tiles.positions[stage][lane];
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) {
      float score = function(scores[i]);
      score = whole || mask.sees(query_rows[i], block * kBlock + lane, position) ? score : minus_infinity();
      float before = greatest[i];
      greatest[i] = fmaxf(before, warp_max(score));
      float shift = shift_of(greatest[i]);
      float factor = ScoreUnits<float>::power(before - shift);
      float probability = ScoreUnits<float>::power(score - shift);
      sum[i] = __fmaf_rn(sum[i], factor, warp_sum(probability));
      shared.probabilities[row_of(i)][lane] = probability;
#pragma unroll
      for (int n = 0; n < kColumnPairs; ++n) {
        sums[i][n][0] = __fmul_rn(sums[i][n][0], factor);
        sums[i][n][1] = __fmul_rn(sums[i][n][1], factor);
      }
    }
    copy_async_wait<2 * (Tiles::kStages - 1)>();
    __syncthreads();
    add_values(shared, shared.tiles.values[stage]);
  }

  // f(i, column, a, b) for the values of columns column and column + 1 in the thread's row i.
  template <typename F>
  __device__ __forceinline__ void visit(F f) {
#pragma unroll
    for (int n = 0; n < kColumnPairs; ++n) {
      int column = 2 * (threadIdx.x % kWarpSize + kWarpSize * n);
      if (column < kHeadDim) {
#pragma unroll
        for (int i = 0; i < kOwnedRows; ++i) f(i, column, sums[i][n][0], sums[i][n][1]);
      }
    }
  }

 private:
  __device__ __forceinline__ void add_values(const Shared& shared, const float* values) {
#pragma unroll 4
    for (int slot = 0; slot < kBlock; ++slot) {
      float weights[kOwnedRows];
#pragma unroll
      for (int i = 0; i < kOwnedRows; ++i) weights[i] = shared.probabilities[row_of(i)][slot];
#pragma unroll
      for (int n = 0; n < kColumnPairs; ++n) {
        int column = 2 * (threadIdx.x % kWarpSize + kWarpSize * n);
        if (column < kHeadDim) {
          float2 value = *reinterpret_cast<const float2*>(values + TileShape<float>::at(slot, column / 4) + column % 4);
#pragma unroll
          for (int i = 0; i < kOwnedRows; ++i) {
            sums[i][n][0] = __fmaf_rn(weights[i], value.x, sums[i][n][0]);
            sums[i][n][1] = __fmaf_rn(weights[i], value.y, sums[i][n][1]);
          }
        }
      }
    }
  }
};
