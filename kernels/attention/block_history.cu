// block_history.cu - what the last queries of a step pay each page of slots: one number a query and page, the newest in a ring of 64
//
//   history[t mod 64, page] = max over the page's slots j and the heads h of the group of p[t, h, j], with p as in signals.cu and t the position of the token,
// for the last 64 tokens of each sequence and every page of its heads that is in use; 0 where nothing of the page is seen or listed.
// (AttentionPredictor, Yang et al. 2025, arXiv:2502.04077.)
//   history F32 [4, pages, 16]: step s of a page lies in plane s / 16, slot s % 16; the call's log_sum_exp is an input. Other pointers, shapes and types:
//   AttentionParameters in arguments.cuh.
// grid (pages of a head / 4, kvHeads, sequences), block (128): a warp takes a page; two lanes share a slot and keep half of its key in registers while rows pass by.
// Bound by bytes while decoding: the keys that are read, and 4 bytes a page; by flops (2 * rows * slots * headDim) after a prompt.
#include "attention/arguments.cuh"
#include "attention/mask.cuh"
#include "attention/state.cuh"
#include "common/types.cuh"
#include "common/vec.cuh"

// Mirrored by CudaAttention.LaunchBlockHistory.
struct BlockHistoryParameters {
  AttentionParameters call;
  float* history;
};

static_assert(sizeof(BlockHistoryParameters) == 224, "CudaAttention passes this");

constexpr int kHistorySteps = 64;
constexpr int kPiece = 4;
constexpr int kPieces = kHeadDim / (2 * kPiece);

// The queries of a tile, as the scores of the call were made from.
struct QueryTile {
  alignas(16) float queries[kTileRows][kHeadDim];
  QueryRow rows[kTileRows];
  float shifts[kTileRows];

  __device__ __forceinline__ void load(const AttentionParameters& p, const HeadView& view, int first_row) {
    for (int i = threadIdx.x; i < kTileRows * kHeadDim; i += kThreads) {
      int row = i / kHeadDim, column = i % kHeadDim;
      float value = first_row + row < view.rows ? p.queries[view.query_of(first_row + row) * kHeadDim + column] : 0.0f;
      queries[row][column] = to_float(from_float<KV_TYPE>(value));
    }
    if (threadIdx.x < kTileRows && first_row + static_cast<int>(threadIdx.x) < view.rows) {
      int row = first_row + threadIdx.x;
      rows[threadIdx.x] = query_row(p, view, row);
      shifts[threadIdx.x] = p.log_sum_exp[view.query_of(row)] * ScoreUnits<KV_TYPE>::per_natural();
    }
  }
};

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

// A warp's page: each lane has a slot of it, or none, and every other four values of its key.
struct PageKeys {
  float keys[kPieces][kPiece];
  int entry;
  int position;
  bool exists;  // the lane has a slot
  bool any;     // some lane has
  float* history;

  __device__ PageKeys(const BlockHistoryParameters& p, const HeadView& view, int page) : position(0), exists(false), any(false), history(nullptr) {
    int lane = threadIdx.x % kWarpSize, half = lane / kPageSlots;
    entry = view.count;
    if (page * kPageSlots < view.slots) {
      int id = view.pages[page], end = first_entry(view, (page + 1) * kPageSlots);
      if (static_cast<u32>(id) >= static_cast<u32>(p.call.pages)) __trap();
      history = p.history + static_cast<i64>(id) * kPageSlots;
      int first = first_entry(view, page * kPageSlots);
      entry = first + lane % kPageSlots;
      exists = entry < end;
      any = first < end;
    }
    i64 slot = exists ? pool_slot(view, view.pages, p.call.pages, entry) : 0;
    if (exists) position = p.call.slot_positions[slot];
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      Vec<KV_TYPE, kPiece> piece = {};
      if (exists) piece = load_vec<KV_TYPE, kPiece>(p.call.keys + slot * kHeadDim + (2 * i + half) * kPiece);
#pragma unroll
      for (int c = 0; c < kPiece; ++c) keys[i][c] = to_float(piece.v[c]);
    }
  }

  // Both lanes of a slot get its product with a query.
  __device__ __forceinline__ float dot(const float* query) const {
    int half = threadIdx.x % kWarpSize / kPageSlots;
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      float4 q = *reinterpret_cast<const float4*>(query + (2 * i + half) * kPiece);
      sum = fmaf(q.x, keys[i][0], sum);
      sum = fmaf(q.y, keys[i][1], sum);
      sum = fmaf(q.z, keys[i][2], sum);
      sum = fmaf(q.w, keys[i][3], sum);
    }
    return sum + __shfl_xor_sync(kFullWarp, sum, kPageSlots);
  }

  __device__ __forceinline__ void write(const BlockHistoryParameters& p, int token_position, float value) const {
    int step = token_position % kHistorySteps;
    history[static_cast<i64>(step / kPageSlots) * p.call.pages * kPageSlots + step % kPageSlots] = value;
  }
};

// What a tile's rows pay the page; `greatest` is what the heads of the row's token have paid before.
__device__ __forceinline__ void add_rows(float& greatest, const PageKeys& page, const BlockHistoryParameters& p, const HeadView& view, const QueryTile& tile,
                                         int first_row) {
  ScoreFunction<KV_TYPE, SOFT_CAP != 0> function(p.call.scale, p.call.soft_cap);
  CallMask mask = mask_of(p.call, view);
  for (int i = 0; i < kTileRows && first_row + i < view.rows; ++i) {
    float score = function(page.dot(tile.queries[i]));
    score = page.exists && mask.sees(tile.rows[i], page.entry, page.position) ? score : minus_infinity();
#pragma unroll
    for (int distance = kPageSlots / 2; distance > 0; distance /= 2) score = fmaxf(score, __shfl_xor_sync(kFullWarp, score, distance));
    float paid = score == minus_infinity() ? 0.0f : ScoreUnits<KV_TYPE>::power(score - tile.shifts[i]);
    greatest = fmaxf(greatest, paid);
    if ((first_row + i) % view.group == view.group - 1) {
      if (threadIdx.x % kWarpSize == 0) page.write(p, tile.rows[i].position, greatest);
      greatest = 0.0f;
    }
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_attention_block_history(const BlockHistoryParameters p) {
  __shared__ QueryTile tile;
  HeadView view(p.call, blockIdx.z, blockIdx.y, gridDim.y);
  int first_page = blockIdx.x * kWarps;
  if (first_page * kPageSlots >= view.slots) return;
  PageKeys page(p, view, first_page + threadIdx.x / kWarpSize);
  int first_token = max(0, view.tokens - kHistorySteps);
  if (page.history != nullptr && !page.any) {
    for (int token = first_token + static_cast<int>(threadIdx.x % kWarpSize); token < view.tokens; token += kWarpSize) {
      page.write(p, p.call.positions[view.first_token + token], 0.0f);
    }
  }
  float greatest = 0.0f;
  for (int row = first_token * view.group; row < view.rows; row += kTileRows) {
    __syncthreads();
    tile.load(p.call, view, row);
    __syncthreads();
    if (page.any) add_rows(greatest, page, p, view, tile, row);
  }
}
