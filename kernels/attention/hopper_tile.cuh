// hopper_tile.cuh - a consumer of the Hopper prefill kernel: a warpgroup with 64 rows of queries in shared memory and everything else in registers.
//
// The order of work hides the softmax behind products: those of the next block's keys and of this block's values are issued together, and while the
// latter run, the next block's scores become probabilities. The other consumer fills what gaps are left.
#pragma once
#include "attention/hopper_shared.cuh"

template <typename T>
struct HopperTile {
  static constexpr int kGroups = kHeadDim / 8;
  static constexpr int kScoreGroups = kHopperBlock / 8;
  static constexpr int kLineBytes = 128;
  // From 16 columns of a line to the next 16, and from 16 lines to the next 16, in units of descriptors.
  static constexpr int kColumnStep = 32 >> 4;
  static constexpr int kLineStep = 16 * kLineBytes >> 4;
  static constexpr int kPartStep = kHopperBlock * kLineBytes >> 4;

  HopperShared<T>& shared;
  const AttentionParameters& p;
  RingPlace<kTileSlots> tile;
  RingPlace<kHopperStages> ahead;  // of keys
  RingPlace<kHopperStages> place;  // of values
  QueryRow query_rows[2];
  u64 queries;
  float scores[kScoreGroups][4];
  u32 probabilities[kHopperBlock / 16][4];
  // Of the split that is being worked on, relative to its greatest score so far.
  float sums[kGroups][4];
  float sum[4];
  float greatest[2];
  // Of the splits before it.
  float merged[kGroups][4];
  float merged_sum[2];
  float merged_greatest[2];

  __device__ __forceinline__ HopperTile(HopperShared<T>& shared, const AttentionParameters& p) : shared(shared), p(p) {}

  // Takes tile after tile until there is none.
  __device__ __forceinline__ void run() {
    for (;;) {
      tile.wait_full(shared.tile_full);
      if (shared.tiles[tile.slot].first_row < 0) return;
      begin();
      walk();
      finish();
      tile.arrive(shared.tile_empty);
      tile.advance();
    }
  }

 private:
  static __device__ __forceinline__ int split_of(int next) { return next / (2 * kSplitSlots / kHopperBlock); }

  static __device__ __forceinline__ int consumer() { return threadIdx.x / kWarpgroupSize - 1; }
  static __device__ __forceinline__ int row_of(int i) {
    return threadIdx.x % kWarpgroupSize / kWarpSize * 16 + threadIdx.x % kWarpSize / 4 + 8 * i + consumer() * kGroupRows;
  }

  __device__ __forceinline__ void begin() {
    const TileSlot& slot = shared.tiles[tile.slot];
    queries = factor_by_k(shared_address(shared.queries[tile.slot][consumer()]));
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      query_rows[i].position = slot.positions[row_of(i)];
      if constexpr (TREE != 0) {
        const HeadView& view = slot.view();
        query_rows[i].ancestors = p.ancestors + static_cast<i64>(view.token_of(min(slot.first_row + row_of(i), view.rows - 1))) * p.mask_words;
      }
      merged_greatest[i] = minus_infinity();
      merged_sum[i] = 0.0f;
    }
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[n][e] = merged[n][e] = 0.0f;
    }
#pragma unroll
    for (int n = 0; n < kScoreGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) scores[n][e] = 0.0f;
    }
    reset();
  }

  // Goes through the blocks of the tile.
  __device__ __forceinline__ void walk() {
    int next = wait_for_keys();
    if (next >= 0) {
      multiply_keys();
      product_wait<0>();
      product_hold(scores);
      add_block(weigh(next));
      int split = split_of(next);
      bool adds = false;
      for (;;) {
        ahead.advance();
        next = wait_for_keys();
        if (next < 0) break;
        multiply_keys();
        place.wait_full(shared.values_full);
        multiply_values(adds);
        product_wait<1>();
        product_hold(scores);
        bool begins = split_of(next) != split;
        split = split_of(next);
        MergeFactors merging[2];
        if (begins) merge_states(merging);
        float2 factors = weigh(next);
        product_wait<0>();
        product_hold(sums);
        place.arrive(shared.values_empty);
        place.advance();
        if (begins) {
          merge_sums(merging);
        } else {
          rescale(sums, factors.x, factors.y);
        }
        adds = !begins;
        add_block(factors);
      }
      place.wait_full(shared.values_full);
      multiply_values(adds);
      product_wait<0>();
      product_hold(sums);
      place.arrive(shared.values_empty);
      place.advance();
    }
    ahead.arrive(shared.keys_empty);
    place.arrive(shared.values_empty);
    ahead.advance();
    place.advance();
  }

  // What the stage ahead holds: HopperShared::blocks.
  __device__ __forceinline__ int wait_for_keys() {
    ahead.wait_full(shared.keys_full);
    return __shfl_sync(kFullWarp, shared.blocks[ahead.slot], 0);
  }

  __device__ __forceinline__ void multiply_keys() {
    u64 keys = factor_by_k(shared_address(shared.keys[ahead.slot]));
    product_fence();
#pragma unroll
    for (int step = 0; step < kHeadDim / 16; ++step) {
      int at = step / 4 * kPartStep + step % 4 * kColumnStep;
      product_shared<T>(scores, queries + at, keys + at, step > 0);
    }
    product_commit();
  }

  __device__ __forceinline__ void multiply_values(bool adds) {
    u64 values = factor_by_columns(shared_address(shared.values[place.slot]), kPartStep << 4);
    product_fence();
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) {
      product_columns<T>(sums, probabilities[step], values + step * kLineStep, step > 0 || adds);
    }
    product_commit();
  }

  // From products to probabilities relative to the greatest score so far; returns the factors of what was summed before. Gives the keys back.
  __device__ __forceinline__ float2 weigh(int next) {
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    CallMask mask = mask_of(p, shared.tiles[tile.slot].view());
    float2 block_greatest;
    if (next & 1) {
      ahead.arrive(shared.keys_empty);
      block_greatest = mask_scores<T>(scores, function, mask, query_rows, nullptr, 0, 0, true);
    } else {
      block_greatest = mask_scores<T>(scores, function, mask, query_rows, shared.positions[ahead.slot], next / 2 * kHopperBlock, 0, false);
      ahead.arrive(shared.keys_empty);
    }
    float2 factors = make_float2(raise<T>(greatest[0], block_greatest.x), raise<T>(greatest[1], block_greatest.y));
    float shift_upper = shift_of(greatest[0]), shift_lower = shift_of(greatest[1]);
#pragma unroll
    for (int n = 0; n < kScoreGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 2; ++e) {
        scores[n][e] = ScoreUnits<T>::power(scores[n][e] - shift_upper);
        scores[n][2 + e] = ScoreUnits<T>::power(scores[n][2 + e] - shift_lower);
      }
    }
    return factors;
  }

  // Rounds the probabilities and adds them to the sum of those before.
  __device__ __forceinline__ void add_block(float2 factors) {
    sum[0] = __fmul_rn(sum[0], factors.x);
    sum[1] = __fmul_rn(sum[1], factors.x);
    sum[2] = __fmul_rn(sum[2], factors.y);
    sum[3] = __fmul_rn(sum[3], factors.y);
#pragma unroll
    for (int n = 0; n < kScoreGroups; ++n) {
      probabilities[n / 2][n % 2 * 2] = pack_probabilities<T>(scores[n][0], scores[n][1]);
      probabilities[n / 2][n % 2 * 2 + 1] = pack_probabilities<T>(scores[n][2], scores[n][3]);
    }
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) add_probabilities<T>(sum, probabilities[step]);
  }

  __device__ __forceinline__ void reset() {
    greatest[0] = greatest[1] = minus_infinity();
#pragma unroll
    for (int e = 0; e < 4; ++e) sum[e] = 0.0f;
  }

  // Adds the states of the split to those before it; what its values need for that waits in `merging`.
  __device__ __forceinline__ void merge_states(MergeFactors (&merging)[2]) {
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      merging[i] = merge_factors<T>(merged_greatest[i], greatest[i]);
      merged_greatest[i] = merging[i].greatest;
      merged_sum[i] = merge_value(merged_sum[i], sum[2 * i], merging[i]);
    }
    reset();
  }

  __device__ __forceinline__ void merge_sums(const MergeFactors (&merging)[2]) {
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) merged[n][e] = merge_value(merged[n][e], sums[n][e], merging[e / 2]);
    }
  }

  __device__ __forceinline__ void finish() {
    MergeFactors merging[2];
    merge_states(merging);
    merge_sums(merging);
    const TileSlot& slot = shared.tiles[tile.slot];
    const HeadView& view = slot.view();
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      int row = slot.first_row + row_of(i);
      if (row >= view.rows) continue;
      i64 query = view.query_of(row);
      float inverse = inverse_of(merged_sum[i]);
      float* to = p.output + query * kHeadDim + 2 * (threadIdx.x % 4);
#pragma unroll
      for (int n = 0; n < kGroups; ++n) {
        *reinterpret_cast<float2*>(to + 8 * n) = make_float2(finish_value(merged[n][2 * i], inverse), finish_value(merged[n][2 * i + 1], inverse));
      }
      if (LOG_SUM_EXP != 0 && threadIdx.x % 4 == 0) p.log_sum_exp[query] = log_sum_exp_of<T>(merged_greatest[i], merged_sum[i]);
    }
  }
};
