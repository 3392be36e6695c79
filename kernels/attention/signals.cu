// signals.cu - what attention says about each slot, without an attention map: sums, maxima and counts over the rows that see it
//
// p[t, h, j] = exp(score(q[t, h], k[j, g]) - log_sum_exp[t, h]) where token t sees slot j and 0 elsewhere; over the step's tokens t of the
// sequence and the heads h of the group, for each slot j in use:
//   column_mass[j] += sum p;  window_mass[j] = sum over the last window_tokens tokens;  last_row[j] = sum over the last token;
//   column_maximum[j] = max(column_maximum[j], p);  hits[j] += number of p > hit_threshold.
// Planes and the definitions that want them: slot_signals.cuh; the call's log_sum_exp is an input. Other pointers, shapes and types: AttentionParameters in arguments.cuh.
// Grid (blocks of slots, kvHeads, sequences), 128 threads: 64 slots over 16-bit caches (a warp has 16 of them), 32 slots over F32 ones (a warp has
// every fourth group of 4 rows). Rows that may see some slot, and that some wanted signal takes in, are
// met in ascending order and lanes are added in a fixed one: no atomics, the same bits every time.
// Bound by tensor cores: 2 * rows * slots * headDim flops; reads the queries once a block of slots.
#include "attention/arguments.cuh"
#include "attention/float_tile.cuh"
#include "attention/slot_signals.cuh"
#include "attention/tensor_core.cuh"

__device__ __forceinline__ int warp_least(int value) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) value = min(value, __shfl_xor_sync(kFullWarp, value, distance));
  return value;
}

// What the rows of a tile are, in shared memory.
struct SignalRows {
  QueryRow rows[kTileRows];
  float shifts[kTileRows];
  int tokens[kTileRows];

  __device__ __forceinline__ void load(const SignalParameters& p, const HeadView& view, int first_row, float units) {
    if (threadIdx.x >= kTileRows) return;
    int row = min(first_row + static_cast<int>(threadIdx.x), view.rows - 1);
    rows[threadIdx.x] = query_row(p.call, view, row);
    shifts[threadIdx.x] = p.call.log_sum_exp[view.query_of(row)] * units;
    tokens[threadIdx.x] = row / view.group;
  }
};

// Rows from the first tile on that sees some of a block's slots, and that some wanted signal takes in, to the last one.
struct RowRange {
  int first;
  int end;
};

// All threads; `positions` are the block's slots, `edges` room for two numbers a warp. Ends with a barrier.
template <int kSlots>
__device__ RowRange seeing_rows(const SignalParameters& p, const HeadView& view, int first_slot, const int* positions, int (&edges)[2][kWarps]) {
  CallMask mask = mask_of(p.call, view);
  int lane = threadIdx.x % kWarpSize;
  int least = 0x7fffffff, greatest = -0x7fffffff;
  for (int slot = lane; slot < kSlots && first_slot + slot < view.count; slot += kWarpSize) {
    least = min(least, positions[slot]);
    greatest = max(greatest, positions[slot]);
  }
  least = warp_least(least);
  greatest = -warp_least(-greatest);
  int first = view.tokens, last = -1;
  for (int token = first_wanted_token(p, view.tokens) + static_cast<int>(threadIdx.x); token < view.tokens; token += kThreads) {
    int position = p.call.positions[view.first_token + token];
    if (!mask.sight(min(first_slot + kSlots, view.count), least, greatest, position, position).none) {
      first = min(first, token);
      last = token;
    }
  }
  edges[0][threadIdx.x / kWarpSize] = warp_least(first);
  edges[1][threadIdx.x / kWarpSize] = -warp_least(-last);
  __syncthreads();
  for (int warp = 0; warp < kWarps; ++warp) {
    first = min(first, edges[0][warp]);
    last = max(last, edges[1][warp]);
  }
  return RowRange{first * view.group / kTileRows * kTileRows, (last + 1) * view.group};
}

// 16-bit keys: a warp keeps 16 keys in registers while the rows pass by.
template <typename T>
struct TensorSignals {
  static constexpr int kSlots = 16 * kWarps;
  using Shape = TileShape<T>;

  struct Shared {
    alignas(16) T keys[kSlots * Shape::kStride];
    alignas(16) T queries[2][kTileRows * Shape::kStride];
    alignas(16) int positions[kSlots];
    SignalRows rows[2];
    int edges[2][kWarps];
  };

  static __device__ void run(const SignalParameters& p, const HeadView& view, int first_slot, Shared& shared) {
    load_positions<kSlots>(shared.positions, p.call.slot_positions, p.call.pages, view, first_slot);
    load_slots<T, kSlots>(shared.keys, p.call.keys, view.pages, p.call.pages, view, first_slot);
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
    int lane = threadIdx.x % kWarpSize, slots = 16 * (threadIdx.x / kWarpSize);
    u32 keys[kSteps][4];
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      ldmatrix_x4(keys[step], shared.keys + Shape::at(slots + 8 * (lane / 16) + lane % 8, 2 * step + lane / 8 % 2));
    }
    SlotSignals signals[4];
    RowRange range = seeing_rows<kSlots>(p, view, first_slot, shared.positions, shared.edges);
    for (int first_row = range.first, stage = 0; first_row < range.end; first_row += kTileRows, stage ^= 1) {
      load_queries(p, view, first_row, shared.queries[stage]);
      shared.rows[stage].load(p, view, first_row, ScoreUnits<T>::per_natural());
      __syncthreads();
      add_rows(signals, p, view, keys, shared, stage, first_row, first_slot, slots);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      for (int distance = 4; distance < kWarpSize; distance *= 2) signals[i].add_across(distance);
      int slot = first_slot + slots + 8 * (i / 2) + 2 * (lane % 4) + i % 2;
      if (lane < 4 && slot < view.count) signals[i].write(p, pool_slot(view, view.pages, p.call.pages, slot));
    }
  }

 private:
  static __device__ void load_queries(const SignalParameters& p, const HeadView& view, int first_row, T* queries) {
    constexpr int kPairs = Shape::kColumns / 2;
    for (int i = threadIdx.x; i < kTileRows * kPairs; i += kThreads) {
      int row = i / kPairs, column = 2 * (i % kPairs);
      float2 value = make_float2(0.0f, 0.0f);
      if (first_row + row < view.rows && column < kHeadDim) {
        value = *reinterpret_cast<const float2*>(p.call.queries + view.query_of(first_row + row) * kHeadDim + column);
      }
      *reinterpret_cast<u32*>(queries + Shape::at(row, column / 8) + column % 8) = pack<T>(value.x, value.y);
    }
  }

  static __device__ __forceinline__ void add_rows(SlotSignals (&signals)[4], const SignalParameters& p, const HeadView& view,
                                                  const u32 (&keys)[kSteps][4], const Shared& shared, int stage, int first_row, int first_slot,
                                                  int slots) {
    ScoreFunction<T, SOFT_CAP != 0> function(p.call.scale, p.call.soft_cap);
    CallMask mask = mask_of(p.call, view);
    float scores[2][4] = {};
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      u32 a[4];
      load_query_step<T>(a, shared.queries[stage], step);
      u32 low[2] = {keys[step][0], keys[step][1]}, high[2] = {keys[step][2], keys[step][3]};
      mma_m16n8k16<T>(scores[0], a, low);
      mma_m16n8k16<T>(scores[1], a, high);
    }
    int lane = threadIdx.x % kWarpSize;
#pragma unroll
    for (int e = 0; e < 4; e += 2) {
      int row = lane / 4 + 4 * e;
      if (first_row + row >= view.rows) continue;
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        int slot = slots + 8 * (i / 2) + 2 * (lane % 4) + i % 2;
        if (!mask.sees(shared.rows[stage].rows[row], first_slot + slot, shared.positions[slot])) continue;
        float score = function(scores[i / 2][e + i % 2]);
        signals[i].add(p, shared.rows[stage].tokens[row], view.tokens, ScoreUnits<T>::power(score - shared.rows[stage].shifts[row]));
      }
    }
  }
};

// F32 keys: a lane is a slot, and the four warps share the rows.
template <typename T>
struct FloatSignals {
  static constexpr int kSlots = kWarpSize;
  static constexpr int kWarpRows = kTileRows / kWarps;

  struct Shared {
    alignas(16) T keys[kSlots * TileShape<T>::kStride];
    alignas(16) float queries[kTileRows][kHeadDim];
    alignas(16) int positions[kSlots];
    SignalRows rows;
    int edges[2][kWarps];
    SlotSignals signals[kWarps][kSlots];
  };

  static __device__ void run(const SignalParameters& p, const HeadView& view, int first_slot, Shared& shared) {
    load_positions<kSlots>(shared.positions, p.call.slot_positions, p.call.pages, view, first_slot);
    load_slots<T, kSlots>(shared.keys, p.call.keys, view.pages, p.call.pages, view, first_slot);
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
    int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
    SlotSignals signals;
    RowRange range = seeing_rows<kSlots>(p, view, first_slot, shared.positions, shared.edges);
    for (int first_row = range.first; first_row < range.end; first_row += kTileRows) {
      __syncthreads();
      load_queries(p, view, first_row, shared);
      shared.rows.load(p, view, first_row, 1.0f);
      __syncthreads();
      add_rows(signals, p, view, shared, first_row, first_slot);
    }
    shared.signals[warp][lane] = signals;
    __syncthreads();
    if (warp > 0 || first_slot + lane >= view.count) return;
    for (int other = 1; other < kWarps; ++other) signals.add(shared.signals[other][lane]);
    signals.write(p, pool_slot(view, view.pages, p.call.pages, first_slot + lane));
  }

 private:
  static __device__ void load_queries(const SignalParameters& p, const HeadView& view, int first_row, Shared& shared) {
    for (int i = threadIdx.x; i < kTileRows * kHeadDim; i += kThreads) {
      int row = i / kHeadDim, column = i % kHeadDim;
      shared.queries[row][column] = first_row + row < view.rows ? p.call.queries[view.query_of(first_row + row) * kHeadDim + column] : 0.0f;
    }
  }

  static __device__ __forceinline__ void add_rows(SlotSignals& signals, const SignalParameters& p, const HeadView& view, const Shared& shared,
                                                  int first_row, int first_slot) {
    ScoreFunction<float, SOFT_CAP != 0> function(p.call.scale, p.call.soft_cap);
    CallMask mask = mask_of(p.call, view);
    int lane = threadIdx.x % kWarpSize, first = kWarpRows * (threadIdx.x / kWarpSize);
    float scores[kWarpRows] = {};
    add_float_scores<kWarpRows>(scores, shared.queries[first], shared.keys);
#pragma unroll
    for (int i = 0; i < kWarpRows; ++i) {
      int row = first + i;
      if (first_row + row >= view.rows || !mask.sees(shared.rows.rows[row], first_slot + lane, shared.positions[lane])) continue;
      float score = function(scores[i]);
      signals.add(p, shared.rows.tokens[row], view.tokens, ScoreUnits<float>::power(score - shared.rows.shifts[row]));
    }
  }
};

template <typename T>
struct SignalsOf {
  using Type = TensorSignals<T>;
};

template <>
struct SignalsOf<float> {
  using Type = FloatSignals<float>;
};

template <typename Signals>
__device__ __forceinline__ void signals(const SignalParameters& p) {
  extern __shared__ __align__(128) u8 memory[];
  static_assert(sizeof(typename Signals::Shared) == SHARED_BYTES, "CudaAttentionVariant counts shared memory too");
  HeadView view(p.call, blockIdx.z, blockIdx.y, gridDim.y);
  int first_slot = blockIdx.x * Signals::kSlots;
  if (first_slot >= view.count) return;
  Signals::run(p, view, first_slot, *reinterpret_cast<typename Signals::Shared*>(memory));
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_attention_signals(const SignalParameters p) {
  signals<typename SignalsOf<KV_TYPE>::Type>(p);
}
