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

__device__ __forceinline__ void copy_words(u32* pool, int source, int destination) {
  for (int i = threadIdx.x; i < kPageSlots; i += kThreads) {
    pool[static_cast<i64>(destination) * kPageSlots + i] = pool[static_cast<i64>(source) * kPageSlots + i];
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_cache_copy_pages(const PagedKv cache, const int* sources, const int* destinations, int page_units) {
  using T = Piece<UNIT>::T;
  int source = sources[blockIdx.x], destination = destinations[blockIdx.x];
  require(static_cast<u32>(source) < static_cast<u32>(cache.pages) && static_cast<u32>(destination) < static_cast<u32>(cache.pages));
  T* pool = reinterpret_cast<T*>(blockIdx.y == 0 ? cache.keys : cache.values);
  for (int unit = threadIdx.x; unit < page_units; unit += kThreads) {
    pool[static_cast<i64>(destination) * page_units + unit] = pool[static_cast<i64>(source) * page_units + unit];
  }
  if (blockIdx.y == 0) {
    copy_words(reinterpret_cast<u32*>(cache.positions), source, destination);
  } else {
    for (int plane = 0; plane < cache.planes; ++plane) {
      copy_words(reinterpret_cast<u32*>(attribute(cache, plane, 0)), source, destination);
    }
  }
}
