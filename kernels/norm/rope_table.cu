// rope_table.cu - the cosines and sines of a step: table[t, i] = (cos, sin)(positions[t] * inverse_frequencies[i]) * magnitude.
//
//   table                 F32 [tokens, pairs, 2], 8-byte aligned
//   positions             I32 [tokens]
//   inverse_frequencies   F32 [pairs]
//
// Grid [ceil(tokens * pairs / 256)], block [256]; one pair a thread. The angle is a float product, as models are trained with; its cosine is worked
// out in double, so that angles of hundreds of thousands of radians lose nothing, and rounded once.
// Su et al. 2021, arXiv:2104.09864. Bound by arithmetic in double, about 30 operations a pair; once a step, not once a layer.
#include "norm/turn.cuh"

constexpr int kThreads = 256;

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_rope_table(float2* table, const int* positions, const float* inverse_frequencies, int tokens, int pairs, float magnitude) {
  i64 entry = static_cast<i64>(blockIdx.x) * kThreads + threadIdx.x;
  if (entry >= static_cast<i64>(tokens) * pairs) return;
  int token = static_cast<int>(entry / pairs), pair = static_cast<int>(entry % pairs);
  Turn turn = sin_cos(__fmul_rn(static_cast<float>(positions[token]), inverse_frequencies[pair]));
  table[entry] = make_float2(static_cast<float>(turn.cos * magnitude), static_cast<float>(turn.sin * magnitude));
}
