// params.cuh - what the kernels of this folder are told, and what they do with a finished sum.
#pragma once
#include "common/blocks.cuh"

// One of several products of one input. output: float [rows, outputs], of a fused gate on Hopper also 16-bit floats; weight: [outputs, inputs], row-major; bias: float [outputs] or null;
// residual: float [rows, outputs] or null, may be the output. The tiles of outputs of all parts are numbered through.
struct LinearPart {
  float* output;
  const u8* weight;
  const float* bias;
  const float* residual;
  i32 outputs;
  i32 first_tile;
};

constexpr int kMostParts = 4;

// Mirrored by Winnow.Kernels.Linear.CudaLinearParams. input: float [rows, inputs], or what pack.cu made of it, [rows, stride];
// gate: float [rows, outputs], where the gate was computed before.
struct LinearParams {
  LinearPart parts[kMostParts];
  const void* input;
  const float* gate;
  i32 rows;
  i32 inputs;
  i32 stride;
  i32 count;
};
static_assert(sizeof(LinearParams) == WINNOW_PARAMS_BYTES, "the host's mirror of LinearParams has another size");

// What becomes of the sums: stored; a gate's and an up projection's sums combined; combined with a gate that lies in memory.
enum class Gate : int { kNone = 0, kFused = 1, kStored = 2 };

enum class Activation : int { kSilu = 0, kGeluTanh = 1 };

__device__ __forceinline__ LinearPart part_of(const LinearParams& params, int tile) {
  LinearPart part = params.parts[0];
  if (params.count == 1) return part;
#pragma unroll
  for (int i = 1; i < kMostParts; ++i) {
    if (i < params.count && tile >= params.parts[i].first_tile) part = params.parts[i];
  }
  return part;
}

// What values of a type that is no block are.
template <Weight kType>
struct ElementOf;

template <>
struct ElementOf<Weight::kF32> {
  using Type = float;
};

template <>
struct ElementOf<Weight::kF16> {
  using Type = half_t;
};

template <>
struct ElementOf<Weight::kBF16> {
  using Type = bf16_t;
};

// x sigmoid(x), or 0.5 x (1 + tanh(u)) = x sigmoid(2 u) with u = sqrt(2 / pi) (x + 0.044715 x^3). Past
// 2^126 the quotient is zero, which it is to float precision.
template <Activation kActivation>
__device__ __forceinline__ float activate(float x) {
  float exponent = x;
  if constexpr (kActivation == Activation::kGeluTanh) exponent = 1.5957691216f * (x * fmaf(0.044715f, x * x, 1.0f));
  return __fdividef(x, 1.0f + expf(-exponent));
}

template <Gate kGate, Activation kActivation>
__device__ __forceinline__ void finish(const LinearParams& params, const LinearPart& part, int row, int output, float sum) {
  i64 at = static_cast<i64>(row) * part.outputs + output;
  if constexpr (kGate == Gate::kStored) {
    part.output[at] = activate<kActivation>(params.gate[at]) * sum;
  } else {
    if (part.bias != nullptr) sum += part.bias[output];
    if (part.residual != nullptr) sum += part.residual[at];
    part.output[at] = sum;
  }
}
