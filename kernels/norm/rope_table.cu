// rope_table.cu - the cosines and sines of a step: table[t, i] = (cos, sin)(positions[t] * inverse_frequencies[i]) * magnitude.
//
//   table                 F32 [tokens, pairs, 2], 8-byte aligned
//   positions             I32 [tokens]
//   inverse_frequencies   F32 [pairs]
//
// Grid [ceil(tokens * pairs / 256)], block [256]; one pair a thread. The angle is a float product, as models are trained with; its cosine is worked
// out in double, so that angles of hundreds of thousands of radians lose nothing, and rounded once.
// Su et al. 2021, arXiv:2104.09864. Bound by arithmetic in double, about 30 operations a pair; once a step, not once a layer.
#include "common/types.cuh"

constexpr int kThreads = 256;

struct Turn {
  double sin, cos;
};

// Takes the angle (below 2^32) to within a quarter of a turn and sums the series there; the constants are those of fdlibm's k_sin.c and k_cos.c.
__device__ __forceinline__ Turn sin_cos(double angle) {
  constexpr double kTwoOverPi = 0x1.45f306dc9c883p-1;
  constexpr double kHalfPi = 0x1.921fb54442d18p+0, kHalfPiRest = 0x1.1a62633145c07p-54;
  double n = rint(angle * kTwoOverPi);
  double r = fma(-n, kHalfPiRest, fma(-n, kHalfPi, angle));
  double z = r * r;
  double s = fma(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08);
  s = fma(z, s, 2.75573137070700676789e-06);
  s = fma(z, s, -1.98412698298579493134e-04);
  s = fma(z, s, 8.33333333332248946124e-03);
  s = fma(z, s, -1.66666666666666324348e-01);
  s = fma(z * r, s, r);
  double c = fma(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09);
  c = fma(z, c, -2.75573143513906633035e-07);
  c = fma(z, c, 2.48015872894767294178e-05);
  c = fma(z, c, -1.38888888888741095749e-03);
  c = fma(z, c, 4.16666666666666019037e-02);
  c = fma(z * z, c, fma(z, -0.5, 1.0));
  int quarter = static_cast<int>(static_cast<i64>(n)) & 3;
  double sine = quarter & 1 ? c : s, cosine = quarter & 1 ? s : c;
  return {quarter & 2 ? -sine : sine, (quarter + 1) & 2 ? -cosine : cosine};
}

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_rope_table(float2* table, const int* positions, const float* inverse_frequencies, int tokens, int pairs, float magnitude) {
  i64 entry = static_cast<i64>(blockIdx.x) * kThreads + threadIdx.x;
  if (entry >= static_cast<i64>(tokens) * pairs) return;
  int token = static_cast<int>(entry / pairs), pair = static_cast<int>(entry % pairs);
  Turn turn = sin_cos(__fmul_rn(static_cast<float>(positions[token]), inverse_frequencies[pair]));
  table[entry] = make_float2(static_cast<float>(turn.cos * magnitude), static_cast<float>(turn.sin * magnitude));
}
