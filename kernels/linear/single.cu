// single.cu - output[r, o] = residual[r, o] + bias[o] + sum_k input[r, k] * weight[o, k] with float weights; or act(gate[r, o]) * that sum.
//
// Arguments: LinearParams (params.cuh). input: float [rows, inputs]; weight: float [outputs, inputs].
// Compile-time: WINNOW_ALIGNED (input and weights on 16 bytes, inputs % 4 == 0; else element by element), WINNOW_ROWS (1 or 8 rows a warp, which
// then reads the weights once for all), WINNOW_GATE (none or stored) and WINNOW_ACTIVATION.
//
// One arithmetic: lane i sums inputs 128 j + 4 i + (0..3), j ascending, in one chain of fused multiply-adds from zero; the lanes are added by
// halves. Grid: (tiles of 16 outputs, tiles of rows); block: 128 threads, a warp per 4 outputs.
// Bound by memory with one row (4 bytes a weight), by float multiply-adds with many.
#include "common/reduce.cuh"
#include "common/vec.cuh"
#include "linear/params.cuh"

constexpr bool kAligned = WINNOW_ALIGNED;
constexpr Gate kGate = static_cast<Gate>(WINNOW_GATE);
constexpr Activation kActivation = static_cast<Activation>(WINNOW_ACTIVATION);
constexpr int kRows = WINNOW_ROWS;
constexpr int kOutputs = 4;
constexpr int kWarps = 4;
constexpr int kLaneInputs = 4;
static_assert(kRows * kOutputs <= kWarpSize, "a lane finishes one sum at most");
static_assert(kGate != Gate::kFused, "a gate of floats is computed before");

// Four values of a row from k on, zeros from `inputs` on.
__device__ __forceinline__ Vec<float, kLaneInputs> load_lane(const float* row, int k, int inputs) {
  Vec<float, kLaneInputs> values = {};
  if constexpr (kAligned) {
    values = load_vec<float, kLaneInputs>(row + k);
  } else {
#pragma unroll
    for (int i = 0; i < kLaneInputs; ++i) values.v[i] = k + i < inputs ? row[k + i] : 0.0f;
  }
  return values;
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kWarps * kWarpSize)
winnow_linear_single(const LinearParams params) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
  LinearPart part = part_of(params, blockIdx.x);
  int first_output = ((blockIdx.x - part.first_tile) * kWarps + warp) * kOutputs;
  int first_row = blockIdx.y * kRows;
  if (first_output >= part.outputs) return;

  // Past the end the last row is taken again: what comes of it is not stored.
  const float* weights[kOutputs];
  const float* inputs[kRows];
#pragma unroll
  for (int o = 0; o < kOutputs; ++o) {
    int output = min(first_output + o, part.outputs - 1);
    weights[o] = reinterpret_cast<const float*>(part.weight) + static_cast<i64>(output) * params.inputs;
  }
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
    int row = min(first_row + r, params.rows - 1);
    inputs[r] = static_cast<const float*>(params.input) + static_cast<i64>(row) * params.inputs;
  }

  float sums[kRows][kOutputs] = {};
#pragma unroll(kRows == 1 ? 4 : 1)
  for (int k = kLaneInputs * lane; k < params.inputs; k += kLaneInputs * kWarpSize) {
    Vec<float, kLaneInputs> weight[kOutputs];
#pragma unroll
    for (int o = 0; o < kOutputs; ++o) weight[o] = load_lane(weights[o], k, params.inputs);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      Vec<float, kLaneInputs> input = load_lane(inputs[r], k, params.inputs);
#pragma unroll
      for (int o = 0; o < kOutputs; ++o) {
#pragma unroll
        for (int i = 0; i < kLaneInputs; ++i) sums[r][o] = fmaf(input.v[i], weight[o].v[i], sums[r][o]);
      }
    }
  }

  float mine = 0.0f;
#pragma unroll
  for (int r = 0; r < kRows; ++r) {
#pragma unroll
    for (int o = 0; o < kOutputs; ++o) {
      float sum = warp_sum(sums[r][o]);
      if (lane == r * kOutputs + o) mine = sum;
    }
  }
  int row = first_row + lane / kOutputs, output = first_output + lane % kOutputs;
  if (lane < kRows * kOutputs && row < params.rows && output < part.outputs) {
    finish<kGate, kActivation>(params, part, row, output, mine);
  }
}
