// hopper_tile.cuh - what a consumer of the Hopper prefill kernel does: a warpgroup with 64 rows of queries in shared memory and everything else in
// registers.
//
// The order of work hides the softmax behind products: those of the next block's keys and of this block's values are issued together, and while the
// latter run, the next block's scores become probabilities. The other consumer fills what gaps are left.
#pragma once
#include "attention/hopper_loads.cuh"

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
  const HeadView& view;
  int first_row;
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

  static __device__ __forceinline__ int thread() { return threadIdx.x % kWarpgroupSize; }
  static __device__ __forceinline__ int consumer() { return threadIdx.x / kWarpgroupSize - 1; }
  static __device__ __forceinline__ int row_of(int i) { return thread() / kWarpSize * 16 + threadIdx.x % kWarpSize / 4 + 8 * i; }

  __device__ __forceinline__ HopperTile(HopperShared<T>& shared, const AttentionParameters& p, const HeadView& view, int tile_row)
      : shared(shared), p(p), view(view), first_row(tile_row + consumer() * kGroupRows) {
    load_queries();
    queries = factor_by_k(shared_address(shared.queries[consumer()]));
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      query_rows[i] = query_row(p, view, min(first_row + row_of(i), view.rows - 1));
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

  // Walks all blocks of the tile and writes the result.
  __device__ __forceinline__ void run() {
    RingPlace ahead, place;
    int next = wait_for_keys(ahead);
    if (next >= 0) {
      multiply_keys(ahead.stage);
      product_wait<0>();
      product_hold(scores);
      float2 factors = weigh(ahead.stage, next);
      add_block(factors);
      int split = split_of(next);
      bool adds = false;
      for (;;) {
        ahead.advance();
        next = wait_for_keys(ahead);
        if (next < 0) break;
        multiply_keys(ahead.stage);
        barrier_wait(&shared.values_full[place.stage], place.parity);
        multiply_values(place.stage, adds);
        product_wait<1>();
        product_hold(scores);
        bool begins = split_of(next) != split;
        split = split_of(next);
        MergeFactors merging[2];
        if (begins) merge_states(merging);
        factors = weigh(ahead.stage, next);
        product_wait<0>();
        product_hold(sums);
        give_back(shared.values_empty, place.stage);
        place.advance();
        if (begins) {
          merge_sums(merging);
        } else {
          rescale(sums, factors.x, factors.y);
        }
        adds = !begins;
        add_block(factors);
      }
      barrier_wait(&shared.values_full[place.stage], place.parity);
      multiply_values(place.stage, adds);
      product_wait<0>();
      product_hold(sums);
    }
    finish();
  }

 private:
  static __device__ __forceinline__ int split_of(int next) { return next / (2 * kSplitSlots / kHopperBlock); }

  // Rounds the rows' queries to the cache's type, line by line as products want them.
  __device__ void load_queries() {
    constexpr int kPieces = kHeadDim / 8;
    T(&parts)[kColumnParts][kGroupRows * kLineValues] = shared.queries[consumer()];
#pragma unroll 4
    for (int i = thread(); i < kGroupRows * kPieces; i += kWarpgroupSize) {
      int row = i / kPieces, piece = i % kPieces;
      const float* from = p.queries + view.query_of(min(first_row + row, view.rows - 1)) * kHeadDim + piece * 8;
      float4 low = reinterpret_cast<const float4*>(from)[0], high = reinterpret_cast<const float4*>(from)[1];
      T* to = parts[piece / 8] + row * kLineValues + ((piece % 8) ^ (row % 8)) * 8;
      *reinterpret_cast<uint4*>(to) = make_uint4(pack<T>(low.x, low.y), pack<T>(low.z, low.w), pack<T>(high.x, high.y), pack<T>(high.z, high.w));
    }
    fence_async();
    named_barrier_sync(kFirstConsumerBarrier + consumer(), kWarpgroupSize);
  }

  // What the place holds: HopperShared::blocks.
  __device__ __forceinline__ int wait_for_keys(const RingPlace& place) {
    barrier_wait(&shared.keys_full[place.stage], place.parity);
    return __shfl_sync(kFullWarp, shared.blocks[place.stage], 0);
  }

  static __device__ __forceinline__ void give_back(u64 (&empty)[kHopperStages], int stage) {
    if (threadIdx.x % kWarpSize == 0) barrier_arrive(&empty[stage]);
  }

  __device__ __forceinline__ void multiply_keys(int stage) {
    u64 keys = factor_by_k(shared_address(shared.keys[stage]));
    product_fence();
#pragma unroll
    for (int step = 0; step < kHeadDim / 16; ++step) {
      int at = step / 4 * kPartStep + step % 4 * kColumnStep;
      product_shared<T>(scores, queries + at, keys + at, step > 0);
    }
    product_commit();
  }

  __device__ __forceinline__ void multiply_values(int stage, bool adds) {
    u64 values = factor_by_columns(shared_address(shared.values[stage]), kPartStep << 4);
    product_fence();
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) {
      product_columns<T>(sums, probabilities[step], values + step * kLineStep, step > 0 || adds);
    }
    product_commit();
  }

  // From products to probabilities relative to the greatest score so far; returns the factors of what was summed before. Gives the keys back.
  __device__ __forceinline__ float2 weigh(int stage, int next) {
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    float2 block_greatest;
    if (next & 1) {
      give_back(shared.keys_empty, stage);
      block_greatest = mask_scores<T>(scores, function, mask_of(p, view), query_rows, nullptr, 0, 0, true);
    } else {
      block_greatest = mask_scores<T>(scores, function, mask_of(p, view), query_rows, shared.positions[stage], next / 2 * kHopperBlock, 0, false);
      __syncwarp();
      give_back(shared.keys_empty, stage);
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
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      int row = first_row + row_of(i);
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
