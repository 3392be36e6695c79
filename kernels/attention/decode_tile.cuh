// decode_tile.cuh - 16 rows of queries over one split of 16-bit keys and values: a warp has 16 slots of a round while scores are worked out, and the
// scores of all of them come at once; while weighted values are added a warp has columns of the head, and blocks of slots follow one another.
// One read of keys and values serves all query heads of the group. Where there are no more than 8 rows, nothing is done for the other half.
#pragma once
#include "attention/decode_loads.cuh"
#include "attention/tensor_core.cuh"

template <typename T>
struct DecodeTile {
  static constexpr int kThreadCount = kRoundThreads;
  static constexpr int kRows = kDecodeRows;
  static constexpr int kOwnedRows = kRows / 8;
  static constexpr int kBlock = kTensorBlock;
  static constexpr int kBlocks = kRoundSlots / kBlock;
  static constexpr int kBlockWarps = kBlock / 16;
  static constexpr int kRounds = kSplitSlots / kRoundSlots;
  static constexpr int kProbabilityStride = kRoundSlots + 8;  // rows fall into different banks
  using Shape = TileShape<T>;
  static constexpr int kGroups = (Shape::kPieces + kRoundWarps - 1) / kRoundWarps;  // of 8 columns, that a warp has at most
  static constexpr int kQueryVectors = (kRows * Shape::kColumns / 4 + kRoundThreads - 1) / kRoundThreads;

  static constexpr int kFlags = kSplitSlots / kBlock;  // of a split
  static constexpr bool kAhead = kRounds > 1 || kSeveral;  // whether copies are issued for what comes after a round

  struct Shared {
    RoundTiles<T> tiles;
    alignas(128) T queries[kRows * Shape::kStride];
    alignas(16) T probabilities[kRows * kProbabilityStride];
    alignas(16) float greatest[kRows][kRoundWarps];
    alignas(16) float sums[kRoundWarps][kOwnedRows][kWarpSize];  // of 16 slots, as lanes hold them
    QueryRow rows[kRows];
  };

  float sums[kGroups][4];
  float sum[kOwnedRows];  // of what the lane holds
  float greatest[kOwnedRows];
  int position;                   // of slot i of the warp's in lane i
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

  // The state of these rows after a split; flags as scan_blocks writes them where there are windows. All threads. `signals` may be told of scores. Where a block
  // has several splits, these are those up to `splits` that are as many apart as there are blocks; done(split) is called after each.
  template <typename Signals, typename F>
  __device__ __forceinline__ void run(Shared& shared, const AttentionParameters& p, const HeadView& view, const SplitPages& pages, int split, int splits,
                                      const u8* flags, Signals& signals, F done) {
    Part now = {pages, split * kSplitSlots, flags, 0, true};
    reset();
    shared.tiles.places.load(p, view, now.first);
    load_keys(shared, p, view, now);
    load_values(shared, p, view, now);
    if constexpr (Signals::kWanted && !kSeveral) signals.write_places(view, pages, shared.tiles.places, now.first);
    store_queries(shared);
    __syncthreads();
    if constexpr (kSeveral) {
#pragma unroll 1
      for (int own = 0; split < splits; ++own) {
        Part next = {{}, now.first + static_cast<int>(gridDim.x) * kSplitSlots, now.flags + kFlags, 0, split + static_cast<int>(gridDim.x) < splits};
        if (next.there) next.pages.load(p, view, split + gridDim.x);
        if constexpr (Signals::kWanted) signals.enter(view, own);
        run_rounds(shared, p, view, now, next, signals);
        done(split);
        reset();
        now = next;
        split += gridDim.x;
      }
    } else {
      run_rounds(shared, p, view, now, {pages, now.first, flags, 0, false}, signals);
      done(split);
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
#pragma unroll
        for (int i = 0; i < kOwnedRows; ++i) f(i, column, sums[n][2 * i], sums[n][2 * i + 1]);
      }
    }
  }

 private:
  // A round of a split, which begins at entry `first` of the head.
  struct Part {
    SplitPages pages;
    int first;
    const u8* flags;
    int round;
    bool there;
  };

  __device__ __forceinline__ void reset() {
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) greatest[i] = minus_infinity(), sum[i] = 0.0f;
#pragma unroll
    for (int n = 0; n < kGroups; ++n) {
#pragma unroll
      for (int e = 0; e < 4; ++e) sums[n][e] = 0.0f;
    }
  }

  // Whether a block of the round has slots that some row sees.
  static __device__ __forceinline__ bool sees(const HeadView& view, const Part& part, int block) {
    int own = part.round * kBlocks + block;
    return part.first + own * kBlock < view.count && (WINDOW == 0 || (part.flags[own] & kBlockSeen));
  }

  // The rounds of a split. `next` is the split after it, if that is there.
  template <typename Signals>
  __device__ __forceinline__ void run_rounds(Shared& shared, const AttentionParameters& p, const HeadView& view, Part now, Part next, Signals& signals) {
    int entries = min(view.count - now.first, kSplitSlots);
    if constexpr (kRounds == 1) {
      if (entries > 0) run_round(shared, p, view, now, next, signals);
    } else {
#pragma unroll 1
      for (; now.round * kRoundSlots < entries; ++now.round) {
        Part after = now;
        after.round = now.round + 1;
        after.there = after.round < kRounds;
        run_round(shared, p, view, now, kSeveral && !after.there ? next : after, signals);
      }
    }
  }

  template <typename Signals>
  __device__ __forceinline__ void run_round(Shared& shared, const AttentionParameters& p, const HeadView& view, const Part& now, Part next, Signals& signals) {
    int own_block = threadIdx.x / kWarpSize / kBlockWarps;
    copy_async_wait<1>();
    __syncwarp();
    float scores[2][4];
    add_round_scores(shared, p, view, now, scores, signals);
    if constexpr (kAhead) {
      if (kSeveral && next.there) next.pages.check(p, view, next.first);
      __syncwarp();
      load_keys(shared, p, view, next);
    }
    __syncthreads();
    float factors[kBlocks][kOwnedRows];
    add_round_probabilities(shared, p, scores, factors);
    BlockOperands operands(shared);
#pragma unroll
    for (int block = 0; block < kBlocks; ++block) {
      if (own_block == block) copy_async_wait<kAhead ? 1 : 0>();
      __syncthreads();
      if (kAhead && own_block == block - 1) load_values(shared, p, view, next);
      if (sees(view, now, block)) add_block(shared, operands, block, factors[block]);
    }
    if constexpr (kAhead) {
      __syncthreads();
      if (own_block == kBlocks - 1) load_values(shared, p, view, next);
    }
  }

  // Issues the copies of the warp's entries as one group, which may be empty.
  __device__ __forceinline__ void load_keys(Shared& shared, const AttentionParameters& p, const HeadView& view, const Part& part) {
    int warp = threadIdx.x / kWarpSize;
    u32 page = __shfl_sync(kFullWarp, part.pages.keys, part.round * kRoundWarps + warp);
    if (part.there && (WINDOW == 0 || sees(view, part, warp / kBlockWarps))) {
      shared.tiles.load_keys(position, p, view, page, part.first, part.round * kRoundSlots);
    }
    copy_async_commit();
  }

  // The group of values comes after that of keys, and the next round's keys come after it.
  static __device__ __forceinline__ void load_values(Shared& shared, const AttentionParameters& p, const HeadView& view, const Part& part) {
    int warp = threadIdx.x / kWarpSize;
    u32 page = __shfl_sync(kFullWarp, part.pages.values, part.round * kRoundWarps + warp);
    if (part.there && (WINDOW == 0 || sees(view, part, warp / kBlockWarps))) {
      shared.tiles.load_values(p, view, page, part.first, part.round * kRoundSlots);
    }
    copy_async_commit();
  }

  __device__ __forceinline__ void store_queries(Shared& shared) {
    constexpr u32 kVectors = Shape::kColumns / 4;
#pragma unroll
    for (int i = 0; i < kQueryVectors; ++i) {
      u32 item = threadIdx.x + i * kRoundThreads;
      int row = item / kVectors, column = 4 * (item % kVectors);
      if (kRows * kVectors % kRoundThreads != 0 && item >= kRows * kVectors) continue;
      uint2 packed = make_uint2(pack_query<T>(queries[i].x, queries[i].y), pack_query<T>(queries[i].z, queries[i].w));
      *reinterpret_cast<uint2*>(shared.queries + Shape::at(row, column / 8) + column % 8) = packed;
    }
    if (threadIdx.x < kRows) shared.rows[threadIdx.x] = query_row;
  }

  // Where lane's row of an operand begins that ldmatrix takes 16 columns of at a time, its second eight ones where `half` is 1; and a step of it.
  static __device__ __forceinline__ u32 operand(const T* tile, int row, int half) { return shared_address(tile + Shape::at(row, half)); }

  static __device__ __forceinline__ u32 step_of(u32 operand, int step) {
    // Steps exchange pieces of 128 bytes, where rows and tiles begin.
    return Shape::kPermuted ? (operand ^ step % 4 * 32) + step / 4 * 128 : operand + step * 32;
  }

  // Where there are no rows from 8 on, any numbers will do for them: those of the second of two factors that came at once, as whose first rows they come next.
  static __device__ __forceinline__ void take_second(u32 (&a)[4]) {
    a[0] = a[1];
    a[2] = a[3];
  }

  // The products of queries and the warp's 16 keys.
  static __device__ __forceinline__ void multiply(float (&scores)[2][4], const Shared& shared) {
    int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
    u32 keys = operand(shared.tiles.keys, 16 * warp + 8 * (lane / 16) + lane % 8, lane / 8 % 2);
    u32 rows = kOwnedRows == 2 ? operand(shared.queries, lane % 16, lane / 16) : step_of(operand(shared.queries, lane % 8, lane / 16), kSteps > 1 ? lane / 8 % 2 : 0);
    u32 a[4];
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      if constexpr (kOwnedRows == 2) {
        ldmatrix_x4(a, step_of(rows, step));
      } else {
        // Two steps at a time, of the last of an odd number the one before it once more.
        bool again = kSteps % 2 != 0 && kSteps > 1 && step == kSteps - 1;
        if (step % 2 == 0) ldmatrix_x4(a, step_of(rows, again ? step - 1 : step));
        if (step % 2 != 0 || again) take_second(a);
      }
      u32 b[4];
      ldmatrix_x4(b, step_of(keys, step));
      u32 low[2] = {b[0], b[1]}, high[2] = {b[2], b[3]};
      mma_m16n8k16<T>(scores[0], a, low);
      mma_m16n8k16<T>(scores[1], a, high);
    }
  }

  // From products to what stands for scores (ScoreFunction::kept), minus infinity where a slot is not seen, and the greatest of each row.
  __device__ __forceinline__ void mask(float (&scores)[2][4], float (&row_greatest)[kOwnedRows], const Shared& shared, const ScoreFunction<T, SOFT_CAP != 0>& function,
                                       const AttentionParameters& p, const HeadView& view, int first_entry, bool whole) {
    CallMask mask = mask_of(p, view);
    QueryRow rows[kOwnedRows];
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) rows[i] = shared.rows[row_of(i)];
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      int slot = 8 * (e / 2) + 2 * (threadIdx.x % 4) + e % 2;
      int seen_position = __shfl_sync(kFullWarp, position, slot);
#pragma unroll
      for (int i = 0; i < kOwnedRows; ++i) {
        float& score = scores[e / 2][2 * i + e % 2];
        score = function.kept(score);
        if (!whole && !mask.sees(rows[i], first_entry + slot, seen_position)) score = minus_infinity();
        row_greatest[i] = fmaxf(row_greatest[i], score);
      }
    }
#pragma unroll
    for (int distance = 2; distance > 0; distance /= 2) {
#pragma unroll
      for (int i = 0; i < kOwnedRows; ++i) row_greatest[i] = fmaxf(row_greatest[i], __shfl_xor_sync(kFullWarp, row_greatest[i], distance));
    }
  }

  // What stands for the scores of the warp's 16 slots, and the greatest of each row.
  template <typename Signals>
  __device__ __forceinline__ void add_round_scores(Shared& shared, const AttentionParameters& p, const HeadView& view, const Part& part, float (&scores)[2][4],
                                                   const Signals& signals) {
    int warp = threadIdx.x / kWarpSize, block = warp / kBlockWarps, begin = part.round * kRoundSlots + 16 * warp;
    float row_greatest[kOwnedRows];
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) row_greatest[i] = minus_infinity();
#pragma unroll
    for (int e = 0; e < 4; ++e) scores[0][e] = scores[1][e] = 0.0f;
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    if (sees(view, part, block)) {
      multiply(scores, shared);
      bool whole = WINDOW != 0 && (part.flags[part.round * kBlocks + block] & kBlockWhole);
      mask(scores, row_greatest, shared, function, p, view, part.first + begin, whole);
    } else if (Signals::kWanted) {
#pragma unroll
      for (int e = 0; e < 4; ++e) scores[0][e] = scores[1][e] = minus_infinity();
    }
    if constexpr (Signals::kWanted) signals.write_scores(function, scores, view, begin);
    if (threadIdx.x % 4 == 0) {
#pragma unroll
      for (int i = 0; i < kOwnedRows; ++i) shared.greatest[row_of(i)][warp] = row_greatest[i];
    }
  }

  // From all warps' greatest scores to the greatest one up to each block, the factors of what was summed before it, and the warp's probabilities.
  __device__ __forceinline__ void add_round_probabilities(Shared& shared, const AttentionParameters& p, const float (&scores)[2][4],
                                                          float (&factors)[kBlocks][kOwnedRows]) {
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    int warp = threadIdx.x / kWarpSize;
    float shifts[kOwnedRows];
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) {
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
    u32 pairs[4] = {};
#pragma unroll
    for (int n = 0; n < 2; ++n) {
#pragma unroll
      for (int i = 0; i < kOwnedRows; ++i) {
        pairs[2 * n + i] = pack_probabilities<T>(function.power(scores[n][2 * i], shifts[i]), function.power(scores[n][2 * i + 1], shifts[i]));
        int column = 16 * warp + 8 * n + 2 * (threadIdx.x % 4);
        *reinterpret_cast<u32*>(shared.probabilities + row_of(i) * kProbabilityStride + column) = pairs[2 * n + i];
      }
    }
    float lane_sums[2] = {};
    add_probabilities<T>(lane_sums, pairs);
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) shared.sums[warp][i][threadIdx.x % kWarpSize] = lane_sums[i];
  }

  // Where the lane's rows of operands begin that ldmatrix takes 32 slots of at a time, before the first block of a round.
  struct BlockOperands {
    u32 probabilities;
    u32 values[kGroups];

    __device__ __forceinline__ explicit BlockOperands(const Shared& shared) {
      int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
      int row = kOwnedRows == 2 ? lane % 16 : lane % 8, slot = kOwnedRows == 2 ? 8 * (lane / 16) : 16 * (lane / 8 % 2) + 8 * (lane / 16);
      probabilities = shared_address(shared.probabilities + row * kProbabilityStride + slot);
#pragma unroll
      for (int n = 0; n < kGroups; ++n) values[n] = shared_address(shared.tiles.values + Shape::at(lane, warp + kRoundWarps * n));
      // Worked out here, and not once more for every block.
      asm volatile("" : "+r"(probabilities));
#pragma unroll
      for (int n = 0; n < kGroups; ++n) asm volatile("" : "+r"(values[n]));
    }
  };

  // Adds a block's weighted values and probabilities to what came before.
  __device__ __forceinline__ void add_block(const Shared& shared, const BlockOperands& operands, int block, const float (&factors)[kOwnedRows]) {
    rescale_sums(factors);
    add_sums(shared, block, factors);
#pragma unroll
    for (int slot = block * kBlock; slot < (block + 1) * kBlock; slot += 32) {
      u32 a[4], next[4];
      ldmatrix_x4(a, operands.probabilities + slot * static_cast<int>(sizeof(T)));
      if constexpr (kOwnedRows == 2) ldmatrix_x4(next, operands.probabilities + (slot + 16) * static_cast<int>(sizeof(T)));
      u32 values[kGroups][4];
#pragma unroll
      for (int n = 0; n < kGroups; ++n) {
        if (Shape::kPieces % kRoundWarps != 0 && static_cast<int>(threadIdx.x) / kWarpSize + kRoundWarps * n >= Shape::kPieces) continue;
        ldmatrix_x4_trans(values[n], operands.values[n] + slot * Shape::kStride * static_cast<int>(sizeof(T)));
      }
#pragma unroll
      for (int half = 0; half < 2; ++half) {
#pragma unroll
        for (int n = 0; n < kGroups; ++n) {
          if (Shape::kPieces % kRoundWarps != 0 && static_cast<int>(threadIdx.x) / kWarpSize + kRoundWarps * n >= Shape::kPieces) continue;
          u32 b[2] = {values[n][2 * half], values[n][2 * half + 1]};
          mma_m16n8k16<T>(sums[n], kOwnedRows == 2 && half == 1 ? next : a, b);
        }
        if (kOwnedRows == 1) take_second(a);
      }
    }
  }

  // Adds a block's probabilities. Where states are told to other blocks, one warp knows them.
  __device__ __forceinline__ void add_sums(const Shared& shared, int block, const float (&factors)[kOwnedRows]) {
    if (CLUSTER != 0 && threadIdx.x >= kWarpSize) return;
#pragma unroll
    for (int i = 0; i < kOwnedRows; ++i) {
      sum[i] = __fmul_rn(sum[i], factors[i]);
#pragma unroll
      for (int other = 0; other < kBlockWarps; ++other) sum[i] = __fadd_rn(sum[i], shared.sums[block * kBlockWarps + other][i][threadIdx.x % kWarpSize]);
    }
  }

  // One row is scaled sooner than it is found out that nothing changes.
  __device__ __forceinline__ void rescale_sums(const float (&factors)[kOwnedRows]) {
    if constexpr (kOwnedRows == 2) {
      rescale(sums, factors[0], factors[1]);
    } else {
#pragma unroll
      for (int n = 0; n < kGroups; ++n) {
        sums[n][0] = __fmul_rn(sums[n][0], factors[0]);
        sums[n][1] = __fmul_rn(sums[n][1], factors[0]);
      }
    }
  }
};
