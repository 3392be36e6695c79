// vectors.cu - keys or values of many heads as dense floats.
//
//   output[i, j] = key or value of slot j of head i, widened, for j below the head's count; 0 from there on
//
//   output   F32 [heads, entries, UNITS * VECTOR];  heads  I32 [heads, 3]: row, layer, KV head
//   pages in TYPE: 0 F32, 1 F16, 2 BF16; their addresses are multiples of VECTOR values (4 or 1), that of the output the same
//
// Grid [heads, blocks], block [256]: VECTOR values a thread, in strides. Heads or pages that do not exist end the kernel with a trap.
// Bound by memory: 4 + sizeof(T) bytes a value.
#include "cache/slots.cuh"
#include "common/vec.cuh"

#ifndef TYPE
#define TYPE 2
#define UNITS 32
#define VECTOR 4
#endif

constexpr int kThreads = 256;
using Stored = Storage<TYPE>::T;

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_cache_gather_vectors(const PagedKv cache, float* output, const int* heads, int entries, int values) {
  i64 head = listed_head(cache, heads, blockIdx.x);
  int slots = cache.counts[head];
  require(slots >= 0);
  const Stored* pool = reinterpret_cast<const Stored*>(values ? cache.values : cache.keys);
  float* row = output + static_cast<i64>(blockIdx.x) * entries * (UNITS * VECTOR);
  for (int item = blockIdx.y * kThreads + threadIdx.x; item < entries * UNITS; item += gridDim.y * kThreads) {
    int slot = item / UNITS, unit = item % UNITS;
    Vec<float, VECTOR> wide = {};
    if (slot < slots) {
      auto stored = load_vec<Stored, VECTOR>(pool + (slot_place(cache, head, slot) * UNITS + unit) * VECTOR);
#pragma unroll
      for (int i = 0; i < VECTOR; ++i) wide.v[i] = to_float(stored.v[i]);
    }
    store_vec(row + static_cast<i64>(item) * VECTOR, wide);
  }
}
