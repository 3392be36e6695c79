// compact.cu - keeps some slots of heads and drops the rest: in place, in order, keys, values, positions and attributes bit for bit.
//
//   slot i of a head becomes what slot kept[i] was, for i below the length of its list; its count becomes that length.  kept ascends strictly, so
//   kept[i] >= i: a block that copies in ascending pieces, each read before it is written, never writes what it still has to read.
//
//   winnow_cache_compact_one      kept I32 [keep] of one head.                                                      Grid [1, parts]
//   winnow_cache_compact_many     heads I32 [lists, 3]: row, layer, KV head, ascending; starts I32 [lists + 1]; kept.  Grid [lists, parts]
//   winnow_cache_keep_selected    heads the same; kept I32 [lists, capacity], keeps I32 [lists]: lengths of the lists.   Grid [lists, parts]
//   winnow_cache_keep_accepted    of the last slots of each head, those of the step's tokens, keeps the accepted ones: rows I32 [sequences],
//                                 steps I32 [sequences + 1] (tokens), starts I32 [sequences + 1], accepted I32: from 0 in the sequence's step.
//                                 Grid [layers * kv_heads, sequences]
//
// Block [256]. Parts: 0 keys, 1 values, 2 positions, 3 + p plane p of the attributes; keys and values move in UNITS pieces a slot, each of UNIT bytes
// (16, 8, 4 or 2). Lists that do not ascend below the count, rows or pages that do not exist end the kernel with a trap.
// Bound by memory: twice the bytes that move.
#include "cache/slots.cuh"

#ifndef UNIT
#define UNIT 16
#define UNITS 16
#endif

constexpr int kThreads = 256, kTurns = 4;

// One head's slots from `first` on and the list of those that stay.
struct List {
  i64 head;
  int first;
  const int* kept;
  int keep;
};

// The first slot that moves: kept[i] - i is 0 up to there and never falls.
__device__ __forceinline__ int first_moved(const List& list) {
  int low = 0, high = list.keep;
  while (low < high) {
    int middle = (low + high) / 2;
    if (list.kept[middle] > middle) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Moves one pool. A thread holds kTurns pieces of consecutive runs; one barrier a run is enough, since what is read later lies past what is written now.
template <int kUnits, typename T>
__device__ __forceinline__ void move_slots(const PagedKv& cache, const List& list, T* pool) {
  int total = list.keep * kUnits;
  for (int start = first_moved(list) * kUnits; start < total; start += kThreads * kTurns) {
    T held[kTurns];
    i64 to[kTurns];
#pragma unroll
    for (int turn = 0; turn < kTurns; ++turn) {
      int piece = start + turn * kThreads + threadIdx.x;
      to[turn] = -1;
      if (piece < total) {
        int slot = piece / kUnits, unit = piece % kUnits;
        int from = list.kept[slot];
        if (from != slot) {
          held[turn] = pool[slot_place(cache, list.head, list.first + from) * kUnits + unit];
          to[turn] = slot_place(cache, list.head, list.first + slot) * kUnits + unit;
        }
      }
    }
    __syncthreads();
#pragma unroll
    for (int turn = 0; turn < kTurns; ++turn) {
      if (to[turn] >= 0) pool[to[turn]] = held[turn];
    }
  }
}

__device__ __forceinline__ void move_part(const PagedKv& cache, const List& list, int part) {
  using T = Piece<UNIT>::T;
  if (part < 2) {
    move_slots<UNITS>(cache, list, reinterpret_cast<T*>(part == 0 ? cache.keys : cache.values));
  } else {
    u32* words = reinterpret_cast<u32*>(part == 2 ? cache.positions : reinterpret_cast<int*>(attribute(cache, part - 3, 0)));
    move_slots<1>(cache, list, words);
  }
}

// The list ascends strictly from 0 and stays below `bound`.
__device__ __forceinline__ void check(const List& list, int bound) {
  for (int i = threadIdx.x; i < list.keep; i += kThreads) {
    int before = i == 0 ? -1 : list.kept[i - 1];
    require(list.kept[i] > before && before >= i - 1 && list.kept[i] < bound);
  }
}

__device__ __forceinline__ void compact(const PagedKv& cache, const List& list) {
  if (blockIdx.y == 0) {
    check(list, cache.counts[list.head]);
    __syncthreads();
    if (threadIdx.x == 0) cache.counts[list.head] = list.keep;
  }
  move_part(cache, list, blockIdx.y);
}

extern "C" __global__ void __launch_bounds__(kThreads, 4)
winnow_cache_compact_one(const PagedKv cache, const int* kept, i64 head, int keep) {
  compact(cache, {head, 0, kept, keep});
}

extern "C" __global__ void __launch_bounds__(kThreads, 4)
winnow_cache_compact_many(const PagedKv cache, const int* heads, const int* starts, const int* kept, int kept_length) {
  i64 head = ascending_head(cache, heads, blockIdx.x);
  int first = starts[blockIdx.x], end = starts[blockIdx.x + 1];
  require(first >= 0 && first <= end && end <= kept_length);
  compact(cache, {head, 0, kept + first, end - first});
}

extern "C" __global__ void __launch_bounds__(kThreads, 4)
winnow_cache_keep_selected(const PagedKv cache, const int* heads, const int* kept, const int* keeps, int capacity) {
  i64 head = ascending_head(cache, heads, blockIdx.x);
  int keep = keeps[blockIdx.x];
  require(keep >= 0 && keep <= capacity);
  compact(cache, {head, 0, kept + static_cast<i64>(blockIdx.x) * capacity, keep});
}

extern "C" __global__ void __launch_bounds__(kThreads, 4)
winnow_cache_keep_accepted(const PagedKv cache, const int* rows, const int* steps, const int* starts, const int* accepted, int accepted_length) {
  int tokens = steps[blockIdx.y + 1] - steps[blockIdx.y];
  if (tokens <= 0) return;
  int first = starts[blockIdx.y], end = starts[blockIdx.y + 1];
  require(first >= 0 && first <= end && end <= accepted_length);
  i64 head = head_index(cache, rows[blockIdx.y], blockIdx.x / cache.kv_heads, blockIdx.x % cache.kv_heads);
  int older = cache.counts[head] - tokens;
  require(older >= 0);
  List list{head, older, accepted + first, end - first};
  check(list, tokens);
  for (int part = 0; part < 3 + cache.planes; ++part) move_part(cache, list, part);
  __syncthreads();
  if (threadIdx.x == 0) cache.counts[head] = older + list.keep;
}
