// hopper_tile.cuh - a consumer of the Hopper prefill kernel: a warpgroup with 64 rows of queries in shared memory and everything else in registers.
//
// The order of work hides everything behind products. In its turn a consumer issues the products of the next block's keys and, behind them, those of this
// block's values; sums are scaled while the former run, probabilities are added up while the latter do. Then the next block's scores become probabilities
// while tensor cores do what is left of the turn and all of the other consumer's.
// A block of 64 slots and 128 columns takes both consumers 1024 clocks of tensor cores; 896 of shared memory, as products of keys read 128 bytes a clock where
// queries come from there and 64 where they are in registers, those of values 64, and copies write 32 KB; 512 of exponentials and 660 of issue. From the
// scores of a block to the next products of keys a warp has 1024 clocks less the 448 after which its turn is issued, and by the assembler's schedule takes some
// 600: what lies on that way is what bounds the kernel.
#pragma once
#include "attention/hopper_shared.cuh"

// What happens to the sums before a block's values are added: nothing; they are scaled; nothing, as there are none; their split is done.
enum class Joining { kAdds, kScales, kFirst, kMerges };

template <typename T>
struct HopperTile {
  static constexpr int kGroups = kHeadDim / 8;
  static constexpr int kScoreGroups = kHopperBlock / 8;
  static constexpr int kLineBytes = 128;
  // From 16 columns of a line to the next 16, and from 16 lines to the next 16, in units of descriptors.
  static constexpr int kColumnStep = 32 >> 4;
  static constexpr int kLineStep = 16 * kLineBytes >> 4;
  static constexpr int kPartStep = kHopperBlock * kLineBytes >> 4;

  // Steps whose queries are kept in registers, as far as these suffice.
  static constexpr int kHeldSteps = kHeadDim <= 64 ? 4 : kManyMasks ? 0 : 4;

  HopperShared<T>& shared;
  const AttentionParameters& p;
  RingPlace<kTileSlots> tile;
  RingPlace<kHopperStages> ahead;  // of keys
  RingPlace<kHopperStages> place;  // of values
  QueryRow query_rows[2];
  ScoreFunction<T, SOFT_CAP != 0> function;
  int own_turn;  // the named barriers of the consumer's turn and of the other one's
  int other_turn;
  u32 queries;  // the lower half of their descriptor
  u32 held[kHeldSteps > 0 ? kHeldSteps : 1][4];  // of those, what products take from registers
  float scores[kScoreGroups][4];
  u32 probabilities[kHopperBlock / 16][4];
  // Of the split that is being worked on, relative to its greatest score so far.
  float sums[kGroups][4];
  float sum[2];  // of what the lane holds
  float greatest[2];
  float2 block_greatest;
  float2 factors;
  Joining joining;
  // Of the splits before it.
  MergeFactors merging[2];
  float merged[kGroups][4];
  float merged_sum[2];
  float merged_greatest[2];

  __device__ __forceinline__ HopperTile(HopperShared<T>& shared, const AttentionParameters& p) : shared(shared), p(p), function(p.scale, p.soft_cap) {
    own_turn = kTurnBarrier + consumer();
    other_turn = kTurnBarrier + (consumer() + 1) % kConsumers;
    queries = static_cast<u32>(factor_by_k(shared_address(shared.queries[consumer()])));
    asm volatile("" : "+f"(function.factor), "+r"(own_turn), "+r"(other_turn));
#pragma unroll
    for (int n = 0; n < kScoreGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) scores[n][e] = 0.0f;
    }
  }

  // Takes tile after tile until there is none.
  __device__ __forceinline__ void run() {
    if (consumer() == kConsumers - 1) pass_turn();
    bool there = bring_queries();
    while (there) {
      begin();
      there = walk();
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

  // Rounds the queries that the stages ahead hold to the cache's type, if a tile follows.
  __device__ __forceinline__ bool bring_queries() {
    int contents = wait_for_keys();
    if (contents == kNoContents) return false;
#pragma unroll 1
    for (int i = 0; i < kConsumers; ++i) {
      if (i > 0) contents = wait_for_keys();
      ahead.wait_full(shared.values_full);
      if (i == consumer()) round_queries(kNoContents - contents);
      ahead.arrive(shared.keys_empty);
      ahead.arrive(shared.values_empty);
      ahead.advance();
    }
    return true;
  }

  __device__ __forceinline__ void round_queries(int rows) {
    named_barrier_sync(kConsumerBarrier + consumer(), kWarpgroupSize);
    if (rows == kGroupRows) {
      round_lines<true>(rows);
    } else {
      round_lines<false>(rows);
    }
    fence_async();
    named_barrier_sync(kConsumerBarrier + consumer(), kWarpgroupSize);
    int lane = threadIdx.x % kWarpSize, line = threadIdx.x % kWarpgroupSize / kWarpSize * 16 + lane % 16;
#pragma unroll
    for (int step = 0; step < kHeldSteps; ++step) {
      ldmatrix_x4(held[step], shared.queries[consumer()][step / 4] + line * kLineValues + ((2 * (step % 4) + lane / 16) ^ (line % 8)) * 8);
    }
  }

  // A warp takes 16 lines. Rows past those of the sequence are copies of its last one, and nobody takes what becomes of them.
  template <bool kAll>
  __device__ __forceinline__ void round_lines(int rows) {
    constexpr int kLanes = kHeadDim / 4;  // that a row takes
    constexpr int kAtOnce = kWarpSize / kLanes;
    int lane = threadIdx.x % kWarpSize, column = lane % kLanes * 4, piece = column % kLineValues / 8;
    int first = threadIdx.x % kWarpgroupSize / kWarpSize * 16 + lane / kLanes;
    T* to = shared.queries[consumer()][column / kLineValues] + first * kLineValues + column % 8;
    const float* from = shared.raw_queries(ahead.slot, first / kHalfRows) + first % kHalfRows * kHeadDim + column;
#pragma unroll(kAll ? 4 : 1)
    for (int i = 0; i < 16; i += kAtOnce) {
      if constexpr (!kAll) {
        int row = min(first + i, rows - 1);
        from = shared.raw_queries(ahead.slot, row / kHalfRows) + row % kHalfRows * kHeadDim + column;
      }
      float4 v = *reinterpret_cast<const float4*>(from + (kAll ? i * kHeadDim : 0));
      *reinterpret_cast<uint2*>(to + i * kLineValues + (piece ^ ((first + i) % 8)) * 8) = make_uint2(pack_query<T>(v.x, v.y), pack_query<T>(v.z, v.w));
    }
  }

  __device__ __forceinline__ void begin() {
    place = ahead;
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      merged_greatest[i] = minus_infinity();
      merged_sum[i] = 0.0f;
    }
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[n][e] = merged[n][e] = 0.0f;
    }
    reset();
  }

  // Only where there are keys: read_positions of hopper_plan.cuh.
  __device__ __forceinline__ void look_up_rows() {
    const TileSlot& slot = shared.tiles[tile.slot];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      query_rows[i].position = slot.positions[row_of(i)];
      if constexpr (TREE != 0) {
        const HeadView& view = slot.view();
        query_rows[i].ancestors = p.ancestors + static_cast<i64>(view.token_of(min(slot.first_row + row_of(i), view.rows - 1))) * p.mask_words;
      }
    }
  }

  // Goes through the blocks of the tile, and brings the queries of the next one beside the last product.
  __device__ __forceinline__ bool walk() {
    int next = wait_for_keys();
    if (next < 0) return bring_queries();
    multiply_keys();
    look_up_rows();
    product_wait<0>();
    product_hold(scores);
    find_greatest(next);
    joining = Joining::kFirst;
    int split = split_of(next);
    for (;;) {
      weigh();
      ahead.advance();
      next = wait_for_keys();
      if (next < 0) break;
      take_turn();
      product_wait<1>();
      product_hold(scores);
      joining = Joining::kAdds;
      if (split_of(next) != split) {
        split = split_of(next);
        merge_states();
        joining = Joining::kMerges;
      }
      find_greatest(next);
      give_values_back();
    }
    product_hold(scores);
    round_probabilities();
    multiply_values();
    add_up();
    bool there = bring_queries();
    give_values_back();
    return there;
  }

  // Issues the products of the next block's keys, and those of this block's values behind them.
  __device__ __forceinline__ void take_turn() {
    round_probabilities();
    stay(own_turn);
    wait_for_turn();
    multiply_keys();
    multiply_values();
    pass_turn();
    stay(other_turn);
    add_up();
    stay(p.heads);
  }

  // Both consumers go through the same blocks, so that turns come out even.
  __device__ __forceinline__ void wait_for_turn() const { named_barrier_sync(own_turn, kConsumers * kWarpgroupSize); }
  __device__ __forceinline__ void pass_turn() const { named_barrier_arrive(other_turn, kConsumers * kWarpgroupSize); }

  // A branch that is never taken, with a use of probabilities and of their sums behind it: an assembler puts off what they are made from until after it
  // as little as it begins with what follows before it. Each place has a number of its own, for one that was looked at is known.
  __device__ __forceinline__ void stay(int number) const {
    if (number >= 0) return;
    for (const auto& a : probabilities) asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(0), "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]));
    asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(0), "f"(sum[0]), "f"(sum[1]));
    __trap();
  }

  // What the stage ahead holds: HopperShared::contents.
  __device__ __forceinline__ int wait_for_keys() {
    ahead.wait_full(shared.keys_full);
    return __shfl_sync(kFullWarp, shared.contents[ahead.slot], 0);
  }

  __device__ __forceinline__ void multiply_keys() {
    u32 keys = static_cast<u32>(factor_by_k(shared_address(shared.keys[ahead.slot])));
    product_fence();
#pragma unroll
    for (int step = 0; step < kHeadDim / 16; ++step) {
      u32 at = step / 4 * kPartStep + step % 4 * kColumnStep;
      if (step < kHeldSteps) {
        product_registers<T>(scores, held[step], factor_of(keys + at), step > 0);
      } else {
        product_shared<T>(scores, factor_of(queries + at), factor_of(keys + at), step > 0);
      }
    }
    product_commit();
  }

  // The sums are there, and the probabilities may be written.
  __device__ __forceinline__ void give_values_back() {
    product_wait<0>();
    product_hold(sums);
    place.arrive(shared.values_empty);
    place.advance();
  }

  __device__ __forceinline__ void multiply_values() {
    join();
    place.wait_full(shared.values_full);
    u32 values = static_cast<u32>(factor_by_columns(shared_address(shared.values[place.slot]), kPartStep << 4));
    bool adds = joining <= Joining::kScales;
    product_fence();
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) {
      product_columns<T>(sums, probabilities[step], factor_of(values + step * kLineStep), step > 0 || adds);
    }
    product_commit();
  }

  // The descriptor with that lower half, which has the address; the upper half is the same for all of them.
  static __device__ __forceinline__ u64 factor_of(u32 lower) {
    constexpr u32 kUpper = static_cast<u32>(factor_by_k(0) >> 32);
    u64 factor;
    asm("mov.b64 %0, {%1, %2};" : "=l"(factor) : "r"(lower), "r"(kUpper));
    return factor;
  }

  // Masks the block's products and finds the greatest of each row. Gives the keys back.
  __device__ __forceinline__ void find_greatest(int next) {
    CallMask mask = mask_of(p, shared.tiles[tile.slot].view());
    if (next & 1) {
      ahead.arrive(shared.keys_empty);
      block_greatest = mask_scores<T>(scores, function, mask, query_rows, nullptr, 0, 0, true);
    } else {
      block_greatest = mask_scores<T>(scores, function, mask, query_rows, shared.positions[ahead.slot], next / 2 * kHopperBlock, 0, false);
      ahead.arrive(shared.keys_empty);
    }
  }

  // From masked products to probabilities relative to the greatest score so far; `factors` are those of what was summed before. Exponentials follow one
  // another without a wait for any of them: an assembler would put what takes their results between them, but not before a branch, and one comes next.
  __device__ __forceinline__ void weigh() {
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
    product_hold(scores);
    if (joining == Joining::kAdds && changes(factors.x, factors.y)) joining = Joining::kScales;
  }

  __device__ __forceinline__ void round_probabilities() {
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        probabilities[step][i] = pack_probabilities<T>(scores[2 * step + i / 2][i % 2 * 2], scores[2 * step + i / 2][i % 2 * 2 + 1]);
      }
    }
  }

  // Adds up the probabilities of the block that was weighed last.
  __device__ __forceinline__ void add_up() {
    sum[0] = __fmul_rn(sum[0], factors.x);
    sum[1] = __fmul_rn(sum[1], factors.y);
#pragma unroll
    for (int step = 0; step < kHopperBlock / 16; ++step) add_probabilities<T>(sum, probabilities[step]);
  }

  // Makes the sums ready for the values of the block that was weighed last.
  __device__ __forceinline__ void join() {
    if (joining == Joining::kMerges) {
      merge_sums();
    } else if (joining == Joining::kScales) {
      scale(sums, factors.x, factors.y);
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

  // merge_value in two rounds, the first one in place: its product would have one register for all values in turn.
  __device__ __forceinline__ void merge_sums() {
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[n][e] = __fmul_rn(sums[n][e], merging[e / 2].second);
    }
    product_hold(sums);
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) merged[n][e] = __fmaf_rn(merged[n][e], merging[e / 2].first, sums[n][e]);
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
