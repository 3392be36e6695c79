// rope.cuh - one head of a query or key in the registers of a few lanes: RMS norm, rotation, and both ends of memory.
//
// A head has kPairs pairs that rotate and kHeadDim - 2 kPairs elements that pass through. Pairs go to lanes in units of kVec neighbours: unit u of
// a half-split head is elements u kVec... and kPairs + u kVec..., of an interleaved head the 2 kVec elements from 2 u kVec on. A head takes kLanes
// lanes (a power of 2, at most a warp), chosen from the shape alone, so that its sums have one order. kVec is such that both layouts move 16 bytes
// at a time where the sizes allow.
#pragma once
#include "common/types.cuh"
#include "norm/groups.cuh"

constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

constexpr int power_of_two_from(int least) {
  int power = 1;
  while (power < least) power *= 2;
  return power;
}

template <int kHeadDim_, int kPairs_, bool kInterleaved_, bool kAligned_>
struct HeadShape {
  static constexpr int kHeadDim = kHeadDim_, kPairs = kPairs_;
  static constexpr bool kInterleaved = kInterleaved_, kAligned = kAligned_;
  static constexpr int kRest = kHeadDim - 2 * kPairs;
  static constexpr bool kByFour = kPairs % 4 == 0 && kHeadDim % 4 == 0, kByTwo = kPairs % 2 == 0 && kHeadDim % 2 == 0;
  static constexpr int kVec = kInterleaved ? (kPairs % 2 == 0 && kHeadDim % 4 == 0 ? 2 : 1) : kByFour ? 4 : kByTwo ? 2 : 1;
  static constexpr int kPairUnits = kPairs / kVec, kRestUnits = kRest / kVec, kUnits = kHeadDim / kVec;
  static constexpr int kMostUnits = kPairUnits > kRestUnits ? kPairUnits : kRestUnits;
  static constexpr int kLanes = power_of_two_from(kMostUnits) < kWarpSize ? power_of_two_from(kMostUnits) : kWarpSize;
  static constexpr int kPairTurns = ceil_div(kPairUnits, kLanes), kRestTurns = ceil_div(kRestUnits, kLanes);
  static constexpr int kTurns = ceil_div(kUnits, kLanes);
  static_assert(kHeadDim > 0 && kRest >= 0, "the pairs fit the head");
};

// 2 kVec neighbours, in accesses of at most 16 bytes.
template <int kVec, bool kAligned>
__device__ __forceinline__ Vec<float, 2 * kVec> load_twice(const float* address) {
  if constexpr (kVec <= 2) {
    return load_group<2 * kVec, kAligned && kVec == 2>(address);
  } else {
    Vec<float, kVec> low = load_group<kVec, kAligned>(address), high = load_group<kVec, kAligned>(address + kVec);
    Vec<float, 2 * kVec> both;
#pragma unroll
    for (int i = 0; i < kVec; ++i) {
      both.v[i] = low.v[i];
      both.v[kVec + i] = high.v[i];
    }
    return both;
  }
}

// The sum over the kLanes lanes of a head; all lanes of the warp take part.
template <int kLanes>
__device__ __forceinline__ float lanes_sum(float value) {
#pragma unroll
  for (int distance = kLanes / 2; distance > 0; distance /= 2) value = __fadd_rn(value, __shfl_xor_sync(kFullWarp, value, distance));
  return value;
}

template <typename Shape>
struct Head {
  static constexpr int kVec = Shape::kVec;
  using Unit = Vec<float, kVec>;

  Unit first[Shape::kPairTurns > 0 ? Shape::kPairTurns : 1], second[Shape::kPairTurns > 0 ? Shape::kPairTurns : 1];
  Unit rest[Shape::kRestTurns > 0 ? Shape::kRestTurns : 1];

  // Calls use(turn, unit) for this lane's units of pairs, or of elements that pass through.
  template <typename Use>
  static __device__ __forceinline__ void each_pair(int lane, Use use) {
#pragma unroll
    for (int turn = 0; turn < Shape::kPairTurns; ++turn) {
      int unit = lane + Shape::kLanes * turn;
      if (unit < Shape::kPairUnits) use(turn, unit);
    }
  }

  template <typename Use>
  static __device__ __forceinline__ void each_rest(int lane, Use use) {
#pragma unroll
    for (int turn = 0; turn < Shape::kRestTurns; ++turn) {
      int unit = lane + Shape::kLanes * turn;
      if (unit < Shape::kRestUnits) use(turn, 2 * Shape::kPairs + unit * kVec);
    }
  }

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int i = 0; i < kVec; ++i) {
#pragma unroll
      for (int turn = 0; turn < Shape::kPairTurns; ++turn) first[turn].v[i] = second[turn].v[i] = 0.0f;
#pragma unroll
      for (int turn = 0; turn < Shape::kRestTurns; ++turn) rest[turn].v[i] = 0.0f;
    }
  }

  static __device__ __forceinline__ void load_pair(const float* head, int unit, Unit& a, Unit& b) {
    if constexpr (Shape::kInterleaved) {
      Vec<float, 2 * kVec> both = load_twice<kVec, Shape::kAligned>(head + 2 * unit * kVec);
#pragma unroll
      for (int i = 0; i < kVec; ++i) {
        a.v[i] = both.v[2 * i];
        b.v[i] = both.v[2 * i + 1];
      }
    } else {
      a = load_group<kVec, Shape::kAligned>(head + unit * kVec);
      b = load_group<kVec, Shape::kAligned>(head + Shape::kPairs + unit * kVec);
    }
  }

  __device__ __forceinline__ void load(const float* head, int lane) {
    each_pair(lane, [&](int turn, int unit) { load_pair(head, unit, first[turn], second[turn]); });
    each_rest(lane, [&](int turn, int at) { rest[turn] = load_group<kVec, Shape::kAligned>(head + at); });
  }

  // Writes the pairs and, if asked, what passes through.
  template <typename T>
  __device__ __forceinline__ void store(T* head, int lane, bool whole) const {
    each_pair(lane, [&](int turn, int unit) {
      Unit a = first[turn], b = second[turn];
      if constexpr (Shape::kInterleaved) {
        Vec<float, 2 * kVec> both;
#pragma unroll
        for (int i = 0; i < kVec; ++i) {
          both.v[2 * i] = a.v[i];
          both.v[2 * i + 1] = b.v[i];
        }
        store_group<Shape::kAligned && kVec == 2>(head + 2 * unit * kVec, both);
      } else {
        store_group<Shape::kAligned>(head + unit * kVec, a);
        store_group<Shape::kAligned>(head + Shape::kPairs + unit * kVec, b);
      }
    });
    if (whole) each_rest(lane, [&](int turn, int at) { store_group<Shape::kAligned>(head + at, rest[turn]); });
  }

  // This lane's part of a sum of term(x, sum) over the head.
  template <typename Term>
  __device__ __forceinline__ float accumulate(int lane, Term term) const {
    float sum = 0.0f;
    each_pair(lane, [&](int turn, int) {
#pragma unroll
      for (int i = 0; i < kVec; ++i) sum = term(second[turn].v[i], term(first[turn].v[i], sum));
    });
    each_rest(lane, [&](int turn, int) {
#pragma unroll
      for (int i = 0; i < kVec; ++i) sum = term(rest[turn].v[i], sum);
    });
    return sum;
  }

  // The sum of the squares over the whole head; all lanes of the warp take part.
  __device__ __forceinline__ float squares(int lane) const {
    return lanes_sum<Shape::kLanes>(accumulate(lane, [](float x, float sum) { return __fmaf_rn(x, x, sum); }));
  }

  __device__ __forceinline__ float magnitudes(int lane) const {
    return lanes_sum<Shape::kLanes>(accumulate(lane, [](float x, float sum) { return __fadd_rn(fabsf(x), sum); }));
  }

  // x * factor * weight, the second half of an RMS norm.
  __device__ __forceinline__ void scale(float squares, float epsilon, const float* weight, int lane) {
    float factor = __frcp_rn(__fsqrt_rn(__fadd_rn(__fdiv_rn(squares, static_cast<float>(Shape::kHeadDim)), epsilon)));
    each_pair(lane, [&](int turn, int unit) {
      Unit a, b;
      load_pair(weight, unit, a, b);
#pragma unroll
      for (int i = 0; i < kVec; ++i) {
        first[turn].v[i] = __fmul_rn(__fmul_rn(first[turn].v[i], factor), a.v[i]);
        second[turn].v[i] = __fmul_rn(__fmul_rn(second[turn].v[i], factor), b.v[i]);
      }
    });
    each_rest(lane, [&](int turn, int at) {
      Unit a = load_group<kVec, Shape::kAligned>(weight + at);
#pragma unroll
      for (int i = 0; i < kVec; ++i) rest[turn].v[i] = __fmul_rn(__fmul_rn(rest[turn].v[i], factor), a.v[i]);
    });
  }

  // (x, y) becomes (x cos - y sin, y cos + x sin); the table holds cosine and sine of each pair of this token.
  __device__ __forceinline__ void rotate(const float* table, int lane) {
    each_pair(lane, [&](int turn, int unit) {
      Vec<float, 2 * kVec> angles = load_twice<kVec, Shape::kAligned>(table + 2 * unit * kVec);
#pragma unroll
      for (int i = 0; i < kVec; ++i) {
        float cosine = angles.v[2 * i], sine = angles.v[2 * i + 1];
        float x = first[turn].v[i], y = second[turn].v[i];
        first[turn].v[i] = __fmaf_rn(x, cosine, -__fmul_rn(y, sine));
        second[turn].v[i] = __fmaf_rn(y, cosine, __fmul_rn(x, sine));
      }
    });
  }
};
