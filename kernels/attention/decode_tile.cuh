// decode_tile.cuh - 16 rows of queries over one split of 16-bit keys and values: a warp has 16 slots of a round while scores are worked out, and the
// scores of all of them come at once; while weighted values are added a warp has columns of the head, and blocks of slots follow one another.
// One read of keys and values serves all query heads of the group.
#pragma once
#include "attention/decode_loads.cuh"
#include "attention/tensor_core.cuh"

template <typename T>
struct DecodeTile {
  static constexpr int kThreadCount = kRoundThreads;
  static constexpr int kRows = kTileRows;
  static constexpr int kOwnedRows = 2;
  static constexpr int kBlock = kTensorBlock;
  static constexpr int kBlocks = kRoundSlots / kBlock;
  static constexpr int kBlockWarps = kBlock / 16;
  static constexpr int kRounds = kSplitSlots / kRoundSlots;
  static constexpr int kProbabilityStride = kRoundSlots + 8;  // rows fall into different banks
  using Shape = TileShape<T>;
  static constexpr int kGroups = (Shape::kPieces + kRoundWarps - 1) / kRoundWarps;  // of 8 columns, that a warp has at most
  static constexpr int kQueryVectors = (kRows * Shape::kColumns / 4 + kRoundThreads - 1) / kRoundThreads;

  struct Shared {
    RoundTiles<T> tiles;
    alignas(16) T queries[kRows * Shape::kStride];
    alignas(16) T probabilities[kRows * kProbabilityStride];
    alignas(16) float greatest[kRows][kRoundWarps];
    alignas(16) float2 sums[kRoundWarps][kWarpSize];  // of 16 slots, as lanes hold them
    QueryRow rows[kRows];
  };

  float sums[kGroups][4];
  float sum[2];  // of what the lane holds
  float greatest[2];
  float4 queries[kQueryVectors];  // on their way to shared memory, as is the next
  QueryRow query_row;

  static __device__ __forceinline__ int row_of(int i) { return threadIdx.x % kWarpSize / 4 + 8 * i; }
  static __device__ __forceinline__ bool writes_states() { return threadIdx.x < kWarpSize && threadIdx.x % 4 == 0; }
  __device__ __forceinline__ float sum_of(int i) const { return sum_of_row(sum[i]); }

  // Begins to read the queries of rows first_row and on.
  __device__ __forceinline__ void fetch(const AttentionParameters& p, const HeadView& view, int first_row) {
    constexpr u32 kVectors = Shape::kColumns / 4;
#pragma unroll
    for (int i = 0; i < kQueryVectors; ++i) {
      u32 item = threadIdx.x + i * kRoundThreads;
      int row = first_row + item / kVectors, column = 4 * (item % kVectors);
      queries[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
      if (item < kRows * kVectors && row < view.rows && column < kHeadDim) {
        queries[i] = *reinterpret_cast<const float4*>(p.queries + query_of(p, view, row) * kHeadDim + column);
      }
    }
    query_row = QueryRow{0, nullptr};
    if (threadIdx.x < kRows && first_row < view.rows) {
      int token = view.first_token + own_token(p, min(first_row + static_cast<int>(threadIdx.x), view.rows - 1));
      query_row = QueryRow{p.positions[token], TREE ? p.ancestors + static_cast<i64>(token) * p.mask_words : nullptr};
    }
  }

  // The state of these rows after the split that begins at entry `first`; flags as scan_blocks writes them where there are windows. All threads.
  // `signals` may be told of scores.
  template <typename Signals>
  __device__ __forceinline__ void run(Shared& shared, const AttentionParameters& p, const HeadView& view, const SplitPages& pages, int first, const u8* flags,
                                      Signals& signals) {
    reset();
    int rounds = (min(view.count - first, kSplitSlots) + kRoundSlots - 1) / kRoundSlots;
    shared.tiles.places.load(p, view, first);
    load_keys(shared, p, view, pages, first, flags, 0);
#pragma unroll
    for (int block = 0; block < kBlocks; ++block) load_values(shared, p, view, pages, first, flags, 0, block);
    if constexpr (Signals::kWanted) signals.write_places(view, pages, shared.tiles.places, first);
    store_queries(shared);
    __syncthreads();
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
      copy_async_wait<kBlocks>();
      __syncwarp();
      float scores[2][4];
      add_round_scores(shared, p, view, first, flags, round, scores, signals);
      if constexpr (kRounds > 1) {
        __syncwarp();
        load_keys(shared, p, view, pages, first, flags, round + 1);
      }
      __syncthreads();
      float factors[kBlocks][2];
      add_round_probabilities(shared, p, scores, factors);
#pragma unroll
      for (int block = 0; block < kBlocks; ++block) {
        wait_for_values(block);
        __syncthreads();
        if (kRounds > 1 && block > 0) load_values(shared, p, view, pages, first, flags, round + 1, block - 1);
        if (sees(view, first, flags, round * kBlocks + block)) add_block(shared, block, factors[block]);
      }
      if constexpr (kRounds > 1) {
        __syncthreads();
        load_values(shared, p, view, pages, first, flags, round + 1, kBlocks - 1);
      }
    }
    copy_async_wait<0>();
  }

  // f(i, column, a, b) for the values of columns column and column + 1 in the thread's row i.
  template <typename F>
  __device__ __forceinline__ void visit(F f) {
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
      int column = 8 * (threadIdx.x / kWarpSize + kRoundWarps * n) + 2 * (threadIdx.x % 4);
      if (column < kHeadDim) {
        f(0, column, sums[n][0], sums[n][1]);
        f(1, column, sums[n][2], sums[n][3]);
      }
    }
  }

 private:
  __device__ __forceinline__ void reset() {
    greatest[0] = greatest[1] = minus_infinity();
    sum[0] = sum[1] = 0.0f;
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[n][e] = 0.0f;
    }
  }

  // Whether a block of the split has slots that some row sees.
  static __device__ __forceinline__ bool sees(const HeadView& view, int first, const u8* flags, int block) {
    return first + block * kBlock < view.count && (WINDOW == 0 || (flags[block] & kBlockSeen));
  }

  // Issues copies as one group, which may be empty.
  static __device__ __forceinline__ void load_keys(Shared& shared, const AttentionParameters& p, const HeadView& view, const SplitPages& pages, int first,
                                                   const u8* flags, int round) {
    int warp = threadIdx.x / kWarpSize;
    u32 page = __shfl_sync(kFullWarp, pages.keys, round * kRoundWarps + warp);
    if (round < kRounds && (WINDOW == 0 || sees(view, first, flags, round * kBlocks + warp / kBlockWarps))) {
      shared.tiles.load_keys(p, view, page, first, round * kRoundSlots);
    }
    copy_async_commit();
  }

  static __device__ __forceinline__ void load_values(Shared& shared, const AttentionParameters& p, const HeadView& view, const SplitPages& pages, int first,
                                                     const u8* flags, int round, int block) {
    bool wanted = round < kRounds && (WINDOW == 0 || sees(view, first, flags, round * kBlocks + block));
    shared.tiles.template load_values<kBlock>(p, view, pages, first, round * kRoundSlots, block * kBlock, wanted);
    copy_async_commit();
  }

  // Newer groups are later blocks' values and, where there are several rounds, the next one's keys and first blocks.
  static __device__ __forceinline__ void wait_for_values(int block) {
    if constexpr (kRounds == 1) {
      wait_but_for<kBlocks - 1>(kBlocks - 1 - block);
    } else if (block == 0) {
      copy_async_wait<kBlocks>();
    } else {
      copy_async_wait<kBlocks - 1>();
    }
  }

  // Waits until at most `newer` groups, which is kMost or less, are on their way.
  template <int kMost>
  static __device__ __forceinline__ void wait_but_for(int newer) {
    if constexpr (kMost == 0) {
      copy_async_wait<0>();
    } else if (newer == kMost) {
      copy_async_wait<kMost>();
    } else {
      wait_but_for<kMost - 1>(newer);
    }
  }

  __device__ __forceinline__ void store_queries(Shared& shared) {
    constexpr u32 kVectors = Shape::kColumns / 4;
#pragma unroll
    for (int i = 0; i < kQueryVectors; ++i) {
      u32 item = threadIdx.x + i * kRoundThreads;
      int row = item / kVectors, column = 4 * (item % kVectors);
      if (kRows * kVectors % kRoundThreads != 0 && item >= kRows * kVectors) continue;
      uint2 packed = make_uint2(pack<T>(queries[i].x, queries[i].y), pack<T>(queries[i].z, queries[i].w));
      *reinterpret_cast<uint2*>(shared.queries + Shape::at(row, column / 8) + column % 8) = packed;
    }
    if (threadIdx.x < kRows) shared.rows[threadIdx.x] = query_row;
  }

  // What stands for the scores of the warp's 16 slots, and the greatest of each row.
  template <typename Signals>
  static __device__ __forceinline__ void add_round_scores(Shared& shared, const AttentionParameters& p, const HeadView& view, int first, const u8* flags,
                                                          int round, float (&scores)[2][4], const Signals& signals) {
    int warp = threadIdx.x / kWarpSize, block = round * kBlocks + warp / kBlockWarps;
    float2 row_greatest = make_float2(minus_infinity(), minus_infinity());
#pragma unroll
    for (int e = 0; e < 4; ++e) scores[0][e] = scores[1][e] = 0.0f;
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    if (sees(view, first, flags, block)) {
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
        u32 a[4];
        load_query_step<T>(a, shared.queries, step);
        add_scores<T>(scores, a, shared.tiles.keys, 16 * warp, step);
      }
      QueryRow rows[2] = {shared.rows[row_of(0)], shared.rows[row_of(1)]};
      bool whole = WINDOW != 0 && (flags[block] & kBlockWhole);
      row_greatest = mask_scores<T>(scores, function, mask_of(p, view), rows, shared.tiles.positions, first + round * kRoundSlots, 16 * warp, whole);
    } else if (Signals::kWanted) {
#pragma unroll
      for (int e = 0; e < 4; ++e) scores[0][e] = scores[1][e] = minus_infinity();
    }
    if constexpr (Signals::kWanted) signals.write_scores(function, scores, view, round * kRoundSlots + 16 * warp);
    if (threadIdx.x % 4 == 0) {
      shared.greatest[row_of(0)][warp] = row_greatest.x;
      shared.greatest[row_of(1)][warp] = row_greatest.y;
    }
  }

  // From all warps' greatest scores to the greatest one up to each block, the factors of what was summed before it, and the warp's probabilities.
  __device__ __forceinline__ void add_round_probabilities(Shared& shared, const AttentionParameters& p, const float (&scores)[2][4], float (&factors)[kBlocks][2]) {
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    int warp = threadIdx.x / kWarpSize;
    float shifts[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const float* others = shared.greatest[row_of(i)];
#pragma unroll
      for (int block = 0; block < kBlocks; ++block) {
        float block_greatest = others[block * kBlockWarps];
#pragma unroll
        for (int other = 1; other < kBlockWarps; ++other) block_greatest = fmaxf(block_greatest, others[block * kBlockWarps + other]);
        factors[block][i] = raise<T>(greatest[i], function.score_of(block_greatest));
        if (block == warp / kBlockWarps) shifts[i] = shift_of(greatest[i]);
      }
    }
    u32 pairs[4];
#pragma unroll
    for (int n = 0; n < 2; ++n) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        pairs[2 * n + i] = pack_probabilities<T>(function.power(scores[n][2 * i], shifts[i]), function.power(scores[n][2 * i + 1], shifts[i]));
        int column = 16 * warp + 8 * n + 2 * (threadIdx.x % 4);
        *reinterpret_cast<u32*>(shared.probabilities + row_of(i) * kProbabilityStride + column) = pairs[2 * n + i];
      }
    }
    float lane_sums[2] = {};
    add_probabilities<T>(lane_sums, pairs);
    shared.sums[warp][threadIdx.x % kWarpSize] = make_float2(lane_sums[0], lane_sums[1]);
  }

  // Adds a block's weighted values and probabilities to what came before.
  __device__ __forceinline__ void add_block(const Shared& shared, int block, const float (&factors)[2]) {
    int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
    rescale(sums, factors[0], factors[1]);
    sum[0] = __fmul_rn(sum[0], factors[0]);
    sum[1] = __fmul_rn(sum[1], factors[1]);
#pragma unroll
    for (int other = 0; other < kBlockWarps; ++other) {
      float2 part = shared.sums[block * kBlockWarps + other][lane];
      sum[0] = __fadd_rn(sum[0], part.x);
      sum[1] = __fadd_rn(sum[1], part.y);
    }
#pragma unroll
    for (int slot = block * kBlock; slot < (block + 1) * kBlock; slot += 32) {
      u32 a[2][4];
      ldmatrix_x4(a[0], shared.probabilities + lane % 16 * kProbabilityStride + slot + 8 * (lane / 16));
      ldmatrix_x4(a[1], shared.probabilities + lane % 16 * kProbabilityStride + slot + 16 + 8 * (lane / 16));
#pragma unroll
      for (int n = 0; n < kGroups; ++n) {
        int group = warp + kRoundWarps * n;
        if (Shape::kPieces % kRoundWarps != 0 && group >= Shape::kPieces) continue;
        u32 b[4];
        ldmatrix_x4_trans(b, shared.tiles.values + Shape::at(slot + lane, group));
        u32 low[2] = {b[0], b[1]}, high[2] = {b[2], b[3]};
        mma_m16n8k16<T>(sums[n], a[0], low);
        mma_m16n8k16<T>(sums[n], a[1], high);
      }
    }
  }
};
