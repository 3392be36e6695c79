// history_pages.cuh - what block_history.cu knows of a warp's page, and what rows of queries pay it: over 16-bit keys on tensor cores, over F32 ones lane by lane.
#pragma once
#include "attention/mask.cuh"
#include "attention/state.cuh"
#include "attention/tensor_core.cuh"
#include "common/async.cuh"
#include "common/types.cuh"

// The first entry at a slot or after it.
__device__ __forceinline__ int first_entry(const HeadView& view, int slot) {
  if constexpr (LISTS == 0) return min(slot, view.count);
  int low = 0, high = view.count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (view.list[middle] < slot) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The entries of a page, and where it lies.
struct PageEntries {
  int first = 0;
  int end = 0;
  i64 place = -1;  // of its first slot; less than zero where the head has no such page

  // `id` is the page's, read before it was known whether it is in use.
  __device__ __forceinline__ PageEntries(const AttentionParameters& p, const HeadView& view, int page, int id) {
    if (page * kPageSlots >= view.slots) return;
    if (static_cast<u32>(id) >= static_cast<u32>(p.pages)) __trap();
    place = static_cast<i64>(id) * kPageSlots;
    first = first_entry(view, page * kPageSlots);
    end = first_entry(view, (page + 1) * kPageSlots);
  }

  __device__ __forceinline__ bool holds(int i) const { return first + i < end; }

  // Where the i-th entry lies; of one that there is not, some slot of the page.
  __device__ __forceinline__ i64 slot(const HeadView& view, int i) const { return place + (holds(i) ? view.slot_of(first + i) % kPageSlots : 0); }
};

// Tiles of 16 rows, one that is worked on and one on its way. A thread turns what it has copied itself into what the scores of the call were made from.
template <typename T>
struct HistoryTiles {
  using Shape = TileShape<T>;
  static constexpr int kRowPieces = Shape::kColumns / 4;

  alignas(16) float ahead[kTileRows * Shape::kColumns];
  alignas(16) T queries[2][kTileRows * Shape::kStride];
  int positions[2][kTileRows];
  float log_sum_exps[2][kTileRows];

  __device__ __forceinline__ float* ahead_of(int) { return ahead; }

  // Rows that there are not become zeros.
  __device__ __forceinline__ void store(int stage, int rows) {
    for (int item = threadIdx.x; item < kTileRows * kRowPieces; item += kThreads) {
      int row = item / kRowPieces, column = item % kRowPieces * 4;
      float4 query = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
      if (row < rows && column < kHeadDim) query = *reinterpret_cast<const float4*>(ahead + 4 * item);
      uint2 packed = make_uint2(pack_query<T>(query.x, query.y), pack_query<T>(query.z, query.w));
      *reinterpret_cast<uint2*>(queries[stage] + Shape::at(row, column / 8) + column % 8) = packed;
    }
  }
};

template <>
struct HistoryTiles<float> {
  static constexpr int kRowPieces = kHeadDim / 4;

  alignas(16) float queries[2][kTileRows * kHeadDim];
  int positions[2][kTileRows];
  float log_sum_exps[2][kTileRows];

  __device__ __forceinline__ float* ahead_of(int stage) { return queries[stage]; }
  __device__ __forceinline__ void store(int, int) {}
};

// Issues the copies of the rows from first_row on that there are before `end`.
template <typename Tiles>
__device__ __forceinline__ void copy_tile(Tiles& tiles, const AttentionParameters& p, const HeadView& view, int stage, int first_row, int end) {
  int rows = min(end - first_row, kTileRows);
  for (int item = threadIdx.x; item < rows * Tiles::kRowPieces; item += kThreads) {
    int row = item / Tiles::kRowPieces, column = item % Tiles::kRowPieces * 4;
    if (column >= kHeadDim) continue;
    copy_async_16(tiles.ahead_of(stage) + 4 * item, p.queries + query_of(p, view, first_row + row) * kHeadDim + column);
  }
  if (static_cast<int>(threadIdx.x) < rows) {
    int row = first_row + threadIdx.x;
    copy_async_4(&tiles.positions[stage][threadIdx.x], p.positions + view.first_token + own_token(p, row), true);
    copy_async_4(&tiles.log_sum_exps[stage][threadIdx.x], p.log_sum_exp + query_of(p, view, row), true);
  }
  copy_async_commit();
}

// What a row pays whose greatest score in a page is this one, minus infinity where nothing is seen.
template <typename T, typename Tiles>
__device__ __forceinline__ float paid_by(const Tiles& tiles, int stage, int i, float greatest) {
  if (greatest == minus_infinity()) return 0.0f;
  return ScoreUnits<T>::power(greatest - tiles.log_sum_exps[stage][i] * ScoreUnits<T>::per_natural());
}

template <typename Tiles>
__device__ __forceinline__ QueryRow row_of_tile(const Tiles& tiles, const AttentionParameters& p, const HeadView& view, int stage, int first_row, int i) {
  return QueryRow{tiles.positions[stage][i],
                  TREE ? p.ancestors + static_cast<i64>(view.first_token + own_token(p, first_row + i)) * p.mask_words : nullptr};
}

// 16-bit keys: a warp has those of its page in registers, as products take them.
template <typename T>
struct TensorPage {
  PageEntries entries;
  u32 keys[kSteps][2][2];
  int positions[4];  // of entries that the lane has scores of

  __device__ __forceinline__ TensorPage(const AttentionParameters& p, const HeadView& view, const PageEntries& page) : entries(page) {
    int lane = threadIdx.x % kWarpSize;
#pragma unroll
    for (int n = 0; n < 2; ++n) {
      int i = 8 * n + lane / 4;
      const T* from = p.keys + (entries.holds(i) ? entries.slot(view, i) * kHeadDim : 0) + 2 * (lane % 4);
#pragma unroll
      for (int step = 0; step < kSteps; ++step) {
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          bool there = entries.holds(i) && 16 * step + 8 * half < kHeadDim;
          keys[step][n][half] = there ? *reinterpret_cast<const u32*>(from + 16 * step + 8 * half) : 0;
        }
      }
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) positions[i] = entries.holds(entry_of(i)) ? p.slot_positions[entries.slot(view, entry_of(i))] : 0;
  }

  // add(row of the tile, what it pays); the rows of a tile that there are.
  template <typename F>
  __device__ __forceinline__ void pay(const HistoryTiles<T>& tiles, const AttentionParameters& p, const HeadView& view, int stage, int first_row, int rows,
                                      F add) const {
    ScoreFunction<T, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    CallMask mask = mask_of(p, view);
    float scores[2][4] = {};
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      u32 a[4];
      load_query_step<T>(a, tiles.queries[stage], step);
      mma_m16n8k16<T>(scores[0], a, keys[step][0]);
      mma_m16n8k16<T>(scores[1], a, keys[step][1]);
    }
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      int i = threadIdx.x % kWarpSize / 4 + 8 * e;
      float greatest = minus_infinity();
      if (i < rows) {
        QueryRow row = row_of_tile(tiles, p, view, stage, first_row, i);
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          bool seen = entries.holds(entry_of(j)) && mask.sees(row, entries.first + entry_of(j), positions[j]);
          if (seen) greatest = fmaxf(greatest, function(scores[j / 2][2 * e + j % 2]));
        }
      }
      greatest = fmaxf(greatest, __shfl_xor_sync(kFullWarp, greatest, 1));
      greatest = fmaxf(greatest, __shfl_xor_sync(kFullWarp, greatest, 2));
      if (threadIdx.x % 4 == 0 && i < rows) add(i, paid_by<T>(tiles, stage, i, greatest));
    }
  }

 private:
  static __device__ __forceinline__ int entry_of(int j) { return 8 * (j / 2) + 2 * (threadIdx.x % 4) + j % 2; }
};

// F32 keys: two lanes share a slot and keep half of its key, every other four values.
struct FloatPage {
  static constexpr int kPiece = 4;
  static constexpr int kPieces = kHeadDim / (2 * kPiece);

  PageEntries entries;
  float4 keys[kPieces];
  int position;

  __device__ __forceinline__ FloatPage(const AttentionParameters& p, const HeadView& view, const PageEntries& page) : entries(page), position(0) {
    int own = threadIdx.x % kPageSlots, half = threadIdx.x % kWarpSize / kPageSlots;
    i64 slot = entries.holds(own) ? entries.slot(view, own) : 0;
    if (entries.holds(own)) position = p.slot_positions[slot];
    const float* from = reinterpret_cast<const float*>(p.keys) + slot * kHeadDim;
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      keys[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
      if (entries.holds(own)) keys[i] = *reinterpret_cast<const float4*>(from + (2 * i + half) * kPiece);
    }
  }

  template <typename F>
  __device__ __forceinline__ void pay(const HistoryTiles<float>& tiles, const AttentionParameters& p, const HeadView& view, int stage, int first_row, int rows,
                                      F add) const {
    ScoreFunction<float, SOFT_CAP != 0> function(p.scale, p.soft_cap);
    CallMask mask = mask_of(p, view);
    int own = threadIdx.x % kPageSlots;
    for (int i = 0; i < rows; ++i) {
      float score = function(dot(tiles.queries[stage] + i * kHeadDim));
      bool seen = entries.holds(own) && mask.sees(row_of_tile(tiles, p, view, stage, first_row, i), entries.first + own, position);
      score = seen ? score : minus_infinity();
#pragma unroll
      for (int distance = kPageSlots / 2; distance > 0; distance /= 2) score = fmaxf(score, __shfl_xor_sync(kFullWarp, score, distance));
      if (threadIdx.x % kWarpSize == 0) add(i, paid_by<float>(tiles, stage, i, score));
    }
  }

 private:
  // Both lanes of a slot get its product with a query.
  __device__ __forceinline__ float dot(const float* query) const {
    int half = threadIdx.x % kWarpSize / kPageSlots;
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      float4 q = *reinterpret_cast<const float4*>(query + (2 * i + half) * kPiece);
      sum = fmaf(q.x, keys[i].x, sum);
      sum = fmaf(q.y, keys[i].y, sum);
      sum = fmaf(q.z, keys[i].z, sum);
      sum = fmaf(q.w, keys[i].w, sum);
    }
    return sum + __shfl_xor_sync(kFullWarp, sum, kPageSlots);
  }
};
