// embed.cu - rows of the embedding table: output[t, c] = scale * table[tokens[t], c].
//
//   output   F32 [tokens, columns]
//   table    [vocab, columns] in the type WEIGHT (a number of Weight in common/blocks.cuh); `stride` bytes a row
//   tokens   I32 [tokens], each below vocab: another one ends the kernel with a trap
//   ALIGNED = 1: columns is a multiple of 4, and every row of output and table begins at a multiple of 16 and of four weights
//
// Grid [tokens, ceil(columns / 1024)], block [256]; four columns a thread. Bound by memory: 4 bytes out and one weight in for each value.
#include "common/blocks.cuh"
#include "norm/groups.cuh"

#ifndef WEIGHT
#define WEIGHT 2
#define ALIGNED 1
#endif

constexpr int kThreads = 256, kGroup = 4;
constexpr bool kAligned = ALIGNED;
constexpr Weight kWeight = static_cast<Weight>(WEIGHT);

template <typename T>
__device__ __forceinline__ Vec<float, kGroup> widen(const u8* row, int column) {
  Vec<T, kGroup> packed = load_vec<T, kGroup>(reinterpret_cast<const T*>(row) + column);
  Vec<float, kGroup> group;
#pragma unroll
  for (int i = 0; i < kGroup; ++i) group.v[i] = to_float(packed.v[i]);
  return group;
}

__device__ __forceinline__ Vec<float, kGroup> read(const u8* row, int column, int count) {
  if constexpr (kAligned && kWeight == Weight::kF32) {
    return widen<float>(row, column);
  } else if constexpr (kAligned && kWeight == Weight::kF16) {
    return widen<half_t>(row, column);
  } else if constexpr (kAligned && kWeight == Weight::kBF16) {
    return widen<bf16_t>(row, column);
  } else {
    Vec<float, kGroup> group;
#pragma unroll
    for (int i = 0; i < kGroup; ++i) group.v[i] = i < count ? weight_value<kWeight>(row, column + i) : 0.0f;
    return group;
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_embed(float* output, const u8* table, const int* tokens, int columns, i64 stride, i64 vocab, float scale) {
  int column = (blockIdx.y * kThreads + threadIdx.x) * kGroup;
  if (column >= columns) return;
  int token = tokens[blockIdx.x];
  if (token < 0 || token >= vocab) __trap();
  int count = columns - column;
  Vec<float, kGroup> group = read(table + token * stride, column, count);
#pragma unroll
  for (int i = 0; i < kGroup; ++i) group.v[i] *= scale;
  float* to = output + static_cast<i64>(blockIdx.x) * columns + column;
  if constexpr (kAligned) {
    store_group<true>(to, group);
  } else {
    store_part(to, group, count);
  }
}
