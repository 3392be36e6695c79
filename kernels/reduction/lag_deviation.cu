// lag_deviation.cu - how much the channels of a vector differ on the scale of the next partition. (LagKV, Liang et al. 2025, arXiv:2504.04704.)
//
//   partitions of `lag` entries begin with entry `sinks`; low[c] and high[c] are the least and the greatest value of channel c in the next partition
//   x[c] = (vectors[r, e, c] - low[c]) / (high[c] - low[c]), 0 where both are equal
//   output[r, e] = sqrt(sum over c of (x[c] - mean of x)^2 / (dim - 1)), 0 where dim is 1
// Entries whose next partition is not whole are 0, as are those before the first partition and from the length on, which are not read.
//
//   output [rows, entries] f32; vectors [rows, entries, dim] f32, dim at most 256; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, partitions), block (256): threads take channels for the scale, then warps take entries. Bound by bytes: each vector is read as reference
// from memory, and as entry mostly from L2.
#include "common/reduce.cuh"
#include "common/types.cuh"
#include "reduction/columns.cuh"

constexpr int kMaxDim = 256;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kPerLane = kMaxDim / kWarpSize;

// The deviation of one vector's channels; every lane of the warp gets it.
__device__ __forceinline__ float deviation(const float* vector, const float* low, const float* high, int dim) {
  int lane = threadIdx.x % kWarpSize;
  float x[kPerLane];
  float sum = 0.0f;
#pragma unroll
  for (int k = 0; k < kPerLane; ++k) {
    int channel = lane + (k * kWarpSize);
    float range = channel < dim ? high[channel] - low[channel] : 0.0f;
    x[k] = range == 0.0f ? 0.0f : __fdiv_rn(vector[channel] - low[channel], range);
    sum += x[k];
  }
  float mean = __fdiv_rn(warp_sum(sum), static_cast<float>(dim));
  float squares = 0.0f;
#pragma unroll
  for (int k = 0; k < kPerLane; ++k) {
    float difference = lane + (k * kWarpSize) < dim ? x[k] - mean : 0.0f;
    squares = fmaf(difference, difference, squares);
  }
  squares = warp_sum(squares);
  return dim == 1 ? 0.0f : __fsqrt_rn(__fdiv_rn(squares, static_cast<float>(dim - 1)));
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_lag_deviation(float* output, const float* vectors, const i32* lengths, i32 entries, i32 dim, i32 sinks, i32 lag) {
  __shared__ float low[kMaxDim], high[kMaxDim];
  i64 row = blockIdx.x;
  Segment partition = segment_of(blockIdx.y, row, lengths, entries, sinks, lag);
  output += row * entries;
  vectors += row * entries * dim;
  bool whole = partition.exists - partition.first >= lag && row_length(lengths, row, entries) - partition.end >= lag;
  if (!whole) {
    partition.exists = partition.first;
    clear_others(output, partition, blockIdx.y);
    return;
  }
  clear_others(output, partition, blockIdx.y);
  if (threadIdx.x < dim) {
    float least = vectors[(static_cast<i64>(partition.end) * dim) + threadIdx.x], greatest = least;
    for (i64 e = partition.end + 1; e < partition.end + lag; ++e) {
      float value = vectors[(e * dim) + threadIdx.x];
      least = fminf(least, value);
      greatest = fmaxf(greatest, value);
    }
    low[threadIdx.x] = least;
    high[threadIdx.x] = greatest;
  }
  __syncthreads();
  for (int e = partition.first + (threadIdx.x / kWarpSize); e < partition.end; e += kWarps) {
    float result = deviation(vectors + (static_cast<i64>(e) * dim), low, high, dim);
    if (threadIdx.x % kWarpSize == 0) output[e] = result;
  }
}
