// softmax_rows.cu - each segment of a row as weights that sum to 1.
//
//   output[r, e] = exp(input[r, e] - m) / sum of the like over the segment, m the greatest of it; segments of `width` begin with entry `start`
// A segment of nothing, or of minus infinities, gives zeros; NaN or plus infinity makes its segment NaN. Entries before the start and from the length on
// are 0, and not read.
//
//   output [rows, entries] f32, may be the input; input [rows, entries] f32; lengths [rows] i32, or null: all exist. Plain alignment.
// grid (rows, segments), block (256). A thread keeps sixteen values, which it asks for at once: a value of a segment of up to 4096 is read once, others from
// L1 or L2 three times more. Bound by what waits for what, and by bytes where there are many rows.
#include "common/reduce.cuh"
#include "common/types.cuh"
#include "reduction/columns.cuh"

__device__ __forceinline__ float block_maximum(float value, float* scratch) {
  value = warp_max(value);
  if (threadIdx.x % kWarpSize == 0) scratch[threadIdx.x / kWarpSize] = value;
  __syncthreads();
  float maximum = scratch[0];
#pragma unroll
  for (int warp = 1; warp < kThreads / kWarpSize; ++warp) maximum = fmaxf(maximum, scratch[warp]);
  __syncthreads();
  return maximum;
}

constexpr int kHeld = 16;

// Minus infinity where there is no entry: it has no weight. `left` entries are there from this thread's first one on.
template <int kCount>
__device__ __forceinline__ void load_tile(const float* first, int left, float (&values)[kCount]) {
#pragma unroll
  for (int k = 0; k < kCount; ++k) values[k] = k * kThreads < left ? first[k * kThreads] : -__int_as_float(0x7f800000);
}

template <int kCount>
__device__ __forceinline__ void store_tile(float* first, int left, const float (&values)[kCount]) {
#pragma unroll
  for (int k = 0; k < kCount; ++k) {
    if (k * kThreads < left) first[k * kThreads] = values[k];
  }
}

// A segment from this thread's first entry on, `left` of which exist; kOnce: there is one tile. Each thread adds up by ascending entry either way.
template <int kCount, bool kOnce>
__device__ __forceinline__ void soften(float* output, const float* input, int left, int tiles, float* scratch) {
  constexpr int kTile = kCount * kThreads;
  const float nothing = -__int_as_float(0x7f800000);
  float values[kCount], greatest = nothing, sum = 0.0f;
#pragma unroll 1
  for (int tile = 0; tile < tiles; ++tile) {
    load_tile(input + (tile * kTile), left - (tile * kTile), values);
#pragma unroll
    for (int k = 0; k < kCount; ++k) greatest = fmaxf(greatest, values[k]);
  }
  greatest = block_maximum(greatest, scratch);
  if (greatest == nothing) greatest = 0.0f;
#pragma unroll 1
  for (int tile = 0; tile < tiles; ++tile) {
    if (!kOnce) load_tile(input + (tile * kTile), left - (tile * kTile), values);
#pragma unroll
    for (int k = 0; k < kCount; ++k) {
      values[k] = expf(values[k] - greatest);
      sum += values[k];
    }
    if (!kOnce) store_tile(output + (tile * kTile), left - (tile * kTile), values);
  }
  sum = block_sum<kThreads>(sum, scratch);
#pragma unroll 1
  for (int tile = 0; tile < tiles; ++tile) {
    if (!kOnce) load_tile(output + (tile * kTile), left - (tile * kTile), values);
#pragma unroll
    for (int k = 0; k < kCount; ++k) values[k] = sum == 0.0f ? 0.0f : __fdiv_rn(values[k], sum);
    store_tile(output + (tile * kTile), left - (tile * kTile), values);
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_softmax_rows(float* output, const float* input, const i32* lengths, i32 entries, i32 start, i32 width) {
  __shared__ float scratch[kThreads / kWarpSize];
  Segment segment = segment_of(blockIdx.y, blockIdx.x, lengths, entries, start, width);
  i64 row = static_cast<i64>(blockIdx.x) * entries, first = row + segment.first + threadIdx.x;
  int count = segment.exists - segment.first, left = count - static_cast<int>(threadIdx.x);
  if (count <= kHeld * kThreads) {
    soften<kHeld, true>(output + first, input + first, left, 1, scratch);
  } else {
    constexpr int kCount = kHeld / 4;
    soften<kCount, false>(output + first, input + first, left, (count + (kCount * kThreads) - 1) / (kCount * kThreads), scratch);
  }
  clear_others(output + row, segment, blockIdx.y);
}
