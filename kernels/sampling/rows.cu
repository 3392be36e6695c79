// rows.cu - what needs no chain: the largest of each row, the best of each row, log-softmax.
//
//   argmax:      tokens[r] = lowest index of the largest of row r; -1 where the row holds a NaN or nothing above negative infinity
//   top:         tokens, log_probabilities [rows, top] = the best of each row, best first, ties to the lower token; -1 and negative
//                infinity where fewer are possible, and all of them -1 and NaN where the row has no softmax
//   log_softmax: output[r, i] = logits[r, i] - log(sum over j of exp(logits[r, j])); NaN throughout where the row has no softmax
//
//   logits, output [rows, vocab] f32, plain alignment; log_softmax may work in place
// grid (rows), block (1024). Bound by bytes: argmax reads a row once, log_softmax three times (from L2 after the first) and writes it once.
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/row.cuh"

__device__ bool has_softmax(const Statistics& statistics) {
  return !statistics.has_nan && statistics.key != kKeyOfPositiveInfinity && statistics.key > kKeyOfNegativeInfinity;
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_argmax(i32* tokens, const float* logits, i32 vocab) {
  __shared__ RowShared shared;
  i64 r = blockIdx.x;
  Statistics statistics = scan(logits + (r * vocab), vocab, nullptr, shared);
  if (threadIdx.x == 0) tokens[r] = statistics.has_nan || statistics.key <= kKeyOfNegativeInfinity ? -1 : statistics.argmax;
}

extern "C" __global__ void __launch_bounds__(kThreads, 1)
    winnow_top(i32* tokens, float* log_probabilities, const float* logits, i32 vocab, i32 top) {
  __shared__ RowShared shared;
  i64 r = blockIdx.x;
  float* row = const_cast<float*>(logits) + (r * vocab);
  tokens += r * top;
  log_probabilities += r * top;
  Statistics statistics = scan(row, vocab, nullptr, shared);
  if (!has_softmax(statistics)) {
    for (int i = threadIdx.x; i < top; i += kThreads) {
      tokens[i] = -1;
      log_probabilities[i] = __int_as_float(0x7fc00000);
    }
    return;
  }
  View view = whole_row(row, vocab, statistics.maximum());
  double log_sum = log_of_mass(mass_from<false>(view, 0, shared));
  write_top(view, log_sum, tokens, log_probabilities, top, shared);
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_log_softmax(float* output, const float* logits, i32 vocab) {
  __shared__ RowShared shared;
  i64 r = blockIdx.x;
  float* row = const_cast<float*>(logits) + (r * vocab);
  float* target = output + (r * vocab);
  Statistics statistics = scan(row, vocab, nullptr, shared);
  bool possible = has_softmax(statistics);
  View view = whole_row(row, vocab, statistics.maximum());
  double log_sum = possible ? log_of_mass(mass_from<false>(view, 0, shared)) : 0.0;
  for (int i = threadIdx.x; i < vocab; i += kThreads) {
    float score = row[i];
    target[i] = possible ? static_cast<float>(log_probability(score, view.maximum, log_sum)) : __int_as_float(0x7fc00000);
  }
}
