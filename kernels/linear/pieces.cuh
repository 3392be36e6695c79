// pieces.cuh - weights as operands of tensor cores. One arithmetic for every kernel of this folder:
//
//   step    32 inputs, two products m16n8k16 (A: 16 outputs x inputs, B: inputs x 8 rows), inputs rounded to bf16 for bf16 weights, else to f16
//   unit    128 inputs of 16-bit weights (the last one may have fewer), else the inputs that share a scale: a step, or each half of a step with
//           Q6_K. A unit's products start at zero, and each adds to those before it inside the tensor core
//   sum     sum = sum + unit for 16-bit weights, else sum = fma(scale, unit, sum), then sum = fma(minimum, inputs of the step added up by
//           products with ones, sum) where the type has minima; units in ascending order, one chain
//
// So a sum depends on its row and its output alone: neither on the kernel, nor on the tile, nor on who computed which unit.
// Levels of block types are whole numbers below 256, exact in f16; scales are floats as in blocks.cuh.
//
// Which input lies in which place of the products is free, if both operands agree. Lane quad q (lane % 4) holds 8 of the step's inputs, in
// "slot order": plain weights as they lie, register r the inputs 8 r + 2 q and the next, as ldmatrix gives them and as products of warpgroups
// (matmul_hopper.cu) take them, so that each product of 16 adds the same inputs in all kernels; blocks as their nibbles lie, register
// 2 h + j / 2 the inputs j, j + 1 of 16 h + 4 q + j (j < 4).
#pragma once
#include "common/blocks.cuh"
#include "common/mma.cuh"
#include "common/vec.cuh"

constexpr int kStepInputs = 32;

// The steps of a unit of plain weights.
constexpr int kPlainUnitSteps = 4;

constexpr bool is_plain(Weight type) { return type == Weight::kF16 || type == Weight::kBF16; }

constexpr bool has_minimum(Weight type) {
  return type == Weight::kQ4_1 || type == Weight::kQ5_1 || type == Weight::kQ4_K || type == Weight::kQ5_K;
}

constexpr int units_of_step(Weight type) { return type == Weight::kQ6_K ? 2 : 1; }

// What blocks can be trusted to be aligned to, given that the first one is to 16.
constexpr int block_alignment(Weight type) {
  int bytes = block_bytes(type);
  return bytes % 16 == 0 ? 16 : bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : 2;
}

template <Weight kType>
struct MatrixElement {
  using Type = half_t;
};

template <>
struct MatrixElement<Weight::kBF16> {
  using Type = bf16_t;
};

// Eight weights of one row as they lie in memory.
struct Piece {
  u32 word[4];
};

struct StepScale {
  float scale[2];
  float minimum;
};

template <Weight kType>
__device__ __forceinline__ u32 read_word(const u8* address) {
  if constexpr (block_alignment(kType) >= 4) {
    return *reinterpret_cast<const u32*>(address);
  } else {
    const u16* halves = reinterpret_cast<const u16*>(address);
    return static_cast<u32>(halves[0]) | (static_cast<u32>(halves[1]) << 16);
  }
}

// Plain weights that lie on two bytes: k and the next, zeros from `inputs` on.
__device__ __forceinline__ u32 plain_pair(const u8* row, int k, int inputs) {
  const u16* values = reinterpret_cast<const u16*>(row) + k;
  u32 first = k < inputs ? values[0] : 0;
  u32 second = k + 1 < inputs ? values[1] : 0;
  return first | (second << 16);
}

// The share of quad q in step `step` of the block (0 for blocks of 32).
template <Weight kType>
__device__ __forceinline__ Piece block_piece(const u8* block, int step, int q) {
  Piece piece = {};
  const u8* share = block + 4 * q;
  if constexpr (kType == Weight::kQ8_0) {
    piece.word[0] = read_word<kType>(share + 2);
    piece.word[1] = read_word<kType>(share + 18);
  } else if constexpr (kType == Weight::kQ4_0 || kType == Weight::kIQ4_NL) {
    piece.word[0] = read_word<kType>(share + 2);
  } else if constexpr (kType == Weight::kQ4_1) {
    piece.word[0] = read_word<kType>(share + 4);
  } else if constexpr (kType == Weight::kQ5_0 || kType == Weight::kQ5_1) {
    constexpr int kBits = kType == Weight::kQ5_0 ? 2 : 4;
    piece.word[0] = read_word<kType>(share + kBits + 4);
    piece.word[2] = read_word<kType>(block + kBits);
  } else if constexpr (kType == Weight::kQ6_K) {
    const u8* low = share + 64 * (step >> 2) + 32 * (step & 1);
    const u8* high = share + 128 + 32 * (step >> 2);
    piece = {{read_word<kType>(low), read_word<kType>(low + 16), read_word<kType>(high), read_word<kType>(high + 16)}};
  } else {
    const u8* low = share + (kType == Weight::kQ4_K ? 16 : 48) + 32 * (step >> 1);
    piece.word[0] = read_word<kType>(low);
    piece.word[1] = read_word<kType>(low + 16);
    if constexpr (kType == Weight::kQ5_K) {
      piece.word[2] = read_word<kType>(share + 16);
      piece.word[3] = read_word<kType>(share + 32);
    }
  }
  return piece;
}

template <Weight kType>
__device__ __forceinline__ StepScale step_scale(const u8* block, int step) {
  StepScale result = {};
  if constexpr (kType == Weight::kQ4_K || kType == Weight::kQ5_K) {
    GroupScale group = group_scale(block, step);
    result.scale[0] = group.scale;
    result.minimum = -group.minimum;
  } else if constexpr (kType == Weight::kQ6_K) {
    float scale = read_half(block + 208);
    result.scale[0] = scale * static_cast<float>(static_cast<i8>(block[192 + 2 * step]));
    result.scale[1] = scale * static_cast<float>(static_cast<i8>(block[193 + 2 * step]));
  } else {
    result.scale[0] = read_half(block);
    if constexpr (has_minimum(kType)) result.minimum = read_half(block + 2);
  }
  return result;
}

// Bits 0 to 3 to bit 4 of bytes 0 to 3.
__device__ __forceinline__ u32 fifth_bits(u32 bits) { return (((bits & 15u) * 0x00204081u) & 0x01010101u) << 4; }

// Levels of the four nibbles in the low half of a word, 128 added, in order.
__device__ __forceinline__ u32 nonlinear_levels(u32 nibbles) {
  u32 index = nibbles & 0x7777u;
  u32 low = __byte_perm(0x3F2D1801u, 0x766A5D4Fu, index);
  u32 high = __byte_perm(0xA6998D81u, 0xF1D9C5B5u, index);
  return __byte_perm(low, high, 0x3210u | ((nibbles & 0x8888u) >> 1));
}

// Two halves a register. PTX ISA 9.7.4.2 (sub)
__device__ __forceinline__ u32 subtract_halves(u32 a, u32 b) {
  u32 result;
  asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

// Four bytes as halves less an offset: with 0x64 above it, a byte b reads as 1024 + b.
template <u32 kOffset>
__device__ __forceinline__ void widen(u32 bytes, u32& first, u32& second) {
  constexpr u32 kBias = (0x6400u + kOffset) * 0x00010001u;
  first = subtract_halves(__byte_perm(bytes, 0x64646464u, 0x4140u), kBias);
  second = subtract_halves(__byte_perm(bytes, 0x64646464u, 0x4342u), kBias);
}

// The eight levels in slot order.
template <Weight kType>
__device__ __forceinline__ uint4 block_slots(const Piece& piece, int step, int q) {
  constexpr u32 kNibbles = 0x0F0F0F0Fu;
  u32 low, high;
  if constexpr (kType == Weight::kQ8_0) {
    low = piece.word[0] ^ 0x80808080u;
    high = piece.word[1] ^ 0x80808080u;
  } else if constexpr (kType == Weight::kIQ4_NL) {
    u32 first = nonlinear_levels(piece.word[0]), second = nonlinear_levels(piece.word[0] >> 16);
    low = __byte_perm(first, second, 0x6420u);
    high = __byte_perm(first, second, 0x7531u);
  } else if constexpr (kType == Weight::kQ4_K || kType == Weight::kQ5_K) {
    int shift = 4 * (step & 1);
    low = (piece.word[0] >> shift) & kNibbles;
    high = (piece.word[1] >> shift) & kNibbles;
    if constexpr (kType == Weight::kQ5_K) {
      low |= ((piece.word[2] >> step) & 0x01010101u) << 4;
      high |= ((piece.word[3] >> step) & 0x01010101u) << 4;
    }
  } else if constexpr (kType == Weight::kQ6_K) {
    int shift = 4 * ((step >> 1) & 1), pair = 2 * (step & 3);
    low = ((piece.word[0] >> shift) & kNibbles) | (((piece.word[2] >> pair) & 0x03030303u) << 4);
    high = ((piece.word[1] >> shift) & kNibbles) | (((piece.word[3] >> pair) & 0x03030303u) << 4);
  } else {
    low = piece.word[0] & kNibbles;
    high = (piece.word[0] >> 4) & kNibbles;
    if constexpr (kType == Weight::kQ5_0 || kType == Weight::kQ5_1) {
      low |= fifth_bits(piece.word[2] >> (4 * q));
      high |= fifth_bits(piece.word[2] >> (16 + 4 * q));
    }
  }

  constexpr u32 kOffset = kType == Weight::kQ8_0 || kType == Weight::kIQ4_NL ? 128
                          : kType == Weight::kQ4_0                            ? 8
                          : kType == Weight::kQ5_0                            ? 16
                          : kType == Weight::kQ6_K                            ? 32
                                                                              : 0;
  uint4 slots;
  widen<kOffset>(low, slots.x, slots.y);
  widen<kOffset>(high, slots.z, slots.w);
  return slots;
}

// What a step's products are before scales: two units where each half has a scale of its own, else one; and the sums of inputs.
template <Weight kType>
struct StepProduct {
  float unit[units_of_step(kType)][4];
  float total[4];
};

template <typename T>
__device__ __forceinline__ void multiply_half(float (&sums)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
  u32 a[4] = {a0, a1, a2, a3}, b[2] = {b0, b1};
  mma_m16n8k16<T>(sums, a, b);
}

template <Weight kType>
__device__ __forceinline__ void start_unit(StepProduct<kType>& product) {
#pragma unroll
  for (int i = 0; i < 4 * units_of_step(kType); ++i) product.unit[i / 4][i % 4] = 0.0f;
}

// A step of the unit that was started. Upper and lower are the slots of outputs g and g + 8.
template <Weight kType>
__device__ __forceinline__ void multiply_step(StepProduct<kType>& product, const uint4& upper, const uint4& lower, const uint4& inputs) {
  using T = typename MatrixElement<kType>::Type;
  multiply_half<T>(product.unit[0], upper.x, lower.x, upper.y, lower.y, inputs.x, inputs.y);
  multiply_half<T>(product.unit[units_of_step(kType) - 1], upper.z, lower.z, upper.w, lower.w, inputs.z, inputs.w);
}

// The sums of a step's inputs, the same for all outputs: total[2] and total[3] are total[0] and total[1].
template <Weight kType>
__device__ __forceinline__ void total_step(StepProduct<kType>& product, const uint4& inputs) {
  if constexpr (has_minimum(kType)) {
    constexpr u32 kOnes = 0x3C003C00u;
#pragma unroll
    for (int i = 0; i < 4; ++i) product.total[i] = 0.0f;
    multiply_half<half_t>(product.total, kOnes, kOnes, kOnes, kOnes, inputs.x, inputs.y);
    multiply_half<half_t>(product.total, kOnes, kOnes, kOnes, kOnes, inputs.z, inputs.w);
  }
}

// A sum with one more unit, or step of blocks, of which `first`, `second` (Q6_K) and `total` are the parts of its output and row.
template <Weight kType>
__device__ __forceinline__ float add_step(float sum, float first, float second, float total, const StepScale& scale) {
  if constexpr (is_plain(kType)) return __fadd_rn(sum, first);
  sum = fmaf(scale.scale[0], first, sum);
  if constexpr (units_of_step(kType) == 2) sum = fmaf(scale.scale[1], second, sum);
  if constexpr (has_minimum(kType)) sum = fmaf(scale.minimum, total, sum);
  return sum;
}

template <Weight kType>
__device__ __forceinline__ void add_step(float (&sum)[4], const StepProduct<kType>& product, const StepScale& upper,
                                         const StepScale& lower) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    sum[i] = add_step<kType>(sum[i], product.unit[0][i], product.unit[units_of_step(kType) - 1][i],
                             has_minimum(kType) ? product.total[i % 2] : 0.0f, i < 2 ? upper : lower);
  }
}

// ---- inputs -------------------------------------------------------------------------------------------------

// Quad q's share of the inputs of the step that starts at k; zeros from `inputs` on. Aligned rows lie on 16 bytes and hold whole groups of eight.
template <Weight kType, bool kAligned>
__device__ __forceinline__ void load_share(float (&share)[8], const float* row, int k, int q, int inputs) {
  constexpr int kRun = is_plain(kType) ? 2 : 4;
#pragma unroll
  for (int r = 0; r < 8 / kRun; ++r) {
    int start = k + 4 * kRun * r + kRun * q;
    if constexpr (kAligned) {
      Vec<float, kRun> values = {};
      if (start < inputs) values = load_vec<float, kRun>(row + start);
#pragma unroll
      for (int i = 0; i < kRun; ++i) share[kRun * r + i] = values.v[i];
    } else {
#pragma unroll
      for (int i = 0; i < kRun; ++i) share[kRun * r + i] = start + i < inputs ? row[start + i] : 0.0f;
    }
  }
}

// PTX ISA 9.7.9.21 (cvt): the second operand becomes the lower half.
template <typename T>
__device__ __forceinline__ u32 round_pair(float low, float high) {
  u32 result;
  if constexpr (is_brain<T>()) {
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  } else {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  }
  return result;
}

// A share rounded to the matrix type, in slot order. Finite values that a half cannot hold, which are rare, become the largest that it can.
template <typename T>
__device__ __forceinline__ uint4 round_share(const float (&share)[8]) {
  if constexpr (!is_brain<T>()) {
    float largest = 0.0f;
#pragma unroll
    for (int i = 0; i < 8; ++i) largest = fmaxf(largest, fabsf(share[i]));
    if (largest >= 65520.0f) {
      return make_uint4(pack<T>(share[0], share[1]), pack<T>(share[2], share[3]), pack<T>(share[4], share[5]), pack<T>(share[6], share[7]));
    }
  }
  return make_uint4(round_pair<T>(share[0], share[1]), round_pair<T>(share[2], share[3]), round_pair<T>(share[4], share[5]),
                    round_pair<T>(share[6], share[7]));
}
