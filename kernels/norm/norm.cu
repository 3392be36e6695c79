// norm.cu - norms of rows, alone or with the addition that comes before or after them.
//
//   kind 0 (RMS)           output[r, c]    = x[r, c] * f(r) * weight[c],  f(r) = 1 / sqrt(mean_c(x[r, c]^2) + epsilon),  x = input
//   kind 1 (RMS, added)    output[r, c]   += the same
//   kind 2 (RMS of a sum)  residual[r, c] += input[r, c];  output = kind 0 with x = residual
//   kind 3 (layer)         output[r, c]    = (x[r, c] - mean_c(x)) * g(r) * weight[c] + bias[c],  g(r) = 1 / sqrt(variance_c(x) + epsilon)
//
//   output, residual, input   F32 [rows, columns]; the output may be the input. With OUTPUT_BITS = 16 the output of kind 0 is F16, or BF16 where BRAIN
//                             is 1, rounded as products round their input, and may not be the input
//   weight, bias              F32 [columns]; no bias where HAS_BIAS is 0
//   ALIGNED = 1: columns is a multiple of 4 and every address one of 16
//
// Grid [rows], block [THREADS]. A thread owns columns 4 (t + THREADS i) to 4 (t + THREADS i) + 3 and keeps them in registers while there are at most
// TURNS such groups (TURNS = 0: it reads them again). The squares are summed by thread, then by warp, then over warps: a row has the same bits
// alone and in any batch.
//
// Zhang and Sennrich 2019, arXiv:1910.07467; Ba, Kiros and Hinton 2016, arXiv:1607.06450.
// Bound by memory: 8 bytes a value for kinds 0 and 3 (6 where it is rounded), 12 for kind 1, 16 for kind 2.
#include "common/reduce.cuh"
#include "norm/groups.cuh"

#ifndef KIND
#define KIND 0
#define THREADS 256
#define TURNS 1
#define ALIGNED 1
#define HAS_BIAS 0
#define OUTPUT_BITS 32
#define BRAIN 0
#endif

constexpr bool kAdded = KIND == 1, kOfSum = KIND == 2, kLayer = KIND == 3;
constexpr int kMostThreads = 2048;  // of a multiprocessor
constexpr int kThreads = THREADS, kTurns = TURNS, kGroup = 4;
constexpr bool kAligned = ALIGNED, kHasBias = HAS_BIAS;

// Whether there are registers for all that a thread reads of a row, and for weights beside it, without fewer blocks on a multiprocessor for it.
constexpr bool kRowFirst = kAligned && kTurns > 0 && kTurns <= 2, kWeightsFirst = kRowFirst && !kAdded && !kHasBias;

constexpr bool kRounded = OUTPUT_BITS == 16;
static_assert(KIND == 0 || !kRounded, "other kinds read what they write");

template <bool kIsRounded, bool kIsBrain>
struct OutputOf {
  using Type = float;
};

template <>
struct OutputOf<true, false> {
  using Type = half_t;
};

template <>
struct OutputOf<true, true> {
  using Type = bf16_t;
};

using Output = OutputOf<kRounded, BRAIN != 0>::Type;
using Group = Vec<float, kGroup>;

__device__ __forceinline__ Group load(const float* row, int column, int columns) {
  if constexpr (kAligned) {
    return load_group<kGroup, true>(row + column);
  } else {
    return load_part<kGroup>(row + column, columns - column);
  }
}

__device__ __forceinline__ void store(float* row, int column, int columns, const Group& group) {
  if constexpr (kAligned) {
    store_group<true>(row + column, group);
  } else {
    store_part(row + column, group, columns - column);
  }
}

// Values that products take as they are: what a half cannot hold becomes the largest that it can, which store_group does not do.
template <typename Rounded>
__device__ __forceinline__ void store(Rounded* row, int column, int columns, const Group& group) {
  if constexpr (kAligned) {
    store_words(row + column, Vec<u32, 2>{pack<Rounded>(group.v[0], group.v[1]), pack<Rounded>(group.v[2], group.v[3])});
  } else {
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      if (column + i < columns) row[column + i] = from_float<Rounded>(group.v[i]);
    }
  }
}

// Calls use(turn, column) for each group of this thread.
template <typename Use>
__device__ __forceinline__ void each_group(int columns, Use use) {
  if constexpr (kTurns > 0) {
#pragma unroll
    for (int turn = 0; turn < kTurns; ++turn) {
      int column = kGroup * (threadIdx.x + kThreads * turn);
      if (column < columns) use(turn, column);
    }
  } else {
    for (int column = kGroup * threadIdx.x; column < columns; column += kGroup * kThreads) use(0, column);
  }
}

// Outputs may be inputs for all that the compiler knows, so that a load behind a store waits for what is stored. With kFirst a thread reads all before it
// writes any.
template <bool kFirst, typename Read, typename Write>
__device__ __forceinline__ void each_group(int columns, Read read, Write write) {
  if constexpr (kFirst) {
    each_group(columns, read);
    each_group(columns, write);
  } else {
    each_group(columns, [&](int turn, int column) {
      read(turn, column);
      write(turn, column);
    });
  }
}

__device__ __forceinline__ float inverse_root(float sum, int columns, float epsilon) {
  return __frcp_rn(__fsqrt_rn(__fadd_rn(__fdiv_rn(sum, static_cast<float>(columns)), epsilon)));
}

extern "C" __global__ void __launch_bounds__(kThreads, kWeightsFirst ? kMostThreads / kThreads : 0)
winnow_norm(Output* output, float* residual, const float* input, const float* weight, const float* bias, float epsilon, int columns) {
  __shared__ float scratch[kThreads / kWarpSize];
  i64 start = static_cast<i64>(blockIdx.x) * columns;
  output += start;
  input += start;
  const float* source = kOfSum ? residual + start : input;
  constexpr int kHeld = kTurns > 0 ? kTurns : 1;
  Group held[kHeld], other[kHeld], scale[kHeld];

  float sum = 0.0f;
  each_group<kRowFirst>(columns, [&](int turn, int column) {
    held[turn] = load(source, column, columns);
    if constexpr (kOfSum) other[turn] = load(input, column, columns);
    if constexpr (kWeightsFirst) scale[turn] = load(weight, column, columns);
  }, [&](int turn, int column) {
    Group x = held[turn];
    if constexpr (kOfSum) {
#pragma unroll
      for (int i = 0; i < kGroup; ++i) x.v[i] = __fadd_rn(x.v[i], other[turn].v[i]);
      store(residual + start, column, columns, x);
    }
#pragma unroll
    for (int i = 0; i < kGroup; ++i) sum = kLayer ? __fadd_rn(sum, x.v[i]) : __fmaf_rn(x.v[i], x.v[i], sum);
    held[turn] = x;
  });
  sum = block_sum<kThreads>(sum, scratch);

  float mean = 0.0f;
  if constexpr (kLayer) {
    mean = __fdiv_rn(sum, static_cast<float>(columns));
    sum = 0.0f;
    each_group(columns, [&](int turn, int column) {
      Group x = kTurns > 0 ? held[turn] : load(source, column, columns);
#pragma unroll
      for (int i = 0; i < kGroup; ++i) {
        float distance = kAligned || column + i < columns ? __fsub_rn(x.v[i], mean) : 0.0f;
        sum = __fmaf_rn(distance, distance, sum);
      }
    });
    sum = block_sum<kThreads>(sum, scratch);
  }

  float factor = inverse_root(sum, columns, epsilon);
  each_group(columns, [&](int turn, int column) {
    Group x = kTurns > 0 ? held[turn] : load(source, column, columns);
    if constexpr (!kWeightsFirst) scale[turn] = load(weight, column, columns);
    Group before;
    if constexpr (kAdded) before = load(reinterpret_cast<const float*>(output), column, columns);
    if constexpr (kHasBias) before = load(bias, column, columns);
#pragma unroll
    for (int i = 0; i < kGroup; ++i) {
      float value = kLayer ? __fsub_rn(x.v[i], mean) : x.v[i];
      value = __fmul_rn(__fmul_rn(value, factor), scale[turn].v[i]);
      x.v[i] = kAdded || kHasBias ? __fadd_rn(before.v[i], value) : value;
    }
    store(output, column, columns, x);
  });
}
