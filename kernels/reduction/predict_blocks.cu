// predict_blocks.cu - what a small convolutional network expects of blocks by their history. (AttentionPredictor, Yang et al. 2025, arXiv:2502.04077.)
//
//   x[t, b] = history of the blocks in [first, lengths[r] - last) alone, t from the oldest of 64 steps to the newest
//   h[c, t, b] = relu(bias1[c] + sum over 3 x 3 of w1[c] * x), c < 16;  f[c, t, b] = relu(bias2[c] + sum over 16 x 3 x 3 of w2[c] * h), c < 32; zeros around x and h
//   output[r, first + b] = bias3 + sum over c of w3[c] * (mean over t of f[c, t, b])
// Blocks outside the range are 0; where it holds fewer than 3, those in it are 1.
//
//   output [rows, blocks] f32; history [4, rows, blocks * 16] f32: step s of block b lies in plane s / 16, entry b * 16 + s % 16; weights [4833] f32: w1 [16, 1, 3, 3],
//   bias1, w2 [32, 16, 3, 3], bias2, w3, bias3, of the threes the first counts steps; lengths, oldest [rows] i32. Plain alignment.
// grid (blocks / 8, rows), block (256): a thread has a step and 8 channels of 8 blocks; the channels between the convolutions are made eight at a time.
// Bound by flops: 0.6 million a block.
#include "common/reduce.cuh"
#include "common/types.cuh"
#include "common/vec.cuh"

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarpSize;
constexpr int kSteps = 64;
constexpr int kPageSlots = 16;
constexpr int kHidden = 16;
constexpr int kFeatures = 32;
constexpr int kTaps = 9;
constexpr int kColumns = 8;
constexpr int kLeastBlocks = 3;
constexpr int kPerThread = 8;  // channels
constexpr int kPart = 8;       // channels between the convolutions that are there at a time
constexpr int kPitch = kFeatures + 4;  // of weights: runs of four stay aligned, and few of a column share a bank

static_assert(kThreads == kSteps * (kFeatures / kPerThread), "each thread has a step and some channels");

// Blocks are columns; both sides of a tile have what the convolutions reach for.
struct Shared {
  float input[kColumns + 4][kSteps + 4];
  float hidden[kPart][kColumns + 2][kSteps + 2];
  alignas(16) float second[kHidden * kTaps][kPitch];
  float first[kHidden * kTaps];
  float first_bias[kHidden];
  float second_bias[kFeatures];
  float third[kFeatures + 1];
  float sums[kWarps][kColumns];
};

static_assert(sizeof(Shared) <= 48 * 1024, "what a block may have without asking");

__device__ __forceinline__ void load_weights(Shared& shared, const float* weights) {
  constexpr int kSecond = kHidden * kTaps;
  for (int i = threadIdx.x; i < kSecond; i += kThreads) shared.first[i] = weights[i];
  weights += kSecond;
  for (int i = threadIdx.x; i < kHidden; i += kThreads) shared.first_bias[i] = weights[i];
  weights += kHidden;
  for (int i = threadIdx.x; i < kFeatures * kSecond; i += kThreads) shared.second[i % kSecond][i / kSecond] = weights[i];
  weights += kFeatures * kSecond;
  for (int i = threadIdx.x; i < kFeatures; i += kThreads) shared.second_bias[i] = weights[i];
  weights += kFeatures;
  for (int i = threadIdx.x; i < kFeatures + 1; i += kThreads) shared.third[i] = weights[i];
}

// The history around the tile, zeros where there is none: column j is block tile - 2 + j, step i is i - 2.
__device__ __forceinline__ void load_input(Shared& shared, const float* history, i64 plane, int oldest, int tile, int first, int end) {
  for (int i = threadIdx.x; i < (kColumns + 4) * (kSteps + 4); i += kThreads) {
    int column = i / (kSteps + 4), step = i % (kSteps + 4) - 2, block = tile - 2 + column;
    bool exists = block >= first && block < end && step >= 0 && step < kSteps;
    int s = (oldest + step) & (kSteps - 1);
    shared.input[column][step + 2] = exists ? history[s / kPageSlots * plane + static_cast<i64>(block) * kPageSlots + s % kPageSlots] : 0.0f;
  }
}

// kPart channels of the first convolution: column j is block tile - 1 + j, step i is i - 1.
__device__ __forceinline__ void convolve_first(Shared& shared, int part, int tile, int first, int end) {
  for (int i = threadIdx.x; i < kPart * (kColumns + 2) * (kSteps + 2); i += kThreads) {
    int step = i % (kSteps + 2), column = i / (kSteps + 2) % (kColumns + 2), own = i / ((kSteps + 2) * (kColumns + 2)), block = tile - 1 + column;
    int channel = part + own;
    float sum = 0.0f;
    if (block >= first && block < end && step >= 1 && step <= kSteps) {
      sum = shared.first_bias[channel];
#pragma unroll
      for (int tap = 0; tap < kTaps; ++tap) {
        sum = fmaf(shared.first[channel * kTaps + tap], shared.input[column + tap % 3][step + tap / 3], sum);
      }
    }
    shared.hidden[own][column][step] = fmaxf(sum, 0.0f);
  }
}

// What kPart channels give to the second convolution of a thread's step and channels.
__device__ __forceinline__ void convolve_second(float (&sums)[kColumns][kPerThread], const Shared& shared, int part, int step, int channels) {
#pragma unroll 1
  for (int channel = 0; channel < kPart; ++channel) {
#pragma unroll
    for (int t = 0; t < 3; ++t) {
      float values[kColumns + 2];
#pragma unroll
      for (int column = 0; column < kColumns + 2; ++column) values[column] = shared.hidden[channel][column][step + t];
#pragma unroll
      for (int b = 0; b < 3; ++b) {
        const float* weights = shared.second[(part + channel) * kTaps + t * 3 + b] + channels;
#pragma unroll
        for (int k = 0; k < kPerThread; k += 4) {
          float4 w = *reinterpret_cast<const float4*>(weights + k);
#pragma unroll
          for (int column = 0; column < kColumns; ++column) {
            sums[column][k] = fmaf(w.x, values[column + b], sums[column][k]);
            sums[column][k + 1] = fmaf(w.y, values[column + b], sums[column][k + 1]);
            sums[column][k + 2] = fmaf(w.z, values[column + b], sums[column][k + 2]);
            sums[column][k + 3] = fmaf(w.w, values[column + b], sums[column][k + 3]);
          }
        }
      }
    }
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 2)
    winnow_predict_blocks(float* output, const float* history, const float* weights, const i32* lengths, const i32* oldest, i32 blocks, i32 leave_first,
                          i32 leave_last) {
  __shared__ Shared shared;
  i64 row = blockIdx.y;
  int tile = blockIdx.x * kColumns, column = threadIdx.x, first = leave_first, end = min(blocks, lengths[row]) - leave_last;
  output += row * blocks + tile;
  bool few = end - first < kLeastBlocks;
  if (few || tile >= end || tile + kColumns <= first) {
    bool inside = tile + column >= first && tile + column < end;
    if (column < kColumns && tile + column < blocks) output[column] = inside ? 1.0f : 0.0f;
    return;
  }
  i64 entries = static_cast<i64>(blocks) * kPageSlots;
  load_weights(shared, weights);
  load_input(shared, history + row * entries, gridDim.y * entries, oldest[row], tile, first, end);
  __syncthreads();
  int warp = threadIdx.x / kWarpSize, channels = warp / 2 * kPerThread;
  float sums[kColumns][kPerThread];
#pragma unroll
  for (int k = 0; k < kPerThread; ++k) {
#pragma unroll
    for (int c = 0; c < kColumns; ++c) sums[c][k] = shared.second_bias[channels + k];
  }
#pragma unroll 1
  for (int part = 0; part < kHidden; part += kPart) {
    convolve_first(shared, part, tile, first, end);
    __syncthreads();
    convolve_second(sums, shared, part, warp % 2 * kWarpSize + threadIdx.x % kWarpSize, channels);
    __syncthreads();
  }
#pragma unroll
  for (int c = 0; c < kColumns; ++c) {
    float sum = 0.0f;
#pragma unroll
    for (int k = 0; k < kPerThread; ++k) sum = fmaf(shared.third[channels + k], fmaxf(sums[c][k], 0.0f), sum);
    sum = warp_sum(sum);
    if (threadIdx.x % kWarpSize == 0) shared.sums[warp][c] = sum;
  }
  __syncthreads();
  if (column >= kColumns || tile + column >= blocks) return;
  float sum = 0.0f;
#pragma unroll
  for (int w = 0; w < kWarps; ++w) sum += shared.sums[w][column];
  bool inside = tile + column >= first && tile + column < end;
  output[column] = inside ? fmaf(sum, 1.0f / kSteps, shared.third[kFeatures]) : 0.0f;
}
