// columns.cuh - rows of floats in pieces: blockIdx.x is the row, blockIdx.y the piece.
#pragma once
#include "common/types.cuh"

constexpr int kThreads = 256;
constexpr int kPiece = 1024;
constexpr int kPerThread = kPiece / kThreads;

// A thread's columns within the piece of this block: every kThreads-th. What is read goes through registers before anything is written: outputs may be
// inputs for all that the compiler knows, so that a load behind a store waits for what is stored.
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

// A part of a row: its first entry, the end of those that exist, and its end.
struct Segment {
  int first;
  int exists;
  int end;
};

// Segments of `width` entries begin with entry `start`; the last one may be shorter. `start` is at most `entries`.
__device__ __forceinline__ Segment segment_of(int index, i64 row, const i32* lengths, int entries, int start, int width) {
  int first = start + (index * width);
  int end = first + min(width, entries - first);
  return {first, min(end, row_length(lengths, row, entries)), end};
}

// Zeros where a segment has entries that do not exist; the first segment's block clears what lies before it as well.
__device__ __forceinline__ void clear_others(float* row, const Segment& segment, int index, int stride = kThreads) {
#pragma unroll 1
  for (int e = max(segment.first, segment.exists) + threadIdx.x; e < segment.end; e += stride) row[e] = 0.0f;
  if (index != 0) return;
#pragma unroll 1
  for (int e = threadIdx.x; e < segment.first; e += stride) row[e] = 0.0f;
}
