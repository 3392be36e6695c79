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

// Who knows that this one lies on four bytes, though not all of the type do, says so.
template <Weight kType>
__device__ __forceinline__ u32 read_word(const u8* address, bool on_four) {
  if (block_alignment(kType) >= 4 || on_four) {
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

// The share of quad q in step `step` of the block (0 for blocks of 32). Blocks with words on four bytes are so in all of them.
template <Weight kType>
__device__ __forceinline__ Piece block_piece(const u8* block, int step, int q, bool on_four = false) {
  Piece piece = {};
  const u8* share = block + 4 * q;
  if constexpr (kType == Weight::kQ8_0) {
    piece.word[0] = read_word<kType>(share + 2, on_four);
    piece.word[1] = read_word<kType>(share + 18, on_four);
  } else if constexpr (kType == Weight::kQ4_0 || kType == Weight::kIQ4_NL) {
    piece.word[0] = read_word<kType>(share + 2, on_four);
  } else if constexpr (kType == Weight::kQ4_1) {
    piece.word[0] = read_word<kType>(share + 4, on_four);
  } else if constexpr (kType == Weight::kQ5_0 || kType == Weight::kQ5_1) {
    constexpr int kBits = kType == Weight::kQ5_0 ? 2 : 4;
    piece.word[0] = read_word<kType>(share + kBits + 4, on_four);
    piece.word[2] = read_word<kType>(block + kBits, on_four);
  } else if constexpr (kType == Weight::kQ6_K) {
    const u8* low = share + 64 * (step >> 2) + 32 * (step & 1);
    const u8* high = share + 128 + 32 * (step >> 2);
    piece = {{read_word<kType>(low, on_four), read_word<kType>(low + 16, on_four), read_word<kType>(high, on_four), read_word<kType>(high + 16, on_four)}};
  } else {
    const u8* low = share + (kType == Weight::kQ4_K ? 16 : 48) + 32 * (step >> 1);
    piece.word[0] = read_word<kType>(low, on_four);
    piece.word[1] = read_word<kType>(low + 16, on_four);
    if constexpr (kType == Weight::kQ5_K) {
      piece.word[2] = read_word<kType>(share + 16, on_four);
      piece.word[3] = read_word<kType>(share + 32, on_four);
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

// Scales of four steps, `first` (0 or 4) and on, of a row's 256 inputs that start on a block.
template <Weight kType>
__device__ __forceinline__ void four_scales(StepScale (&scales)[4], const u8* start, int first) {
  if constexpr (kType == Weight::kQ4_K || kType == Weight::kQ5_K) {
    // As group_scale, four at a time: a block lies on 16 bytes and begins with its scales.
    uint4 head = *reinterpret_cast<const uint4*>(start);
    u32 scale = head.y & 0x3F3F3F3Fu, minimum = head.z & 0x3F3F3F3Fu;
    if (first != 0) {
      scale = (head.w & 0x0F0F0F0Fu) | ((head.y >> 2) & 0x30303030u);
      minimum = ((head.w >> 4) & 0x0F0F0F0Fu) | ((head.z >> 2) & 0x30303030u);
    }
    float of_scale = to_float(half_t{static_cast<u16>(head.x)}), of_minimum = to_float(half_t{static_cast<u16>(head.x >> 16)});
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      scales[i].scale[0] = of_scale * static_cast<float>((scale >> (8 * i)) & 255u);
      scales[i].minimum = -(of_minimum * static_cast<float>((minimum >> (8 * i)) & 255u));
    }
  } else {
    constexpr int kBlockSteps = block_values(kType) == 256 ? 8 : 1;
    // Steps of a block of 256 are in the same.
    const u8* block = start + first / kBlockSteps * block_bytes(kType);
#pragma unroll
    for (int i = 0; i < 4; ++i) scales[i] = step_scale<kType>(block + i / kBlockSteps * block_bytes(kType), (first + i) % kBlockSteps);
  }
}

// Bits 0 to 3 to bit 4 of bytes 0 to 3.
__device__ __forceinline__ u32 fifth_bits(u32 bits) { return ((bits & 15u) * 0x02040810u) & 0x10101010u; }

// Bits `first` of all bytes, and those above as far as the mask goes, to bit 4.
__device__ __forceinline__ u32 bits_to_fifth(u32 bytes, int first, u32 mask) { return __funnelshift_l(bytes, bytes, 4 - first) & mask; }

// Two halves a register. PTX ISA 9.7.4.2 (sub), 9.7.4.4 (fma)
__device__ __forceinline__ u32 subtract_halves(u32 a, u32 b) {
  u32 result;
  asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(result) : "r"(a), "r"(b));
  return result;
}

__device__ __forceinline__ u32 multiply_add_halves(u32 a, u32 b, u32 c) {
  u32 result;
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(c));
  return result;
}

constexpr u32 both_halves(u32 bits) { return bits * 0x00010001u; }

// (value & mask) | bits, which compilers make two instructions of where both are constants. PTX ISA 9.7.8.6 (lop3)
__device__ __forceinline__ u32 masked_with(u32 value, u32 mask, u32 bits) {
  if (bits == 0) return value & mask;
  u32 result;
  asm("lop3.b32 %0, %1, %2, %3, 0xEA;" : "=r"(result) : "r"(value), "r"(mask), "r"(bits));
  return result;
}

// Four bytes as halves less an offset: with 0x64 above it, a byte b reads as 1024 + b.
template <u32 kOffset>
__device__ __forceinline__ void widen(u32 bytes, u32& first, u32& second) {
  first = subtract_halves(__byte_perm(bytes, 0x64646464u, 0x4140u), both_halves(0x6400u + kOffset));
  second = subtract_halves(__byte_perm(bytes, 0x64646464u, 0x4342u), both_halves(0x6400u + kOffset));
}

// The low nibbles of four bytes and the high ones, less an offset below 16: 1024 + byte less 1024 + offset + 16 n is the low one, and a sixteenth of the
// latter the high one and 64 and so on; all of it is exact.
template <u32 kOffset>
__device__ __forceinline__ void widen_both(u32 bytes, u32 (&low)[2], u32 (&high)[2]) {
  constexpr u32 kBias = both_halves(0xD400u + 17 * kOffset), kSixteenth = both_halves(0x2C00u);
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    u32 whole = __byte_perm(bytes, 0x64646464u, i == 0 ? 0x4140u : 0x4342u);
    u32 upper = masked_with(whole, 0xFFF0FFF0u, both_halves(kOffset));
    low[i] = subtract_halves(whole, upper);
    high[i] = multiply_add_halves(upper, kSixteenth, kBias);
  }
}

// Of one kind of nibbles alone. High ones stay where they are: 1024 + 16 n is multiplied by 1/16, which is as exact.
template <u32 kOffset>
__device__ __forceinline__ void widen_nibbles(u32 bytes, bool high, u32& first, u32& second) {
  if (high) {
    // -(64 + offset), of which a sixteenth is one bit.
    constexpr u32 kBias = both_halves(0xD400u + 16 * kOffset), kSixteenth = both_halves(0x2C00u);
    bytes &= 0xF0F0F0F0u;
    first = multiply_add_halves(__byte_perm(bytes, 0x64646464u, 0x4140u), kSixteenth, kBias);
    second = multiply_add_halves(__byte_perm(bytes, 0x64646464u, 0x4342u), kSixteenth, kBias);
  } else {
    widen<kOffset>(bytes & 0x0F0F0F0Fu, first, second);
  }
}

// What a level is less than what is stored.
constexpr u32 level_offset(Weight type) {
  switch (type) {
    case Weight::kQ8_0:
    case Weight::kIQ4_NL: return 128;
    case Weight::kQ4_0: return 8;
    case Weight::kQ5_0: return 16;
    case Weight::kQ6_K: return 32;
    default: return 0;
  }
}

// Levels of the eight nibbles of a word: 128 and more are looked up of four, each half of the table by three bits and one of both by the fourth.
__device__ __forceinline__ uint4 nonlinear_slots(u32 nibbles) {
  constexpr u32 kBias = both_halves(0x6400u + level_offset(Weight::kIQ4_NL));
  u32 index = nibbles & 0x77777777u, choice = ((nibbles >> 1) & 0x44444444u) | 0x32103210u;
  u32 low[2], high[2];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    u32 negative = __byte_perm(0x3F2D1801u, 0x766A5D4Fu, index >> (16 * i));
    u32 positive = __byte_perm(0xA6998D81u, 0xF1D9C5B5u, index >> (16 * i));
    u32 levels = __byte_perm(negative, positive, choice >> (16 * i));
    low[i] = subtract_halves(__byte_perm(levels, 0x64646464u, 0x4240u), kBias);
    high[i] = subtract_halves(__byte_perm(levels, 0x64646464u, 0x4341u), kBias);
  }
  return make_uint4(low[0], low[1], high[0], high[1]);
}

// The eight levels in slot order.
template <Weight kType>
__device__ __forceinline__ uint4 block_slots(const Piece& piece, int step, int q) {
  constexpr u32 kNibbles = 0x0F0F0F0Fu;
  constexpr u32 kOffset = level_offset(kType);
  uint4 slots;
  if constexpr (kType == Weight::kQ4_0 || kType == Weight::kQ4_1) {
    u32 low[2], high[2];
    widen_both<kOffset>(piece.word[0], low, high);
    return make_uint4(low[0], low[1], high[0], high[1]);
  } else if constexpr (kType == Weight::kIQ4_NL) {
    return nonlinear_slots(piece.word[0]);
  } else if constexpr (kType == Weight::kQ4_K) {
    widen_nibbles<kOffset>(piece.word[0], step & 1, slots.x, slots.y);
    widen_nibbles<kOffset>(piece.word[1], step & 1, slots.z, slots.w);
    return slots;
  }

  u32 low, high;
  if constexpr (kType == Weight::kQ8_0) {
    low = piece.word[0] ^ 0x80808080u;
    high = piece.word[1] ^ 0x80808080u;
  } else if constexpr (kType == Weight::kQ5_K) {
    int shift = 4 * (step & 1);
    low = ((piece.word[0] >> shift) & kNibbles) | bits_to_fifth(piece.word[2], step, 0x10101010u);
    high = ((piece.word[1] >> shift) & kNibbles) | bits_to_fifth(piece.word[3], step, 0x10101010u);
  } else if constexpr (kType == Weight::kQ6_K) {
    int shift = 4 * ((step >> 1) & 1), pair = 2 * (step & 3);
    low = ((piece.word[0] >> shift) & kNibbles) | bits_to_fifth(piece.word[2], pair, 0x30303030u);
    high = ((piece.word[1] >> shift) & kNibbles) | bits_to_fifth(piece.word[3], pair, 0x30303030u);
  } else {
    low = (piece.word[0] & kNibbles) | fifth_bits(piece.word[2] >> (4 * q));
    high = ((piece.word[0] >> 4) & kNibbles) | fifth_bits(piece.word[2] >> (16 + 4 * q));
  }
  widen<kOffset>(low, slots.x, slots.y);
  widen<kOffset>(high, slots.z, slots.w);
  return slots;
}

// The same of an even step of Q4_K and of the next one, which lie in the same bytes.
__device__ __forceinline__ void two_slots(uint4& even, uint4& odd, u32 first, u32 second) {
  u32 low[2][2], high[2][2];
  widen_both<0>(first, low[0], high[0]);
  widen_both<0>(second, low[1], high[1]);
  even = make_uint4(low[0][0], low[0][1], low[1][0], low[1][1]);
  odd = make_uint4(high[0][0], high[0][1], high[1][0], high[1][1]);
}

// What a step's products are before scales: two units where each half has a scale of its own, else one; and the sums of inputs.
template <Weight kType>
struct StepProduct {
  float unit[units_of_step(kType)][4];
  float total[4];
};

template <typename T, bool kStarts = false>
__device__ __forceinline__ void multiply_half(float (&sums)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
  u32 a[4] = {a0, a1, a2, a3}, b[2] = {b0, b1};
  if constexpr (kStarts) {
    mma_m16n8k16_from_zero<T>(sums, a, b);
  } else {
    mma_m16n8k16<T>(sums, a, b);
  }
}

template <Weight kType>
__device__ __forceinline__ void start_unit(StepProduct<kType>& product) {
#pragma unroll
  for (int i = 0; i < 4 * units_of_step(kType); ++i) product.unit[i / 4][i % 4] = 0.0f;
}

// A step of the unit that was started, or that it starts. Upper and lower are the slots of outputs g and g + 8.
template <Weight kType, bool kStarts = false>
__device__ __forceinline__ void multiply_step(StepProduct<kType>& product, const uint4& upper, const uint4& lower, const uint4& inputs) {
  using T = typename MatrixElement<kType>::Type;
  constexpr int kLast = units_of_step(kType) - 1;
  multiply_half<T, kStarts>(product.unit[0], upper.x, lower.x, upper.y, lower.y, inputs.x, inputs.y);
  multiply_half<T, kStarts && kLast == 1>(product.unit[kLast], upper.z, lower.z, upper.w, lower.w, inputs.z, inputs.w);
}

// The sums of a step's inputs, the same for all outputs: total[2] and total[3] are total[0] and total[1].
template <Weight kType>
__device__ __forceinline__ void total_step(StepProduct<kType>& product, const uint4& inputs) {
  if constexpr (has_minimum(kType)) {
    constexpr u32 kOnes = 0x3C003C00u;
    multiply_half<half_t, true>(product.total, kOnes, kOnes, kOnes, kOnes, inputs.x, inputs.y);
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
