// pool_rows.cu - each entry of a row from those around it. (SnapKV, arXiv:2404.14469; ChunkKV, arXiv:2502.00299.)
//
//   KIND 0: output[r, e] = sum of the input from e - width / 2 to e + width / 2 over the width; what lies outside the row counts as 0
//   KIND 1: the greatest of those that exist; NaN where one is
//   KIND 2: the mean of those that exist in the entry's chunk; chunks of `width` begin with entry 0
// Sums run in ascending entries. Entries from the length on are 0, and not read.
//
//   output [rows, entries] f32; input [rows, entries] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, entries in pieces of 1024), block (256). Bound by bytes while the width is small: of its reads one comes from memory, the others from L1.
#include "common/types.cuh"
#include "reduction/columns.cuh"

#ifndef KIND
#define KIND 0
#endif

constexpr bool kMaximum = KIND == 1, kChunks = KIND == 2;

__device__ __forceinline__ float pool(const float* input, int entry, int length, int width) {
  int half = width / 2;
  int first = kChunks ? entry / width * width : max(0, entry - half);
  int end = kChunks ? first + min(width, length - first) : entry + 1 + min(half, length - 1 - entry);
  float result = kMaximum ? -__int_as_float(0x7f800000) : 0.0f;
  for (int i = first; i < end; ++i) {
    float value = input[i];
    result = kMaximum ? (value > result || value != value ? value : result) : __fadd_rn(result, value);
  }
  if constexpr (kMaximum) return result;
  return __fdiv_rn(result, static_cast<float>(kChunks ? end - first : width));
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_pool_rows(float* output, const float* input, const i32* lengths, i32 entries, i32 width) {
  i64 row = blockIdx.x;
  int length = row_length(lengths, row, entries);
  float pooled[kPerThread];
  each_column(entries, [&](int i, int entry) { pooled[i] = entry < length ? pool(input + (row * entries), entry, length, width) : 0.0f; });
  each_column(entries, [&](int i, int entry) { output[(row * entries) + entry] = pooled[i]; });
}
