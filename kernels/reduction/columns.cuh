// columns.cuh - rows of floats in pieces: blockIdx.x is the row, blockIdx.y the piece.
#pragma once
#include "common/types.cuh"

constexpr int kThreads = 256;
constexpr int kPiece = 1024;
constexpr int kPerThread = kPiece / kThreads;

// A thread's columns within the piece of this block: every kThreads-th.
template <typename Function>
__device__ __forceinline__ void each_column(int columns, Function function) {
  int first = blockIdx.y * kPiece + threadIdx.x;
#pragma unroll
  for (int i = 0; i < kPerThread; ++i) {
    int column = first + (i * kThreads);
    if (column < columns) function(i, column);
  }
}

// The entries of a row that exist: all of them where there are no lengths.
__device__ __forceinline__ int row_length(const i32* lengths, i64 row, int entries) {
  return lengths == nullptr ? entries : max(0, min(entries, lengths[row]));
}
