// pack.cu - packed[r, s] = input[r, input at slot s], rounded to the matrix type; zeros past the last input.
//
// packed: bf16 (for bf16 weights) or f16 [rows, stride], 16-byte aligned, as the inputs lie for plain weights, in the slot order of
// pieces.cuh for blocks or, for products of warpgroups, in the order of fragments: the same slots, register by register of all quads instead of
// quad by quad. stride: whole steps of 32.
// input: float [rows, inputs].
// Compile-time: WINNOW_WEIGHT (BF16, F16, or any block type: blocks share one form), WINNOW_ALIGNED (rows of input on 16 bytes, inputs % 8 == 0),
// WINNOW_FRAGMENTS.
// One thread per 8 slots; grid (rows, ceil(stride / 8 / 256)). Bound by memory: 6 bytes an input.
#include "linear/pieces.cuh"

constexpr Weight kType = static_cast<Weight>(WINNOW_WEIGHT);
constexpr bool kAligned = WINNOW_ALIGNED;
constexpr bool kFragments = WINNOW_FRAGMENTS;

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(256)
winnow_linear_pack(u8* packed, const float* input, int inputs, int stride) {
  using T = MatrixElement<kType>::Type;
  int group = blockIdx.y * 256 + threadIdx.x;
  bool exists = group < stride / 8;
  if (!exists && !kFragments) return;
  const float* row = input + static_cast<i64>(blockIdx.x) * inputs;
  float share[8];
  if constexpr (is_plain(kType)) {
#pragma unroll
    for (int i = 0; i < 8; i += 4) {
      int k = 8 * group + i;
      Vec<float, 4> values = {};
      if constexpr (kAligned) {
        if (k < inputs) values = load_vec<float, 4>(row + k);
      }
#pragma unroll
      for (int j = 0; j < 4; ++j) share[i + j] = kAligned ? values.v[j] : k + j < inputs ? row[k + j] : 0.0f;
    }
  } else if constexpr (kFragments && kAligned) {
    // Registers of a half step are every other pair of its inputs: two threads read 32 bytes each, and exchange pairs.
    int k = 8 * group;
    bool odd = group % 2 != 0;
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      Vec<float, 4> values = {};
      if (exists && k < inputs) values = load_vec<float, 4>(row + k + 4 * i);
#pragma unroll
      for (int j = 0; j < 2; ++j) {
        float mine = odd ? values.v[2 + j] : values.v[j];
        float theirs = __shfl_xor_sync(kFullWarp, odd ? values.v[j] : values.v[2 + j], 1);
        share[2 * i + j] = odd ? theirs : mine;
        share[4 + 2 * i + j] = odd ? mine : theirs;
      }
    }
  } else if constexpr (kFragments) {
    // Register group % 4 of all quads.
    int first = group / 4 * kStepInputs + group % 4 / 2 * 16 + group % 2 * 2;
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      int k = first + i / 2 * 4 + i % 2;
      share[i] = exists && k < inputs ? row[k] : 0.0f;
    }
  } else {
    load_share<kType, kAligned>(share, row, group / 4 * kStepInputs, group % 4, inputs);
  }
  if (exists) reinterpret_cast<uint4*>(packed)[static_cast<i64>(blockIdx.x) * (stride / 8) + group] = round_share<T>(share);
}
