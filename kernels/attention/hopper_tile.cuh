// hopper_tile.cuh - a consumer of the Hopper prefill kernel: a warpgroup with 64 rows of queries in shared memory and everything else in registers.
//
// The order of work hides everything behind products: that of the next block's keys is issued as soon as this block's probabilities are rounded, sums are made
// ready while it runs, and while that of this block's values runs, the next block's scores become probabilities. The two consumers issue their products in
// turns, so that one has tensor cores for itself while the other is busy with scores.
#pragma once
#include "attention/hopper_shared.cuh"

// What happens to the sums before a block's values are added: nothing, as there are none; they are scaled; their split is done.
enum class Joining { kFirst, kAdds, kMerges };

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
  float sum[2];  // of what the lane holds
  float greatest[2];
  float2 factors;
  Joining joining;
  // Of the splits before it.
  MergeFactors merging[2];
  float merged[kGroups][4];
  float merged_sum[2];
  float merged_greatest[2];

  __device__ __forceinline__ HopperTile(HopperShared<T>& shared, const AttentionParameters& p) : shared(shared), p(p) {}

  // Takes tile after tile until there is none.
  __device__ __forceinline__ void run() {
    if (consumer() == kConsumers - 1) pass_turn();
    for (bool is_first = true;; is_first = false) {
      tile.wait_full(shared.tile_full);
      const TileSlot& slot = shared.tiles[tile.slot];
      if (slot.first_row < 0) break;
      if (is_first) {
        load_queries<kWarpgroupSize, 8>(shared.queries[tile.slot], p, slot.view(), slot.first_row, consumer() * kGroupRows,
                                        (consumer() + 1) * kGroupRows, threadIdx.x % kWarpgroupSize);
        named_barrier_sync(kConsumerBarrier + consumer(), kWarpgroupSize);
      }
      begin();
      walk();
      finish();
      tile.arrive(shared.tile_empty);
      tile.advance();
    }
    // The turn that was passed last.
    if (consumer() == 0) wait_for_turn();
  }

 private:
  static __device__ __forceinline__ int split_of(int next) { return next / (2 * kSplitSlots / kHopperBlock); }

  // The same for a whole warp, and known to be.
  static __device__ __forceinline__ int consumer() { return __shfl_sync(kFullWarp, static_cast<int>(threadIdx.x / kWarpgroupSize) - 1, 0); }
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
      weigh(next);
      round_probabilities();
      int split = split_of(next);
      joining = Joining::kFirst;
      for (;;) {
        ahead.advance();
        next = wait_for_keys();
        if (next < 0) break;
        wait_for_turn();
        multiply_keys();
        join();
        multiply_values();
        pass_turn();
        product_wait<1>();
        product_hold(scores);
        joining = Joining::kAdds;
        if (split_of(next) != split) {
          split = split_of(next);
          merge_states();
          joining = Joining::kMerges;
        }
        weigh(next);
        product_wait<0>();
        product_hold(sums);
        give_values_back();
        round_probabilities();
      }
      join();
      multiply_values();
      product_wait<0>();
      product_hold(sums);
      give_values_back();
    }
    ahead.arrive(shared.keys_empty);
    place.arrive(shared.values_empty);
    ahead.advance();
    place.advance();
  }

  // Both consumers go through the same blocks, so that turns come out even.
  static __device__ __forceinline__ void wait_for_turn() { named_barrier_sync(kTurnBarrier + consumer(), kConsumers * kWarpgroupSize); }
  static __device__ __forceinline__ void pass_turn() { named_barrier_arrive(kTurnBarrier + (consumer() + 1) % kConsumers, kConsumers * kWarpgroupSize); }

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
      u32 at = step / 4 * kPartStep + step % 4 * kColumnStep;
      product_shared<T>(scores, further(queries, at), further(keys, at), step > 0);
    }
    product_commit();
  }

  __device__ __forceinline__ void give_values_back() {
    place.arrive(shared.values_empty);
    place.advance();
  }

  __device__ __forceinline__ void multiply_values() {
    place.wait_full(shared.values_full);
    u64 values = factor_by_columns(shared_address(shared.values[place.slot]), kPartStep << 4);
    product_fence();
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) {
      product_columns<T>(sums, probabilities[step], further(values, step * kLineStep), step > 0 || joining == Joining::kAdds);
    }
    product_commit();
  }

  // A factor that begins further on; the lower half of a descriptor has its address, and room for it.
  static __device__ __forceinline__ u64 further(u64 factor, u32 by) { return (factor & 0xffffffff00000000ull) | (static_cast<u32>(factor) + by); }

  // From products to probabilities relative to the greatest score so far; `factors` are those of what was summed before. Gives the keys back.
  __device__ __forceinline__ void weigh(int next) {
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
    factors = make_float2(raise<T>(greatest[0], function.score_of(block_greatest.x)), raise<T>(greatest[1], function.score_of(block_greatest.y)));
    float shift_upper = shift_of(greatest[0]), shift_lower = shift_of(greatest[1]);
#pragma unroll
    for (int n = 0; n < kScoreGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 2; ++e) {
        scores[n][e] = function.power(scores[n][e], shift_upper);
        scores[n][2 + e] = function.power(scores[n][2 + e], shift_lower);
      }
    }
    add_up();
  }

  // Adds up the probabilities of the block. The next wait for products has no operands, so that an assembler may put it before what would better be done
  // meanwhile, but not before a branch: no sum is negative.
  __device__ __forceinline__ void add_up() {
    sum[0] = __fmul_rn(sum[0], factors.x);
    sum[1] = __fmul_rn(sum[1], factors.y);
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) {
      u32 rounded[4];
      round_step(rounded, step);
      add_probabilities<T>(sum, rounded);
    }
    if (__any_sync(kFullWarp, fminf(sum[0], sum[1]) < 0.0f)) __trap();
  }

  __device__ __forceinline__ void round_step(u32 (&a)[4], int step) {
#pragma unroll
    for (int i = 0; i < 4; ++i) a[i] = pack_probabilities<T>(scores[2 * step + i / 2][i % 2 * 2], scores[2 * step + i / 2][i % 2 * 2 + 1]);
  }

  // Rounds the probabilities once more for products: registers of factors are not to be written while other products are on their way.
  __device__ __forceinline__ void round_probabilities() {
    product_hold(scores);
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) round_step(probabilities[step], step);
  }

  // Makes the sums ready for the values of the block that was weighed last.
  __device__ __forceinline__ void join() {
    if (joining == Joining::kMerges) {
      merge_sums();
    } else if (joining == Joining::kAdds) {
      rescale(sums, factors.x, factors.y);
    }
  }

  __device__ __forceinline__ void reset() {
    greatest[0] = greatest[1] = minus_infinity();
    sum[0] = sum[1] = 0.0f;
  }

  // Adds the states of the split to those before it; what its values need for that waits in `merging`.
  __device__ __forceinline__ void merge_states() {
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      merging[i] = merge_factors<T>(merged_greatest[i], greatest[i]);
      merged_greatest[i] = merging[i].greatest;
      merged_sum[i] = merge_value(merged_sum[i], sum_of_row(sum[i]), merging[i]);
    }
    reset();
  }

  __device__ __forceinline__ void merge_sums() {
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) merged[n][e] = merge_value(merged[n][e], sums[n][e], merging[e / 2]);
    }
  }

  __device__ __forceinline__ void finish() {
    merge_states();
    merge_sums();
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
