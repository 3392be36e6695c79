// compact.cu - keeps some slots of heads and drops the rest: in place, in order, keys, values, positions and attributes bit for bit.
//
//   slot i of a head becomes what slot kept[i] was, for i below the length of its list; its count becomes that length.  kept ascends strictly, so
//   kept[i] >= i: a block that copies in ascending runs, each read before it is written, never writes what it still has to read.
//
//   winnow_cache_compact_one      kept I32 [keep] of one head.                                                      Grid [1, parts]
//   winnow_cache_compact_many     heads I32 [lists, 3]: row, layer, KV head, ascending; starts I32 [lists + 1]; kept.  Grid [lists, parts]
//   winnow_cache_keep_selected    heads the same; kept I32 [lists, capacity], keeps I32 [lists]: lengths of the lists.   Grid [lists, parts]
//   winnow_cache_keep_accepted    of the last slots of each head, those of the step's tokens, keeps the accepted ones: rows I32 [sequences],
//                                 steps I32 [sequences + 1] (tokens), starts I32 [sequences + 1], accepted I32: from 0 in the sequence's step.
//                                 Grid [layers * kv_heads, sequences]
//
// Block [512]. Keys and values move in UNITS pieces a slot, each of UNIT bytes (16, 8, 4 or 2). Parts: as many of the keys as a slot has pieces of 64 bytes,
// as many of the values, positions, then the planes of the attributes; blocks of keep_accepted, whose lists are short, go through all of a head. Lists that
// do not ascend below the count, rows or pages that do not exist end the kernel with a trap.
// Bound by memory: twice the bytes that move. What waits for what: head, list and pages once for 2048 slots, all of them at a time; then the data, in
// runs of 512 x 6 pieces.
#include "cache/slots.cuh"

#ifndef UNIT
#define UNIT 16
#define UNITS 16
#endif

constexpr u32 kThreads = 512;
constexpr u32 kRound = 2048, kEach = kRound / kThreads;  // slots whose places are known at a time
constexpr u32 kPieces = 6, kRun = kPieces * kThreads;  // pieces that a thread, a block holds at a time
constexpr int kSlice = UNIT * UNITS < 64 ? UNITS : 64 / UNIT, kSlices = (UNITS + kSlice - 1) / kSlice;

// One head's slots from `first` on and the list of those that stay.
struct List {
  i64 head;
  int first;
  const int* kept;
  int keep;
};

// Places in the pools that slots of a round come from, kStays where they stay, and go to. 2^32 slots would take more memory than there is.
struct Round {
  u32 from[kRound];
  u32 to[kRound];
};

constexpr u32 kStays = ~0u;

// Slots `start` to start + kRound of a list, which ascends strictly from 0 and stays below `bound`. Nothing waits but for all loads of one kind.
__device__ __forceinline__ void find_places(Round& round, const PagedKv& cache, const List& list, int start, i64 bound) {
  int kept[kEach], before[kEach];
  u32 from[kEach], to[kEach];
#pragma unroll
  for (int k = 0; k < kEach; ++k) {
    int i = start + k * kThreads + threadIdx.x;
    kept[k] = i < list.keep ? list.kept[i] : -1;
    before[k] = i > 0 && i < list.keep ? list.kept[i - 1] : -1;
  }
  bool holds = true;
#pragma unroll
  for (int k = 0; k < kEach; ++k) {
    int i = start + k * kThreads + threadIdx.x;
    holds = holds & (i >= list.keep | (kept[k] > before[k] & before[k] >= i - 1 & kept[k] < bound));
  }
  require(holds);
  const int* table = cache.page_table + list.head * cache.pages_per_head;
#pragma unroll
  for (int k = 0; k < kEach; ++k) {
    int i = start + k * kThreads + threadIdx.x;
    bool moves = kept[k] > i;
    from[k] = moves ? table[(list.first + kept[k]) / kPageSlots] : 0;
    to[k] = moves ? table[(list.first + i) / kPageSlots] : 0;
  }
#pragma unroll
  for (int k = 0; k < kEach; ++k) {
    holds = holds & from[k] < static_cast<u32>(cache.pages) & to[k] < static_cast<u32>(cache.pages);
  }
  require(holds);
#pragma unroll
  for (int k = 0; k < kEach; ++k) {
    int slot = k * kThreads + threadIdx.x, i = start + slot;
    round.from[slot] = kept[k] > i ? from[k] * kPageSlots + (list.first + kept[k]) % kPageSlots : kStays;
    round.to[slot] = to[k] * kPageSlots + (list.first + i) % kPageSlots;
  }
}

// Moves kOwn pieces from `first` on of each of a round's slots, each slot having kUnits. One barrier a run is enough: what is read later lies past what is
// written now.
template <int kOwn, int kUnits, typename T>
__device__ __forceinline__ void move_slots(const Round& round, int slots, T* pool, u32 first) {
  u32 total = slots * kOwn;
  auto moves = [&](u32 piece) {
    return piece < total && round.from[piece / kOwn] != kStays && (kUnits % kOwn == 0 || first + piece % kOwn < kUnits);
  };
#pragma unroll 1
  for (u32 start = 0; start < total; start += kRun) {
    T held[kPieces];
#pragma unroll
    for (int k = 0; k < kPieces; ++k) {
      u32 piece = start + k * kThreads + threadIdx.x;
      if (moves(piece)) held[k] = pool[static_cast<u64>(round.from[piece / kOwn]) * kUnits + first + piece % kOwn];
    }
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kPieces; ++k) {
      u32 piece = start + k * kThreads + threadIdx.x;
      if (moves(piece)) pool[static_cast<u64>(round.to[piece / kOwn]) * kUnits + first + piece % kOwn] = held[k];
    }
  }
}

// kOwn: the pieces of a slot that a part of keys or values has.
template <int kOwn>
__device__ __forceinline__ void move_part(const PagedKv& cache, const Round& round, int slots, int part) {
  using T = Piece<UNIT>::T;
  constexpr int kParts = (UNITS + kOwn - 1) / kOwn;
  if (part < 2 * kParts) {
    move_slots<kOwn, UNITS>(round, slots, reinterpret_cast<T*>(part < kParts ? cache.keys : cache.values), part % kParts * kOwn);
  } else {
    float* words = part == 2 * kParts ? reinterpret_cast<float*>(cache.positions) : attribute(cache, part - 2 * kParts - 1, 0);
    move_slots<1, 1>(round, slots, reinterpret_cast<u32*>(words), 0);
  }
}

// Parts `part` to `end` of a head.
template <int kOwn>
__device__ __forceinline__ void move_list(const PagedKv& cache, const List& list, i64 bound, int part, int end) {
  __shared__ Round round;
  bound = min(bound, static_cast<i64>(cache.pages_per_head) * kPageSlots - list.first);
#pragma unroll 1
  for (int start = 0; start < list.keep; start += kRound) {
    find_places(round, cache, list, start, bound);
    __syncthreads();
#pragma unroll 1
    for (int p = part; p < end; ++p) move_part<kOwn>(cache, round, min(kRound, list.keep - start), p);
    __syncthreads();
  }
}

// The block of the positions, which has the least to do, knows the count.
__device__ __forceinline__ void compact(const PagedKv& cache, const List& list) {
  int part = blockIdx.y;
  bool counts = part == 2 * kSlices;
  move_list<kSlice>(cache, list, counts ? cache.counts[list.head] : 0x7fffffff, part, part + 1);
  if (!counts) return;
  __syncthreads();
  if (threadIdx.x == 0) cache.counts[list.head] = list.keep;
}

extern "C" __global__ void __launch_bounds__(kThreads, 2)
winnow_cache_compact_one(const PagedKv cache, const int* kept, i64 head, int keep) {
  compact(cache, {head, 0, kept, keep});
}

extern "C" __global__ void __launch_bounds__(kThreads, 2)
winnow_cache_compact_many(const PagedKv cache, const int* heads, const int* starts, const int* kept, int kept_length) {
  int first = starts[blockIdx.x], end = starts[blockIdx.x + 1];
  i64 head = ascending_head(cache, heads, blockIdx.x);
  require(first >= 0 && first <= end && end <= kept_length);
  compact(cache, {head, 0, kept + first, end - first});
}

extern "C" __global__ void __launch_bounds__(kThreads, 2)
winnow_cache_keep_selected(const PagedKv cache, const int* heads, const int* kept, const int* keeps, int capacity) {
  int keep = keeps[blockIdx.x];
  i64 head = ascending_head(cache, heads, blockIdx.x);
  require(keep >= 0 && keep <= capacity);
  compact(cache, {head, 0, kept + static_cast<i64>(blockIdx.x) * capacity, keep});
}

extern "C" __global__ void __launch_bounds__(kThreads, 2)
winnow_cache_keep_accepted(const PagedKv cache, const int* rows, const int* steps, const int* starts, const int* accepted, int accepted_length) {
  int tokens = steps[blockIdx.y + 1] - steps[blockIdx.y];
  if (tokens <= 0) return;
  int first = starts[blockIdx.y], end = starts[blockIdx.y + 1];
  require(first >= 0 && first <= end && end <= accepted_length);
  i64 head = head_index(cache, rows[blockIdx.y], blockIdx.x / cache.kv_heads, blockIdx.x % cache.kv_heads);
  int older = cache.counts[head] - tokens;
  require(older >= 0);
  List list{head, older, accepted + first, end - first};
  move_list<UNITS>(cache, list, tokens, 0, 3 + cache.planes);
  __syncthreads();
  if (threadIdx.x == 0) cache.counts[head] = older + list.keep;
}
