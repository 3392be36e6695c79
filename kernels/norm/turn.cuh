// turn.cuh - sine and cosine of an angle in double, accurate for angles of any size that positions give.
#pragma once
#include "common/types.cuh"

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
