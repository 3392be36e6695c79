// lag_deviation.cu - how much the channels of a vector differ on the scale of the next partition. (LagKV, Liang et al. 2025, arXiv:2504.04704.)
//
//   partitions of `lag` entries begin with entry `sinks`; low[c] and high[c] are the least and the greatest value of channel c in the next partition
//   x[c] = (vectors[r, e, c] - low[c]) / (high[c] - low[c]), 0 where both are equal
//   output[r, e] = sqrt(sum over c of (x[c] - mean of x)^2 / (dim - 1)), 0 where dim is 1
// Entries whose next partition is not whole are 0, as are those before the first partition and from the length on, which are not read.
//
//   output [rows, entries] f32; vectors [rows, entries, dim] f32, dim at most 32 PER_LANE; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, partitions), block (512, 256 for PER_LANE above 4): warps take entries, lanes channels; the scale of each warp's part of the next partition,
// then that of all. A thread asks for 32 values before it looks at one, and for its first entries before that. Bound by bytes: each vector is read as
// reference from memory, and as entry mostly from L2.
#include "common/async.cuh"
#include "common/reduce.cuh"
#include "common/types.cuh"
#include "reduction/columns.cuh"

#ifndef PER_LANE
#define PER_LANE 4
#endif

constexpr int kLagThreads = PER_LANE > 4 ? 256 : 512;
constexpr int kWarps = kLagThreads / kWarpSize;
constexpr int kAsked = 32 / PER_LANE;                    // entries of the scale at a time, of a warp
constexpr int kTogether = kAsked * kThreads / kLagThreads;  // entries that are scored

using Channels = float[PER_LANE];

// The scale of each warp, then in the first one's place that of all; entries that are on their way, each value for the thread that asked for it.
struct Shared {
  float low[kWarps][PER_LANE * kWarpSize];
  float high[kWarps][PER_LANE * kWarpSize];
  float values[kWarps][kTogether][PER_LANE * kWarpSize];
};

static_assert(sizeof(Shared) <= 48 * 1024, "what a block may have without asking");

__device__ __forceinline__ void load(Channels& values, const float* vector, int dim) {
  int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int k = 0; k < PER_LANE; ++k) values[k] = lane + (k * kWarpSize) < dim ? vector[lane + (k * kWarpSize)] : 0.0f;
}

// The least and the greatest of each channel among `lag` entries from `first` on.
__device__ __forceinline__ void find_scale(Shared& shared, const float* vectors, int first, int lag, int dim) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize, last = first + lag - 1;
  Channels low, high;
  load(low, vectors + (static_cast<i64>(last) * dim), dim);
#pragma unroll
  for (int k = 0; k < PER_LANE; ++k) high[k] = low[k];
#pragma unroll 1
  for (int e = first + warp; e < last; e += kWarps * kAsked) {
    Channels values[kAsked];
#pragma unroll
    for (int n = 0; n < kAsked; ++n) load(values[n], vectors + (static_cast<i64>(min(e + (n * kWarps), last)) * dim), dim);
#pragma unroll
    for (int n = 0; n < kAsked; ++n) {
#pragma unroll
      for (int k = 0; k < PER_LANE; ++k) {
        low[k] = fminf(low[k], values[n][k]);
        high[k] = fmaxf(high[k], values[n][k]);
      }
    }
  }
#pragma unroll
  for (int k = 0; k < PER_LANE; ++k) {
    shared.low[warp][lane + (k * kWarpSize)] = low[k];
    shared.high[warp][lane + (k * kWarpSize)] = high[k];
  }
  __syncthreads();
  if (threadIdx.x < PER_LANE * kWarpSize) {
    int c = threadIdx.x;
#pragma unroll
    for (int other = 1; other < kWarps; ++other) {
      shared.low[0][c] = fminf(shared.low[0][c], shared.low[other][c]);
      shared.high[0][c] = fmaxf(shared.high[0][c], shared.high[other][c]);
    }
  }
  __syncthreads();
}

// Asks for the next kTogether entries of this warp.
__device__ __forceinline__ void fetch(Shared& shared, const float* vectors, int first, int end, int dim) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
#pragma unroll
  for (int n = 0; n < kTogether; ++n) {
    int e = first + (n * kWarps) + warp;
    if (e >= end) break;
    const float* vector = vectors + (static_cast<i64>(e) * dim);
#pragma unroll
    for (int k = 0; k < PER_LANE; ++k) {
      int channel = lane + (k * kWarpSize);
      copy_async_4(&shared.values[warp][n][channel], channel < dim ? vector + channel : vector, channel < dim);
    }
  }
  copy_async_commit();
}

// The deviation of one vector's channels; every lane of the warp gets it.
__device__ __forceinline__ float deviation(const float* vector, const Channels& low, const Channels& range, int dim) {
  int lane = threadIdx.x % kWarpSize;
  Channels x;
  float sum = 0.0f;
#pragma unroll
  for (int k = 0; k < PER_LANE; ++k) {
    x[k] = range[k] == 0.0f ? 0.0f : __fdiv_rn(vector[lane + (k * kWarpSize)] - low[k], range[k]);
    sum += x[k];
  }
  float mean = __fdiv_rn(warp_sum(sum), static_cast<float>(dim));
  float squares = 0.0f;
#pragma unroll
  for (int k = 0; k < PER_LANE; ++k) {
    float difference = lane + (k * kWarpSize) < dim ? x[k] - mean : 0.0f;
    squares = fmaf(difference, difference, squares);
  }
  squares = warp_sum(squares);
  return dim == 1 ? 0.0f : __fsqrt_rn(__fdiv_rn(squares, static_cast<float>(dim - 1)));
}

// Of the entries from `first` to `end`, of which the first ones have been asked for.
__device__ __forceinline__ void deviate(float* output, Shared& shared, const float* vectors, int first, int end, int dim) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  Channels low, range;
#pragma unroll
  for (int k = 0; k < PER_LANE; ++k) {
    int channel = lane + (k * kWarpSize);
    low[k] = shared.low[0][channel];
    range[k] = channel < dim ? shared.high[0][channel] - low[k] : 0.0f;
  }
#pragma unroll 1
  for (int start = first; start < end; start += kWarps * kTogether) {
    copy_async_wait<0>();
#pragma unroll 1
    for (int n = 0; n < kTogether; ++n) {
      int e = start + (n * kWarps) + warp;
      if (e >= end) break;
      float result = deviation(shared.values[warp][n], low, range, dim);
      if (lane == 0) output[e] = result;
    }
    fetch(shared, vectors, start + (kWarps * kTogether), end, dim);
  }
}

extern "C" __global__ void __launch_bounds__(kLagThreads)
    winnow_lag_deviation(float* output, const float* vectors, const i32* lengths, i32 entries, i32 dim, i32 sinks, i32 lag) {
  __shared__ Shared shared;
  i64 row = blockIdx.x;
  Segment partition = segment_of(blockIdx.y, row, lengths, entries, sinks, lag);
  output += row * entries;
  vectors += row * entries * dim;
  bool whole = partition.exists - partition.first >= lag && row_length(lengths, row, entries) - partition.end >= lag;
  if (!whole) partition.exists = partition.first;
  clear_others(output, partition, blockIdx.y, kLagThreads);
  if (!whole) return;
  fetch(shared, vectors, partition.first, partition.end, dim);
  find_scale(shared, vectors, partition.end, lag, dim);
  deviate(output, shared, vectors, partition.first, partition.end, dim);
}
