// tensor_core.cuh - the arithmetic of attention over 16-bit keys and values on tensor cores, as fragments of one warp: 16 rows of queries.
//
// With g = lane / 4 and c = 2 * (lane % 4) a lane holds rows g and g + 8, and columns c and c + 1 of every group of 8. Decode and prefill give
// the same bits because each element of a product depends on its own row and column alone, whichever warp works it out: scores sum over
// columns 16 at a time in ascending order, weighted values over slots 16 at a time in ascending order. Probabilities are summed as they were rounded,
// by each lane those that it holds, 4 of 16 slots at a time in ascending order; at the end of a split the four lanes of a row add up theirs. Queries and
// probabilities are rounded to the cache's type.
#pragma once
#include "attention/mask.cuh"
#include "attention/state.cuh"
#include "attention/tiles.cuh"
#include "common/mma.cuh"

// Slots between two looks at the greatest score; large heads leave fewer registers for scores.
constexpr int kTensorBlock = kHeadDim <= 128 ? 64 : 32;
constexpr int kSteps = (kHeadDim + 15) / 16;

// Two values of at most 1 in one register, the first in the lower half. PTX ISA 9.7.9.21 (cvt)
template <typename T>
__device__ __forceinline__ u32 pack_probabilities(float low, float high);

template <>
__device__ __forceinline__ u32 pack_probabilities<half_t>(float low, float high) {
  u32 result;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

template <>
__device__ __forceinline__ u32 pack_probabilities<bf16_t>(float low, float high) {
  u32 result;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(result) : "f"(high), "f"(low));
  return result;
}

// As pack, in one operation where both values are within the type's range.
template <typename T>
__device__ __forceinline__ u32 pack_query(float low, float high) {
  u32 result = pack_probabilities<T>(low, high);
  if constexpr (!is_brain<T>()) {
    if (((result & 0x7c007c00u) + 0x04000400u) & 0x80008000u) result = pack<T>(low, high);
  }
  return result;
}

// Four registers of two values: one step of the queries of rows that begin at `first` and `second`.
template <typename T>
__device__ __forceinline__ void load_query_step(u32 (&a)[4], const float* first, const float* second, int step) {
  int column = 16 * step + 2 * (threadIdx.x % 4);
  float2 v0 = *reinterpret_cast<const float2*>(first + column);
  float2 v1 = *reinterpret_cast<const float2*>(second + column);
  a[0] = pack<T>(v0.x, v0.y);
  a[1] = pack<T>(v1.x, v1.y);
  a[2] = a[3] = 0;
  if (kHeadDim % 16 == 0 || step < kSteps - 1) {
    v0 = *reinterpret_cast<const float2*>(first + column + 8);
    v1 = *reinterpret_cast<const float2*>(second + column + 8);
    a[2] = pack<T>(v0.x, v0.y);
    a[3] = pack<T>(v1.x, v1.y);
  }
}

// One step of queries out of shared memory, [16, kStride].
template <typename T>
__device__ __forceinline__ void load_query_step(u32 (&a)[4], const T* queries, int step) {
  int lane = threadIdx.x % kWarpSize;
  ldmatrix_x4(a, queries + TileShape<T>::at_step(lane % 16, lane / 16, step));
}

// scores[n] += one step's products with slots first + 8 n.
template <typename T, int kGroups>
__device__ __forceinline__ void add_scores(float (&scores)[kGroups][4], const u32 (&a)[4], const T* keys, int first, int step) {
  int lane = threadIdx.x % kWarpSize;
  static_assert(kGroups % 2 == 0, "keys are loaded for 16 slots at a time");
#pragma unroll
  for (int n = 0; n < kGroups; n += 2) {
    u32 b[4];
    ldmatrix_x4(b, keys + TileShape<T>::at_step(first + 8 * n + 8 * (lane / 16) + lane % 8, lane / 8 % 2, step));
    u32 low[2] = {b[0], b[1]}, high[2] = {b[2], b[3]};
    mma_m16n8k16<T>(scores[n], a, low);
    mma_m16n8k16<T>(scores[n + 1], a, high);
  }
}

// From products to what stands for scores (ScoreFunction::kept), minus infinity where a slot is not seen; returns the greatest of each of the lane's rows
// over its quad.
template <typename T, int kGroups>
__device__ __forceinline__ float2 mask_scores(float (&scores)[kGroups][4], const ScoreFunction<T, SOFT_CAP != 0>& function,
                                              const CallMask& mask, const QueryRow (&rows)[2], const int* positions, int first_slot,
                                              int first, bool whole) {
  float2 greatest = make_float2(minus_infinity(), minus_infinity());
  int column = 2 * (threadIdx.x % 4);
#pragma unroll
  for (int n = 0; n < kGroups; ++n) {
#pragma unroll
    for (int e = 0; e < 2; ++e) {
      int slot = first + 8 * n + column + e;
      float upper = function.kept(scores[n][e]), lower = function.kept(scores[n][2 + e]);
      if (!whole) {
        int position = positions[slot];
        upper = mask.sees(rows[0], first_slot + slot, position) ? upper : minus_infinity();
        lower = mask.sees(rows[1], first_slot + slot, position) ? lower : minus_infinity();
      }
      scores[n][e] = upper;
      scores[n][2 + e] = lower;
      greatest.x = fmaxf(greatest.x, upper);
      greatest.y = fmaxf(greatest.y, lower);
    }
  }
#pragma unroll
  for (int distance = 2; distance > 0; distance /= 2) {
    greatest.x = fmaxf(greatest.x, __shfl_xor_sync(kFullWarp, greatest.x, distance));
    greatest.y = fmaxf(greatest.y, __shfl_xor_sync(kFullWarp, greatest.y, distance));
  }
  return greatest;
}

// The running greatest score of one row, and the factor of what was summed before.
template <typename T>
__device__ __forceinline__ float raise(float& greatest, float block) {
  float before = greatest;
  greatest = fmaxf(before, block);
  return ScoreUnits<T>::power(before - shift_of(greatest));
}

// Whether factors change anything for some lane.
__device__ __forceinline__ bool changes(float upper, float lower) { return __any_sync(kFullWarp, upper != 1.0f || lower != 1.0f); }

// sums *= factors.
template <int kGroups>
__device__ __forceinline__ void scale(float (&sums)[kGroups][4], float upper, float lower) {
#pragma unroll
  for (int n = 0; n < kGroups; ++n) {
    sums[n][0] = __fmul_rn(sums[n][0], upper);
    sums[n][1] = __fmul_rn(sums[n][1], upper);
    sums[n][2] = __fmul_rn(sums[n][2], lower);
    sums[n][3] = __fmul_rn(sums[n][3], lower);
  }
}

// The same, where it changes anything.
template <int kGroups>
__device__ __forceinline__ void rescale(float (&sums)[kGroups][4], float upper, float lower) {
  if (changes(upper, lower)) scale(sums, upper, lower);
}

// The sum of two values in one register.
template <typename T>
__device__ __forceinline__ float sum_of_pair(u32 pair) {
  return __fadd_rn(to_float(T{static_cast<u16>(pair)}), to_float(T{static_cast<u16>(pair >> 16)}));
}

// The probabilities of 16 slots that a lane holds, for both of its rows. No product with ones: its tensor cores have better to do.
template <typename T>
__device__ __forceinline__ void add_probabilities(float (&sum)[2], const u32 (&a)[4]) {
  sum[0] = __fadd_rn(sum[0], __fadd_rn(sum_of_pair<T>(a[0]), sum_of_pair<T>(a[2])));
  sum[1] = __fadd_rn(sum[1], __fadd_rn(sum_of_pair<T>(a[1]), sum_of_pair<T>(a[3])));
}

// What the four lanes of a row hold; the whole warp asks.
__device__ __forceinline__ float sum_of_row(float lane_sum) {
  float pair = __fadd_rn(lane_sum, __shfl_xor_sync(kFullWarp, lane_sum, 1));
  return __fadd_rn(pair, __shfl_xor_sync(kFullWarp, pair, 2));
}

// sums[0], sums[1] += probabilities of 16 slots times their values in columns 16 * pair and on.
template <typename T>
__device__ __forceinline__ void add_values(float (&first)[4], float (&second)[4], const u32 (&a)[4], const T* values, int step, int pair) {
  int lane = threadIdx.x % kWarpSize;
  u32 b[4];
  ldmatrix_x4_trans(b, values + TileShape<T>::at(16 * step + lane % 16, 2 * pair + lane / 16));
  u32 low[2] = {b[0], b[1]}, high[2] = {b[2], b[3]};
  mma_m16n8k16<T>(first, a, low);
  mma_m16n8k16<T>(second, a, high);
}
