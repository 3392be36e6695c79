// merge.cu - two attentions of the same queries over slots that have none in common become one, in the place of the first.
//
//   out = (a e^(la - m) + b e^(lb - m)) / s,  lse = m + log(s),  with m = max(la, lb), s = e^(la - m) + e^(lb - m), for each token and query head
// A part with a log-sum-exp of minus infinity saw nothing: its values are not read, and the other part keeps its bits. Where both saw nothing the
// result is zeros and minus infinity. A log-sum-exp of NaN or plus infinity makes its row NaN.
//
//   output [tokens, heads, headDim] f32, a at first; log_sum_exp [tokens, heads] f32, la at first; other_output and other_log_sum_exp, b and lb, of
//   the same shapes. rows = tokens * heads. Outputs begin at multiples of 16 bytes, and headDim is a multiple of 8.
// grid (rows in fours), block (128): a warp takes a row. Bound by memory: 12 bytes a value.
// Source: Milakov and Gimelshein 2018, arXiv:1805.02867, section 3.1; as an operation of its own: Ye et al. 2025, arXiv:2501.01005, section 2.2.
#include "attention/state.cuh"
#include "common/types.cuh"

constexpr int kThreads = 128;
constexpr int kLaneValues = 4;

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_attention_merge(float* output, float* log_sum_exp, const float* other_output, const float* other_log_sum_exp, i32 rows, i32 head_dim) {
  i64 row = static_cast<i64>(blockIdx.x) * (kThreads / kWarpSize) + threadIdx.x / kWarpSize;
  if (row >= rows) return;
  int lane = threadIdx.x % kWarpSize;
  float first = log_sum_exp[row], second = other_log_sum_exp[row];
  bool has_first = first != minus_infinity(), has_second = second != minus_infinity();
  if (has_first && !has_second) return;

  // All lanes have read what the first one is about to overwrite.
  __syncwarp();
  MergeFactors factors = merge_factors<float>(first, second);
  float sum = __fadd_rn(factors.first, factors.second);
  if (lane == 0) log_sum_exp[row] = has_first ? log_sum_exp_of<float>(factors.greatest, sum) : second;
  float inverse = __fdiv_rn(1.0f, sum);
  for (int column = kLaneValues * lane; column < head_dim; column += kLaneValues * kWarpSize) {
    float4* to = reinterpret_cast<float4*>(output + row * head_dim + column);
    float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (has_second) value = *reinterpret_cast<const float4*>(other_output + row * head_dim + column);
    if (has_first) {
      float4 own = *to;
      value = make_float4(__fmul_rn(merge_value(own.x, value.x, factors), inverse), __fmul_rn(merge_value(own.y, value.y, factors), inverse),
                          __fmul_rn(merge_value(own.z, value.z, factors), inverse), __fmul_rn(merge_value(own.w, value.w, factors), inverse));
    }
    *to = value;
  }
}
