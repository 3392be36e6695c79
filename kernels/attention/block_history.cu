// block_history.cu - what the last queries of a step pay each page of slots: one number a query and page, the newest in a ring of 64
//
//   history[t mod 64, page] = max over the page's slots j and the heads h of the group of p[t, h, j], with p as in signals.cu and t the position of the token,
// for the last 64 tokens of each sequence and every page of its heads that is in use; 0 where nothing of the page is seen or listed.
// (AttentionPredictor, Yang et al. 2025, arXiv:2502.04077.)
//   history F32 [4, pages, 16]: step s of a page lies in plane s / 16, slot s % 16; the call's log_sum_exp is an input. Other pointers, shapes and types:
//   AttentionParameters in arguments.cuh.
// Grid (pages of a head / 4, kvHeads, sequences * parts), block (128): a warp takes a page and keeps its keys in registers while tiles of 16 rows pass by, on tensor
// cores where the cache has 16 bits (scores have the bits that attention gives them). A part is some of a sequence's tokens; no number is made of two parts. The
// first rows and the page's id are on their way before it is known how many slots are in use. A maximum has no order, so that rows may meet in any.
// Bound by bytes while decoding: the keys that are read, and 4 bytes a page; by flops (2 * rows * slots * headDim) after a prompt.
#include "attention/arguments.cuh"
#include "attention/history_pages.cuh"

// Mirrored by CudaAttention.LaunchBlockHistory.
struct BlockHistoryParameters {
  AttentionParameters call;
  float* history;
  int parts;
};

static_assert(sizeof(BlockHistoryParameters) == 232, "CudaAttention passes this");

constexpr int kHistorySteps = 64;

template <typename T>
struct HistoryPageOf {
  using Type = TensorPage<T>;
};

template <>
struct HistoryPageOf<float> {
  using Type = FloatPage;
};

// Writes what the tokens from `first` on paid a page; a warp does.
__device__ __forceinline__ void write_paid(const BlockHistoryParameters& p, const PageEntries& entries, const int* positions, const float* paid, int tokens) {
  for (int token = threadIdx.x % kWarpSize; token < tokens; token += kWarpSize) {
    int step = positions[token] % kHistorySteps;
    p.history[static_cast<i64>(step / kPageSlots) * p.call.pages * kPageSlots + entries.place + step % kPageSlots] = paid[token];
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_attention_block_history(const BlockHistoryParameters p) {
  __shared__ HistoryTiles<KV_TYPE> tiles;
  __shared__ float paid[kWarps][kHistorySteps];
  int part = p.parts == 1 ? 0 : blockIdx.z % p.parts, first_page = blockIdx.x * kWarps, warp = threadIdx.x / kWarpSize;
  HeadView view;
  view.read(p.call, p.parts == 1 ? blockIdx.z : blockIdx.z / p.parts, blockIdx.y, gridDim.y);
  int tokens = min(view.tokens, kHistorySteps), span = (tokens + p.parts - 1) / p.parts;
  int first_token = view.tokens - tokens + part * span, end_token = min(first_token + span, view.tokens), end = end_token * view.group;
  if (first_token >= end_token) return;
  int id = first_page + warp < p.call.pages_per_head ? load_here(view.pages + first_page + warp) : 0;
  copy_tile(tiles, p.call, view, 0, first_token * view.group, end);
  view.check(p.call);
  if (first_page * kPageSlots >= view.slots) return;
  typename HistoryPageOf<KV_TYPE>::Type page(p.call, view, PageEntries(p.call, view, first_page + warp, id));
  for (int i = threadIdx.x % kWarpSize; i < kHistorySteps; i += kWarpSize) paid[warp][i] = 0.0f;
  for (int row = first_token * view.group, stage = 0; row < end; row += kTileRows, stage ^= 1) {
    int rows = min(end - row, kTileRows);
    copy_async_wait<0>();
    tiles.store(stage, rows);
    // Everybody is done with the other stage, too.
    __syncthreads();
    copy_tile(tiles, p.call, view, stage ^ 1, row + kTileRows, end);
    if (!page.entries.holds(0)) continue;
    page.pay(tiles, p.call, view, stage, row, rows, [&](int i, float value) {
      atomicMax(reinterpret_cast<int*>(&paid[warp][own_token(p.call, row + i) - first_token]), __float_as_int(value));
    });
  }
  __syncwarp();
  if (page.entries.place >= 0) write_paid(p, page.entries, p.call.positions + view.first_token + first_token, paid[warp], end_token - first_token);
}
