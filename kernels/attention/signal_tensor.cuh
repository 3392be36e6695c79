// signal_tensor.cuh - signals over 16-bit keys, on tensor cores: a warp keeps its slots' keys in registers while tiles of 16 rows pass by. Those to come
// are on their way to shared memory meanwhile, as they are; a thread turns what it has copied itself into what the scores of the call were made from.
#pragma once
#include "attention/signal_rows.cuh"
#include "attention/tensor_core.cuh"

template <typename T>
struct TensorSignals {
  // Large heads leave registers for the keys of fewer slots.
  static constexpr int kWarpSlots = kHeadDim <= 128 ? 32 : 16;
  static constexpr int kSlots = kWarpSlots * kSignalWarps;
  static constexpr int kGroups = kWarpSlots / 8;
  using Shape = TileShape<T>;

  // Tiles that are on their way while one is worked on.
  static constexpr int kAhead = kHeadDim <= 128 ? 3 : 2;

  struct Shared {
    alignas(16) T keys[kSlots * Shape::kStride];
    alignas(16) float ahead[kAhead][kTileRows * Shape::kColumns];
    alignas(16) T queries[2][kTileRows * Shape::kStride];
    alignas(16) int positions[kSlots];
    int positions_ahead[kAhead][kTileRows];
    float log_sum_exps_ahead[kAhead][kTileRows];
    SignalRows rows[2];
    int edges[2][kSignalWarps];
    PositionRange slots;  // of the block's
    bool last;
  };

  static constexpr u32 kRowPieces = Shape::kColumns / 4;
  static constexpr u32 kTilePieces = kTileRows * kRowPieces;
  static constexpr int kCopies = (kTilePieces + kSignalThreads - 1) / kSignalThreads;

  // The threads that bring a page of keys, which lies in one piece.
  static constexpr int kTeam = kSignalThreads * kPageSlots / kSlots;

  u32 keys[kSteps][kGroups / 2][4];
  PositionRange own_slots;
  int page = 0;
  int first_ahead;  // the first row of what is on its way

  // Asks for the thread's page, before it is known whether it is in use, and for the rows from `first_row` on.
  __device__ __forceinline__ TensorSignals(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_slot, int first_row) {
    int index = first_slot / kPageSlots + threadIdx.x / kTeam;
    if (LISTS == 0 && view.tokens > 0 && index < p.pages_per_head) page = load_here(view.pages + index);
    fetch(shared, p, view, RowRange{first_row, view.rows});
  }

  // Brings the block's keys; all threads. Ends with a barrier.
  __device__ __forceinline__ void begin(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_slot) {
    if constexpr (LISTS != 0) {
      load_positions<kSlots, kSignalThreads>(shared.positions, p.slot_positions, p.pages, view, first_slot);
      load_listed<T, kSlots, kSignalThreads>(shared.keys, p.keys, view.pages, p.pages, view, first_slot);
    } else {
      load_page(shared, p, view.count - first_slot);
    }
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
    int lane = threadIdx.x % kWarpSize, first = kWarpSlots * (threadIdx.x / kWarpSize);
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int n = 0; n < kGroups / 2; ++n) {
        ldmatrix_x4(keys[step][n], shared.keys + Shape::at(first + 16 * n + 8 * (lane / 16) + lane % 8, 2 * step + lane / 8 % 2));
      }
    }
    for (int slot = first + lane; slot < first + kWarpSlots && first_slot + slot < view.count; slot += kWarpSize) own_slots.add(shared.positions[slot]);
    own_slots.join();
    if (threadIdx.x < kWarpSize) {
      PositionRange slots;
      for (int slot = lane; slot < kSlots && first_slot + slot < view.count; slot += kWarpSize) slots.add(shared.positions[slot]);
      slots.join();
      if (lane == 0) shared.slots = slots;
    }
    __syncthreads();
  }

  // The slot of the block that a thread gets the signals of, or one past them.
  static __device__ __forceinline__ int own_slot() {
    int lane = threadIdx.x % kWarpSize, g = lane / 4;
    int i = kGroups == 4 ? (g & 1) * 4 + (g & 2) + g / 4 : (g & 1) * 2 + (g & 2) / 2;
    return kGroups == 4 || g < 4 ? kWarpSlots * (threadIdx.x / kWarpSize) + slot_of(i) : kSlots;
  }

  // The signals of the thread's slot over a section's rows.
  __device__ __forceinline__ SlotSignals add_rows(Shared& shared, const SignalParameters& p, const HeadView& view, const RowRange& section, int first_slot) {
    RowRange range = seeing_rows(p.call, view, section, min(first_slot + kSlots, view.count), shared.slots, shared.edges);
    if (range.first != first_ahead) fetch(shared, p.call, view, range);
    SlotSignals signals[2 * kGroups];
#pragma unroll 1
    for (int row = range.first, ahead = 0, stage = 0; row < range.end; row += kTileRows, stage ^= 1) {
      copy_async_wait<kAhead - 1>();
      // Nobody reads this stage any more: all threads have passed the barrier after which the other one was read.
      store(shared, p.call, view, row, ahead, stage);
      copy(shared, p.call, view, row + kAhead * kTileRows, range.end, ahead);
      ahead = ahead == kAhead - 1 ? 0 : ahead + 1;
      __syncthreads();
      add_tile(signals, p, view, shared, stage, first_slot);
    }
    first_ahead = -1;
    __syncthreads();
    return joined(signals);
  }

 private:
  // The i-th of a lane's slots, in its warp's.
  static __device__ __forceinline__ int slot_of(int i) { return 8 * (i / 2) + 2 * (threadIdx.x % 4) + i % 2; }

  // Issues the copies of the first tiles of a range.
  __device__ __forceinline__ void fetch(Shared& shared, const AttentionParameters& p, const HeadView& view, const RowRange& range) {
    first_ahead = range.first;
#pragma unroll
    for (int i = 0; i < kAhead; ++i) copy(shared, p, view, range.first + i * kTileRows, range.end, i);
  }

  // Issues the copies of a tile as one group, of none past the end.
  static __device__ __forceinline__ void copy(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_row, int end, int ahead) {
    int first_query = view.first_token * view.heads + view.kv_head * view.group;
    auto query = [&](int row) { return static_cast<i64>(first_query + row + own_token(p, row) * (view.heads - view.group)); };
    if (first_row < end) {
#pragma unroll
      for (int i = 0; i < kCopies; ++i) {
        u32 item = threadIdx.x + i * kSignalThreads, column = 4 * (item % kRowPieces);
        int row = first_row + item / kRowPieces;
        bool there = row < view.rows && column < kHeadDim;
        if (kTilePieces % kSignalThreads != 0 && item >= kTilePieces) continue;
        copy_async_16(shared.ahead[ahead] + 4 * item, there ? p.queries + query(row) * kHeadDim + column : p.queries, there);
      }
      if (threadIdx.x < kTileRows) {
        int row = min(first_row + static_cast<int>(threadIdx.x), view.rows - 1);
        copy_async_4(&shared.positions_ahead[ahead][threadIdx.x], p.positions + view.first_token + own_token(p, row), true);
        copy_async_4(&shared.log_sum_exps_ahead[ahead][threadIdx.x], p.log_sum_exp + query(row), true);
      }
    }
    copy_async_commit();
  }

  // What the thread has copied of a tile, as products take it.
  static __device__ __forceinline__ void store(Shared& shared, const AttentionParameters& p, const HeadView& view, int first_row, int ahead, int stage) {
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      u32 item = threadIdx.x + i * kSignalThreads, line = item / kRowPieces, column = 4 * (item % kRowPieces);
      if (kTilePieces % kSignalThreads != 0 && item >= kTilePieces) continue;
      float4 query = *reinterpret_cast<const float4*>(shared.ahead[ahead] + 4 * item);
      uint2 packed = make_uint2(pack_query<T>(query.x, query.y), pack_query<T>(query.z, query.w));
      *reinterpret_cast<uint2*>(shared.queries[stage] + Shape::at(line, column / 8) + column % 8) = packed;
    }
    if (threadIdx.x < kTileRows) {
      int row = first_row + threadIdx.x;
      float log_sum_exp = row < view.rows ? shared.log_sum_exps_ahead[ahead][threadIdx.x] : -minus_infinity();
      shared.rows[stage].store(threadIdx.x, own_token(p, min(row, view.rows - 1)), shared.positions_ahead[ahead][threadIdx.x],
                               log_sum_exp * ScoreUnits<T>::per_natural());
    }
  }

  // Issues the copies of a page of keys and their positions; so many of the block's slots are in use.
  __device__ __forceinline__ void load_page(Shared& shared, const AttentionParameters& p, int count) {
    int first = threadIdx.x / kTeam * kPageSlots, member = threadIdx.x % kTeam, rows = count - first;
    if (rows <= 0) page = 0;
    if (static_cast<u32>(page) >= static_cast<u32>(p.pages)) __trap();
    const T* from = p.keys + static_cast<i64>(page) * (kPageSlots * kHeadDim);
#pragma unroll
    for (int i = 0; i < (kPageSlots * Shape::kPieces + kTeam - 1) / kTeam; ++i) {
      int item = member + i * kTeam, row = item / Shape::kPieces, piece = item % Shape::kPieces;
      bool there = row < rows && piece < Shape::kFilledPieces;
      copy_async_16(shared.keys + Shape::at(first + row, piece), from + row * kHeadDim + piece * Shape::kPiece, there);
    }
    if (member < kPageSlots / 4) {
      int there = min(max(rows - 4 * member, 0), 4);
      copy_async_16_part(shared.positions + first + 4 * member, p.slot_positions + static_cast<i64>(page) * kPageSlots + 4 * member,
                         there * static_cast<int>(sizeof(int)));
    }
  }

  // Adds what the rows of a tile say about the lane's slots.
  __device__ __forceinline__ void add_tile(SlotSignals (&signals)[2 * kGroups], const SignalParameters& p, const HeadView& view, const Shared& shared,
                                           int stage, int first_slot) const {
    ScoreFunction<T, SOFT_CAP != 0> function(p.call.scale, p.call.soft_cap);
    CallMask mask = mask_of(p.call, view);
    const SignalRows& rows = shared.rows[stage];
    int g = threadIdx.x % kWarpSize / 4, local = kWarpSlots * (threadIdx.x / kWarpSize), first = first_slot + local;
    bool none = true, all = true;
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      int position = rows.positions[g + 8 * e];
      BlockSight sight = mask.sight(min(first + kWarpSlots, view.count), own_slots.least, own_slots.greatest, position, position);
      none = none && sight.none;
      all = all && sight.all;
    }
    if (first >= view.count || __all_sync(kFullWarp, none)) return;
    bool whole = __all_sync(kFullWarp, all);
    float scores[kGroups][4] = {};
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      u32 a[4];
      load_query_step<T>(a, shared.queries[stage], step);
#pragma unroll
      for (int n = 0; n < kGroups; ++n) {
        u32 b[2] = {keys[step][n / 2][n % 2 * 2], keys[step][n / 2][n % 2 * 2 + 1]};
        mma_m16n8k16<T>(scores[n], a, b);
      }
    }
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      int row = g + 8 * e, token = rows.tokens[row];
      float shift = rows.shifts[row];
      bool in_window = token >= view.tokens - p.window_tokens, in_last = token == view.tokens - 1;
      QueryRow query = rows.query_row(p.call, view, row);
#pragma unroll
      for (int i = 0; i < 2 * kGroups; ++i) {
        float probability = ScoreUnits<T>::power(function(scores[i / 2][2 * e + i % 2]) - shift);
        if (!whole && !mask.sees(query, first + slot_of(i), shared.positions[local + slot_of(i)])) probability = 0.0f;
        signals[i].add(p, in_window, in_last, probability);
      }
    }
  }

  // The eight sums over g as a tree: in each step a lane keeps one half of the slots and gives the other one away, so that one is left.
  static __device__ __forceinline__ SlotSignals joined(SlotSignals (&signals)[2 * kGroups]) {
    join<kGroups>(signals, 4);
    join<kGroups / 2>(signals, 8);
    join<kGroups / 4>(signals, 16);
    return signals[0];
  }

  template <int kKept>
  static __device__ __forceinline__ void join(SlotSignals (&signals)[2 * kGroups], int distance) {
    bool upper = (threadIdx.x & distance) != 0;
    if (kKept == 0) signals[0].add(signals[0].across(distance));
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
      SlotSignals given = SlotSignals::chosen(upper, signals[i], signals[i + kKept]);
      signals[i] = SlotSignals::chosen(upper, signals[i + kKept], signals[i]);
      signals[i].add(given.across(distance));
    }
  }
};
