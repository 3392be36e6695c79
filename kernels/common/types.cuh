// types.cuh - integer names, the 16-bit floats and their conversions. No toolkit header is needed.
#pragma once

using i8 = signed char;
using u8 = unsigned char;
using i16 = short;
using u16 = unsigned short;
using i32 = int;
using u32 = unsigned int;
using i64 = long long;
using u64 = unsigned long long;

constexpr u32 kFullWarp = 0xffffffffu;
constexpr int kWarpSize = 32;

// IEEE binary16 and bfloat16 as bits; arithmetic goes through float.
struct half_t {
  u16 bits;
};

struct bf16_t {
  u16 bits;
};

template <typename T>
constexpr bool is_brain() {
  return false;
}

template <>
constexpr bool is_brain<bf16_t>() {
  return true;
}

__device__ __forceinline__ float to_float(float value) { return value; }

// PTX ISA 9.7.9.21 (cvt)
__device__ __forceinline__ float to_float(half_t value) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(value.bits));
  return result;
}

__device__ __forceinline__ float to_float(bf16_t value) {
  return __uint_as_float(static_cast<u32>(value.bits) << 16);
}

// Round to nearest even. Finite values past the range of T become the largest finite value, so that no infinity is made here.
template <typename T>
__device__ __forceinline__ T from_float(float value);

template <>
__device__ __forceinline__ float from_float<float>(float value) {
  return value;
}

template <>
__device__ __forceinline__ half_t from_float<half_t>(float value) {
  half_t result;
  float bounded = fabsf(value) < 65520.0f || !(fabsf(value) <= 3.4028234664e38f) ? value : copysignf(65504.0f, value);
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(bounded));
  return result;
}

template <>
__device__ __forceinline__ bf16_t from_float<bf16_t>(float value) {
  bf16_t result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
}

// Two values in one register, the first in the lower half, as mma and wide stores want them.
template <typename T>
__device__ __forceinline__ u32 pack(float low, float high) {
  return static_cast<u32>(from_float<T>(low).bits) | (static_cast<u32>(from_float<T>(high).bits) << 16);
}
