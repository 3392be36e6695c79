// copy_pages.cu - copies whole pages: keys, values, positions and attributes. What a fork does before it writes to a page that it shares.
//
//   sources, destinations   I32 [n]: page ids; no destination is a source
//   UNIT: bytes of one access (16, 8, 4 or 2) that all pool addresses are multiples of; page_units: accesses of one page of keys
//
// Grid [n, 2], block [256]: y = 0 keys and positions, 1 values and attributes. A page id that does not exist ends the kernel with a trap.
// Bound by memory: twice the bytes of a page.
#include "cache/slots.cuh"

#ifndef UNIT
#define UNIT 16
#endif

constexpr int kThreads = 256;
constexpr int kTogether = 4;

// Reads so many units before it writes one: the pool is both ends, so that a load behind a store waits for what is stored.
template <typename T>
__device__ __forceinline__ void copy_units(T* to, const T* from, int units) {
#pragma unroll 1
  for (int start = threadIdx.x; start < units; start += kTogether * kThreads) {
    T held[kTogether];
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      if (start + (k * kThreads) < units) held[k] = from[start + (k * kThreads)];
    }
#pragma unroll
    for (int k = 0; k < kTogether; ++k) {
      if (start + (k * kThreads) < units) to[start + (k * kThreads)] = held[k];
    }
  }
}

// Word i of a page in planes of the pool, which lie one behind the other.
__device__ __forceinline__ i64 word_place(const PagedKv& cache, int page, int i) {
  return (((static_cast<i64>(i / kPageSlots) * cache.pages) + page) * kPageSlots) + (i % kPageSlots);
}

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_cache_copy_pages(const PagedKv cache, const int* sources, const int* destinations, int page_units) {
  using T = Piece<UNIT>::T;
  int source = sources[blockIdx.x], destination = destinations[blockIdx.x], t = threadIdx.x;
  require(static_cast<u32>(source) < static_cast<u32>(cache.pages) && static_cast<u32>(destination) < static_cast<u32>(cache.pages));
  bool has_keys = blockIdx.y == 0;
  T* pool = reinterpret_cast<T*>(has_keys ? cache.keys : cache.values);
  u32* words = has_keys ? reinterpret_cast<u32*>(cache.positions) : reinterpret_cast<u32*>(cache.attributes);
  int count = kPageSlots * (has_keys ? 1 : cache.planes);
  u32 word = t < count ? words[word_place(cache, source, t)] : 0u;
  copy_units(pool + static_cast<i64>(destination) * page_units, pool + static_cast<i64>(source) * page_units, page_units);
  if (t < count) words[word_place(cache, destination, t)] = word;
#pragma unroll 1
  for (int i = t + kThreads; i < count; i += kThreads) words[word_place(cache, destination, i)] = words[word_place(cache, source, i)];
}
