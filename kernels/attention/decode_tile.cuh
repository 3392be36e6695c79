// decode_tile.cuh - 16 rows of queries over 16-bit keys and values: four warps share the slots of a block while they work out scores, and the
// columns of a head while they add weighted values. One read of keys and values serves all query heads of the group.
#pragma once
#include "attention/tensor_core.cuh"

template <typename T>
struct DecodeTile {
  static constexpr int kRows = kTileRows;
  static constexpr int kOwnedRows = 2;
  static constexpr int kBlock = kTensorBlock;
  static constexpr int kPairs = (kSteps + kWarps - 1) / kWarps;  // groups of 16 columns that a warp has at most
  static constexpr int kProbabilityStride = kBlock + 8;          // rows fall into different banks
  using Tiles = KvTiles<T, kBlock, kHeadDim <= 64 ? 3 : 2>;

  struct Shared {
    Tiles tiles;
    alignas(16) T probabilities[kRows * kProbabilityStride];
    float greatest[kWarps][kRows];
  };

  float sums[2 * kPairs][4];
  float sum[2];  // of what the lane holds
  float greatest[2];
  QueryRow query_rows[2];
  u32 queries[kSteps][4];

  static __device__ __forceinline__ int row_of(int i) { return threadIdx.x % kWarpSize / 4 + 8 * i; }
  static __device__ __forceinline__ bool writes_states() { return threadIdx.x < kWarpSize && threadIdx.x % 4 == 0; }
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
    for (int step = 0; step < kSteps; ++step) load_query_step<T>(queries[step], from[0], from[1], step);
    reset();
  }

  __device__ __forceinline__ void reset() {
    greatest[0] = greatest[1] = minus_infinity();
    sum[0] = sum[1] = 0.0f;
#pragma unroll
    for (int n = 0; n < 2 * kPairs; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[n][e] = 0.0f;
    }
  }

  __device__ __forceinline__ void block(Shared& shared, const AttentionParameters& p, const CallMask& mask, int stage, int block, bool whole) {
    int warp = threadIdx.x / kWarpSize;
    float scores[2][4] = {};
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    if (16 * warp < kBlock) {
#pragma unroll
      for (int step = 0; step < kSteps; ++step) add_scores<T>(scores, queries[step], shared.tiles.keys[stage], 16 * warp, step);
      float2 block_greatest = mask_scores<T>(scores, function, mask, query_rows, shared.tiles.positions[stage], block * kBlock, 16 * warp, whole);
      if (threadIdx.x % 4 == 0) {
        shared.greatest[warp][row_of(0)] = block_greatest.x;
        shared.greatest[warp][row_of(1)] = block_greatest.y;
      }
    }
    __syncthreads();
    float factors[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      float block_greatest = shared.greatest[0][row_of(i)];
#pragma unroll
      for (int other = 1; other < min(kWarps, kBlock / 16); ++other) block_greatest = fmaxf(block_greatest, shared.greatest[other][row_of(i)]);
      factors[i] = raise<T>(greatest[i], function.score_of(block_greatest));
    }
    if (16 * warp < kBlock) {
      write_probabilities(shared, function, scores, 16 * warp);
    }
    rescale(sums, factors[0], factors[1]);
    sum[0] = __fmul_rn(sum[0], factors[0]);
    sum[1] = __fmul_rn(sum[1], factors[1]);
    copy_async_wait<2 * (Tiles::kStages - 1)>();
    __syncthreads();
    int lane = threadIdx.x % kWarpSize;
#pragma unroll
    for (int step = 0; step < kBlock / 16; ++step) {
      u32 a[4];
      ldmatrix_x4(a, shared.probabilities + lane % 16 * kProbabilityStride + 16 * step + 8 * (lane / 16));
      add_probabilities<T>(sum, a);
#pragma unroll
      for (int i = 0; i < kPairs; ++i) {
        int pair = warp + kWarps * i;
        if (pair < kSteps) add_values<T>(sums[2 * i], sums[2 * i + 1], a, shared.tiles.values[stage], step, pair);
      }
    }
  }

  // f(i, column, a, b) for the values of columns column and column + 1 in the thread's row i.
  template <typename F>
  __device__ __forceinline__ void visit(F f) {
#pragma unroll
    for (int n = 0; n < 2 * kPairs; ++n) {
      int column = 16 * (threadIdx.x / kWarpSize + kWarps * (n / 2)) + 8 * (n % 2) + 2 * (threadIdx.x % 4);
      if (column < kHeadDim) {
        f(0, column, sums[n][0], sums[n][1]);
        f(1, column, sums[n][2], sums[n][3]);
      }
    }
  }

 private:
  __device__ __forceinline__ void write_probabilities(Shared& shared, const ScoreFunction<T, SOFT_CAP != 0>& function, const float (&scores)[2][4],
                                                      int first) {
    int column = first + 2 * (threadIdx.x % 4);
#pragma unroll
    for (int n = 0; n < 2; ++n) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        float shift = shift_of(greatest[i]);
        u32 pair = pack_probabilities<T>(function.power(scores[n][2 * i], shift), function.power(scores[n][2 * i + 1], shift));
        *reinterpret_cast<u32*>(shared.probabilities + row_of(i) * kProbabilityStride + column + 8 * n) = pair;
      }
    }
  }
};
