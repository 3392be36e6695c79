// rope.cu - rotates the heads of queries or keys in place, after an optional RMS norm of each head.
//
//   x = NORMED ? x * rsqrt(mean(x^2) + epsilon) * weight : x;  (x_a, x_b) = (x_a cos - x_b sin, x_b cos + x_a sin) for each pair (a, b)
//   INTERLEAVED = 0: pairs (i, i + PAIRS);  1: pairs (2i, 2i + 1);  elements from 2 PAIRS on are normalized alone
//
//   heads    F32 [tokens, heads, HEAD_DIM]
//   table    F32 [tokens, PAIRS, 2], cosine and sine (rope_table.cu)
//   weight   F32 [HEAD_DIM]; not read where NORMED is 0
//   ALIGNED = 1: all addresses are multiples of 16
//
// Grid [ceil(tokens * heads / heads a block)], block [128]; rope.cuh says which lanes hold a head.
// Su et al. 2021, arXiv:2104.09864. Bound by memory: 8 bytes an element.
#include "norm/rope.cuh"

#ifndef HEAD_DIM
#define HEAD_DIM 128
#define PAIRS 64
#define INTERLEAVED 0
#define NORMED 1
#define ALIGNED 1
#endif

constexpr int kThreads = 128;
using Layout = HeadShape<HEAD_DIM, PAIRS, INTERLEAVED, ALIGNED>;

extern "C" __global__ void __launch_bounds__(kThreads, 4)
winnow_rope(float* heads, const float* table, const float* weight, int count, int heads_per_token, float epsilon) {
  int index = blockIdx.x * (kThreads / Layout::kLanes) + threadIdx.x / Layout::kLanes;
  int lane = threadIdx.x % Layout::kLanes;
  bool here = index < count;
  float* at = heads + static_cast<i64>(index) * HEAD_DIM;
  Head<Layout> head;
  head.clear();
  if (here) head.load(at, lane);
  if constexpr (NORMED) {
    float squares = head.squares(lane);
    if (here) head.scale(squares, epsilon, weight, lane);
  }
  if (here) {
    head.rotate(table + static_cast<i64>(index / heads_per_token) * (2 * PAIRS), lane);
    head.store(at, lane, NORMED);
  }
}
