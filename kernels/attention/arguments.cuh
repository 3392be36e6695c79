// arguments.cuh - what every attention kernel is told: the call's parameters, its compile-time constants, and one head's part of the cache.
//
// Constants, given as definitions: KV_TYPE (float, half_t, bf16_t), HEAD_DIM (a multiple of 8 up to 256), WINDOW (one of the k...Window below),
// CAUSAL, TREE, LISTS, SOFT_CAP, LOG_SUM_EXP (each 0 or 1).
#pragma once
#include "common/types.cuh"

constexpr int kThreads = 128;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kHeadDim = HEAD_DIM;
constexpr int kPageSlots = 16;

// Slots of a split: each is summed from nothing and the splits are then merged in ascending order, so that splits may be worked on at the same
// time and the result is the same whether they were or not.
constexpr int kSplitSlots = 256;

// Rows that are worked on together: tokens of one sequence times the query heads of one KV head; row r is token r / group, head r % group.
constexpr int kTileRows = 16;

// What a query at q sees by position p, besides the other rules: all; p > q - window; that or p < sinks; sinks <= p <= q - window;
// the last two again, of a window that grows with q.
constexpr int kNoWindow = 0;
constexpr int kPlainWindow = 1;
constexpr int kSinksWindow = 2;
constexpr int kDistantWindow = 3;
constexpr int kGrowingNear = 4;
constexpr int kGrowingDistant = 5;

static_assert(kHeadDim % 8 == 0 && kHeadDim > 0 && kHeadDim <= 256, "head sizes are multiples of 8 up to 256");

// Mirrored by CudaAttentionParameters. F32 output, queries [tokens, heads, headDim]; log_sum_exp [tokens, heads] or null; partial F32
// [sequences, kvHeads, partial_rows, splits, headDim] with partial_state (greatest score, sum) of the same first four dimensions; tickets
// [sequences, kvHeads, tiles], zero between launches; keys, values KV_TYPE [pages, 16, headDim]; slot_positions [pages, 16]; page_table
// [rows, layers, kvHeads, pages_per_head]; counts [rows, layers, kvHeads]; rows [sequences]; starts [sequences + 1]; positions [tokens];
// ancestors [tokens, mask_words]; slot_lists [sequences, kvHeads, list_capacity] and list_counts [sequences, kvHeads] with LISTS. All 16-byte
// aligned but counts, rows, starts, positions, page_table, ancestors, slot_lists, list_counts and log_sum_exp. Keys, their positions and counts are
// those of layer; the pages of values lie value_pages entries further on in the table.
struct AttentionParameters {
  float* output;
  float* log_sum_exp;
  float* partial;
  float2* partial_state;
  int* tickets;
  const float* queries;
  const KV_TYPE* keys;
  const KV_TYPE* values;
  const int* slot_positions;
  const int* page_table;
  const int* counts;
  const int* rows;
  const int* starts;
  const int* positions;
  const u32* ancestors;
  const int* slot_lists;
  const int* list_counts;
  int heads;
  int group;
  int layers;
  int layer;
  int pages_per_head;
  int pages;
  int value_pages;
  int mask_words;
  int window;
  int sinks;
  int window_share;  // where windows grow: sinks and window together, of the positions up to a query's, in units of 2^-30; window is the least
  int list_capacity;
  int split_rows;    // a sequence of at most so many rows belongs to the decode kernel, others to the prefill kernel
  int partial_rows;  // room for rows in partial
  int tiles;         // tiles of rows that the decode kernel's grid has for each sequence
  int splits;        // splits that the decode kernel's grid has
  float scale;
  float soft_cap;
  u32 group_inverse;  // 2^32 / group, rounded up; 0 for a group of one
};

static_assert(sizeof(AttentionParameters) == 216, "CudaAttentionParameters mirrors this");

// A load that stays among the others where it is written, so that several are on their way before the first one is waited for. PTX ISA 9.7.9.8 (ld)
__device__ __forceinline__ int load_here(const int* address) {
  int value;
  asm volatile("ld.global.s32 %0, [%1];" : "=r"(value) : "l"(address));
  return value;
}

// One KV head of one sequence. Its entries are what is read: its slots in use, or with LISTS the slots of its list.
struct HeadView {
  int first_token;
  int tokens;
  int rows;
  int kv_head;
  int group;
  int heads;
  int count;      // entries
  int slots;      // in use
  int first_own;  // the step's own tokens are the last slots
  const int* pages;
  const int* list;

  __device__ HeadView() {}

  __device__ HeadView(const AttentionParameters& p, int sequence, int kv_head_index, int kv_heads) {
    read(p, sequence, kv_head_index, kv_heads);
    check(p);
  }

  // Reads it all, and waits for the count only where that is looked at.
  __device__ __forceinline__ void read(const AttentionParameters& p, int sequence, int kv_head_index, int kv_heads) {
    first_token = load_here(p.starts + sequence);
    int end_token = load_here(p.starts + sequence + 1), table_row = load_here(p.rows + sequence);
    tokens = end_token - first_token;
    group = p.group;
    heads = p.heads;
    rows = tokens * group;
    kv_head = kv_head_index;
    i64 head = (static_cast<i64>(table_row) * p.layers + p.layer) * kv_heads + kv_head;
    slots = tokens > 0 ? load_here(p.counts + head) : 0;
    pages = p.page_table + head * p.pages_per_head;
    count = slots;
    list = nullptr;
    if constexpr (LISTS != 0) {
      i64 index = static_cast<i64>(sequence) * kv_heads + kv_head;
      count = tokens > 0 ? load_here(p.list_counts + index) : 0;
      list = p.slot_lists + index * p.list_capacity;
    }
  }

  // What does not fit the cache stops the kernel.
  __device__ __forceinline__ void check(const AttentionParameters& p) {
    first_own = slots - tokens;
    if (slots < 0 || slots > p.pages_per_head * kPageSlots) __trap();
    if (TREE != 0 && tokens > p.mask_words * 32) __trap();
    if (LISTS != 0 && (count < 0 || count > p.list_capacity)) __trap();
  }

  __device__ __forceinline__ int token_of(int row) const { return first_token + row / group; }

  // Which (token, head) of the call a row is.
  __device__ __forceinline__ i64 query_of(int row) const {
    return static_cast<i64>(token_of(row)) * heads + kv_head * group + row % group;
  }

  // The slot that an entry is; one that the head does not hold stops the kernel.
  __device__ __forceinline__ int slot_of(int entry) const {
    if constexpr (LISTS == 0) return entry;
    int slot = list[entry];
    if (static_cast<u32>(slot) >= static_cast<u32>(slots)) __trap();
    return slot;
  }
};

// Which of its sequence's tokens in the step a row is. Rows are few, so that a product takes the place of a division: row * group is far below 2^32.
__device__ __forceinline__ int own_token(const AttentionParameters& p, int row) {
  return p.group_inverse == 0 ? row : static_cast<int>(__umulhi(row, p.group_inverse));
}

// Which (token, head) of the call a row is: HeadView::query_of without divisions.
__device__ __forceinline__ i64 query_of(const AttentionParameters& p, const HeadView& view, int row) {
  int token = own_token(p, row);
  return static_cast<i64>(view.first_token + token) * view.heads + view.kv_head * view.group + (row - token * view.group);
}

// Where an entry's slot lies in the pool, by the pages of the head's keys or values; a page id that is none stops the kernel.
__device__ __forceinline__ i64 pool_slot(const HeadView& view, const int* table, int pages, int entry) {
  int slot = view.slot_of(entry), page = table[slot / kPageSlots];
  if (static_cast<u32>(page) >= static_cast<u32>(pages)) __trap();
  return static_cast<i64>(page) * kPageSlots + slot % kPageSlots;
}
