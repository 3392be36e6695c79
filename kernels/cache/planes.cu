// planes.cu - between a plane of slots (an attribute, the positions) and a matrix that has a row for each head.
//
//   winnow_cache_gather_slots    matrix[i, j] = plane[slot j of head i] for j below the head's count, 0 from there on
//   winnow_cache_scatter_slots   plane[slot j of head i] = matrix[i, j] for j below the head's count; other slots stay
//
//   matrix   32-bit words [heads, entries];  plane  32-bit words [pages, 16]: values move bit for bit
//   heads    I32 [heads, 3]: row, layer, KV head; those of a scatter ascend
//
// Grid [heads, blocks], block [256]: an entry a thread, in strides. Heads or pages that do not exist end the kernel with a trap.
// Bound by memory: 8 bytes an entry.
#include "cache/slots.cuh"

constexpr int kThreads = 256;

// Calls use(entry, slots) for this thread's entries of a head with so many slots.
template <typename Use>
__device__ __forceinline__ void each_entry(const PagedKv& cache, i64 head, int entries, Use use) {
  int slots = cache.counts[head];
  require(slots >= 0);
  for (int entry = blockIdx.y * kThreads + threadIdx.x; entry < entries; entry += gridDim.y * kThreads) use(entry, slots);
}

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_cache_gather_slots(const PagedKv cache, u32* matrix, const u32* plane, const int* heads, int entries) {
  i64 head = listed_head(cache, heads, blockIdx.x);
  u32* row = matrix + static_cast<i64>(blockIdx.x) * entries;
  each_entry(cache, head, entries, [&](int entry, int slots) { row[entry] = entry < slots ? plane[slot_place(cache, head, entry)] : 0; });
}

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_cache_scatter_slots(const PagedKv cache, const u32* matrix, u32* plane, const int* heads, int entries) {
  i64 head = ascending_head(cache, heads, blockIdx.x);
  const u32* row = matrix + static_cast<i64>(blockIdx.x) * entries;
  each_entry(cache, head, entries, [&](int entry, int slots) {
    if (entry < slots) plane[slot_place(cache, head, entry)] = row[entry];
  });
}
