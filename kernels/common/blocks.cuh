// blocks.cuh - the layouts of weights and the value of each one, as Winnow.Kernels.Linear.RowDequantizer gives it.
//
// A row is a run of blocks, lowest index first. Halves are little-endian; nibble i of a small block is the low half of byte i, nibble 16 + i the
// high half of the same byte. Values are d * level, exact in float, or d * level + minimum, rounded once.
//
//   type     values bytes  layout
//   Q4_0        32    18   half d, 16 bytes of nibbles;                              d * (q - 8)
//   Q4_1        32    20   half d, half m, 16 bytes of nibbles;                      d * q + m
//   Q5_0        32    22   half d, 32 fifth bits, 16 bytes of nibbles;               d * (q - 16)
//   Q5_1        32    24   half d, half m, 32 fifth bits, 16 bytes of nibbles;       d * q + m
//   Q8_0        32    34   half d, 32 signed bytes;                                  d * q
//   IQ4_NL      32    18   half d, 16 bytes of nibbles;                              d * level[q]
//   Q4_K       256   144   half d, half m, 12 bytes of 6-bit scales and minima of 32, 128 bytes of nibbles;   (d * s) * q - (m * o)
//   Q5_K       256   176   the same with 32 bytes of fifth bits (bit g of byte i: group g) before the nibbles
//   Q6_K       256   210   128 bytes of low nibbles, 64 of high pairs, 16 signed scales of 16, half d;        (d * s) * (q - 32)
//
// Blocks lie on even addresses and no more: nothing here loads more than two bytes at once, but for plain floats.
#pragma once
#include "common/types.cuh"

// The numbers of Winnow.Kernels.DType.
enum class Weight : int {
  kF32 = 0,
  kF16 = 1,
  kBF16 = 2,
  kQ4_0 = 6,
  kQ4_1 = 7,
  kQ5_0 = 8,
  kQ5_1 = 9,
  kQ8_0 = 10,
  kQ4_K = 11,
  kQ5_K = 12,
  kQ6_K = 13,
  kIQ4_NL = 14,
};

constexpr int block_values(Weight type) {
  switch (type) {
    case Weight::kF32:
    case Weight::kF16:
    case Weight::kBF16: return 1;
    case Weight::kQ4_K:
    case Weight::kQ5_K:
    case Weight::kQ6_K: return 256;
    default: return 32;
  }
}

constexpr int block_bytes(Weight type) {
  switch (type) {
    case Weight::kF32: return 4;
    case Weight::kF16:
    case Weight::kBF16: return 2;
    case Weight::kQ4_0:
    case Weight::kIQ4_NL: return 18;
    case Weight::kQ4_1: return 20;
    case Weight::kQ5_0: return 22;
    case Weight::kQ5_1: return 24;
    case Weight::kQ8_0: return 34;
    case Weight::kQ4_K: return 144;
    case Weight::kQ5_K: return 176;
    default: return 210;
  }
}

// The bytes of one row of weights; `values` fills whole blocks.
template <Weight kType>
__device__ __forceinline__ i64 row_bytes(int values) {
  return static_cast<i64>(values / block_values(kType)) * block_bytes(kType);
}

__device__ __forceinline__ float read_half(const u8* even) {
  return to_float(half_t{*reinterpret_cast<const u16*>(even)});
}

// Entry q (below 16) of the levels of IQ4_NL, which are dense near zero.
__device__ __forceinline__ int nonlinear_level(int q) {
  // -127 -104 -83 -65 | -49 -35 -22 -10 | 1 13 25 38 | 53 69 89 113, four signed bytes a word.
  u32 low = __byte_perm(0xBFAD9881u, 0xF6EADDCFu, q & 7);
  u32 high = __byte_perm(0x26190D01u, 0x71594535u, q & 7);
  return static_cast<i8>(q & 8 ? high : low);
}

struct GroupScale {
  float scale, minimum;
};

// Scale and minimum of group 0 to 7 of a block of Q4_K or Q5_K. The last four of each borrow the top bits of the first four.
__device__ __forceinline__ GroupScale group_scale(const u8* block, int group) {
  const u8* packed = block + 4;
  int scale, minimum;
  if (group < 4) {
    scale = packed[group] & 63;
    minimum = packed[group + 4] & 63;
  } else {
    scale = (packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4);
    minimum = (packed[group + 4] >> 4) | (packed[group] >> 6 << 4);
  }
  return {read_half(block) * static_cast<float>(scale), read_half(block + 2) * static_cast<float>(minimum)};
}

__device__ __forceinline__ int small_nibble(const u8* nibbles, int index) {
  return (nibbles[index & 15] >> (index & 16 ? 4 : 0)) & 15;
}

__device__ __forceinline__ int fifth_bit(const u8* bits, int index) { return ((bits[index >> 3] >> (index & 7)) & 1) << 4; }

// Value `index` of the row that starts at `row`.
template <Weight kType>
__device__ __forceinline__ float weight_value(const u8* row, int index) {
  if constexpr (kType == Weight::kF32) {
    return reinterpret_cast<const float*>(row)[index];
  } else if constexpr (kType == Weight::kF16) {
    return to_float(reinterpret_cast<const half_t*>(row)[index]);
  } else if constexpr (kType == Weight::kBF16) {
    return to_float(reinterpret_cast<const bf16_t*>(row)[index]);
  } else {
    const u8* block = row + static_cast<i64>(index / block_values(kType)) * block_bytes(kType);
    int i = index % block_values(kType);
    if constexpr (kType == Weight::kQ4_0) {
      return read_half(block) * static_cast<float>(small_nibble(block + 2, i) - 8);
    } else if constexpr (kType == Weight::kQ4_1) {
      return fmaf(read_half(block), static_cast<float>(small_nibble(block + 4, i)), read_half(block + 2));
    } else if constexpr (kType == Weight::kQ5_0) {
      return read_half(block) * static_cast<float>((small_nibble(block + 6, i) | fifth_bit(block + 2, i)) - 16);
    } else if constexpr (kType == Weight::kQ5_1) {
      float level = static_cast<float>(small_nibble(block + 8, i) | fifth_bit(block + 4, i));
      return fmaf(read_half(block), level, read_half(block + 2));
    } else if constexpr (kType == Weight::kQ8_0) {
      return read_half(block) * static_cast<float>(static_cast<i8>(block[2 + i]));
    } else if constexpr (kType == Weight::kIQ4_NL) {
      return read_half(block) * static_cast<float>(nonlinear_level(small_nibble(block + 2, i)));
    } else if constexpr (kType == Weight::kQ6_K) {
      int half = i >> 7, quarter = (i >> 5) & 3, lane = i & 31;
      int low = (block[64 * half + 32 * (quarter & 1) + lane] >> (4 * (quarter >> 1))) & 15;
      int high = (block[128 + 32 * half + lane] >> (2 * quarter)) & 3;
      float scale = read_half(block + 208) * static_cast<float>(static_cast<i8>(block[192 + (i >> 4)]));
      return scale * static_cast<float>((low | (high << 4)) - 32);
    } else {
      constexpr int kNibbles = kType == Weight::kQ4_K ? 16 : 48;
      int group = i >> 5, lane = i & 31;
      int level = (block[kNibbles + 32 * (group >> 1) + lane] >> (4 * (group & 1))) & 15;
      if constexpr (kType == Weight::kQ5_K) level |= ((block[16 + lane] >> group) & 1) << 4;
      GroupScale of = group_scale(block, group);
      return fmaf(of.scale, static_cast<float>(level), -of.minimum);
    }
  }
}
