// slots.cuh - where the slots of the paged KV cache lie. A page is 16 slots of one (row, layer, KV head).
#pragma once
#include "common/types.cuh"

constexpr int kPageSlots = 16;

// Mirrored by Winnow.Kernels.Cache.CudaPagedKv.
struct PagedKv {
  u8* keys;               // T [pages, 16, head_dim]
  u8* values;             // T [pages, 16, head_dim]
  int* positions;         // I32 [pages, 16]
  float* attributes;      // F32 [planes, pages, 16]
  const int* page_table;  // I32 [rows, layers, kv_heads, pages_per_head]
  int* counts;            // I32 [rows, layers, kv_heads]
  int pages, pages_per_head, rows, layers, kv_heads, planes;
};
static_assert(sizeof(PagedKv) == 72, "as the host lays it out");

// The type of keys and values by its number: 0 F32, 1 F16, 2 BF16.
template <int kType>
struct Storage;
template <>
struct Storage<0> {
  using T = float;
};
template <>
struct Storage<1> {
  using T = half_t;
};
template <>
struct Storage<2> {
  using T = bf16_t;
};

// What moves in one access of so many bytes.
template <int kBytes>
struct Piece;
template <>
struct Piece<16> {
  using T = uint4;
};
template <>
struct Piece<8> {
  using T = uint2;
};
template <>
struct Piece<4> {
  using T = u32;
};
template <>
struct Piece<2> {
  using T = u16;
};

// What the host would have refused if it could see it: a wrong index ends the kernel instead of reading or writing elsewhere.
__device__ __forceinline__ void require(bool holds) {
  if (!holds) __trap();
}

__device__ __forceinline__ i64 head_index(const PagedKv& cache, int row, int layer, int kv_head) {
  require(static_cast<u32>(row) < static_cast<u32>(cache.rows) && static_cast<u32>(layer) < static_cast<u32>(cache.layers) &&
          static_cast<u32>(kv_head) < static_cast<u32>(cache.kv_heads));
  return (static_cast<i64>(row) * cache.layers + layer) * cache.kv_heads + kv_head;
}

// The head that entry i of a list names: I32 [heads, 3], row, layer and KV head of each.
__device__ __forceinline__ i64 listed_head(const PagedKv& cache, const int* heads, int i) {
  return head_index(cache, heads[3 * i], heads[3 * i + 1], heads[3 * i + 2]);
}

// The same of a list that ascends, so that no two blocks write to one head. Both entries are asked for before one is looked at.
__device__ __forceinline__ i64 ascending_head(const PagedKv& cache, const int* heads, int i) {
  const int *own = heads + 3 * i, *other = i > 0 ? own - 3 : own;
  int row = own[0], layer = own[1], kv_head = own[2], row_before = other[0], layer_before = other[1], kv_head_before = other[2];
  i64 head = head_index(cache, row, layer, kv_head);
  require(i == 0 || head_index(cache, row_before, layer_before, kv_head_before) < head);
  return head;
}

// The place of a head's slot among all slots of the pool.
__device__ __forceinline__ i64 slot_place(const PagedKv& cache, i64 head, int slot) {
  int page = slot / kPageSlots;
  require(slot >= 0 && page < cache.pages_per_head);
  int id = cache.page_table[head * cache.pages_per_head + page];
  require(static_cast<u32>(id) < static_cast<u32>(cache.pages));
  return static_cast<i64>(id) * kPageSlots + slot % kPageSlots;
}

__device__ __forceinline__ float* attribute(const PagedKv& cache, int plane, i64 place) {
  return cache.attributes + static_cast<i64>(plane) * cache.pages * kPageSlots + place;
}
