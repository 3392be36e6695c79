// lists.cuh - the best entries of a row with their log-probabilities. They lie in the chunks whose best entry is one of them.
#pragma once
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/candidates.cuh"
#include "sampling/phases.cuh"
#include "sampling/row.cuh"

struct BestLists {
  i32* tokens;
  float* log_probabilities;
  int count;
};

// Best first; -1 and negative infinity where there are fewer. `shared` and `list` are the same memory, used one after the other.
__device__ __forceinline__ void write_best(float* logits, const u32* chunk_keys, int vocab, float maximum, double log_sum,
                                           const BestLists& lists, RowShared& shared, ListShared& list) {
  int chunks = chunks_of(vocab);
  Lead lead = {kUnscaled, maximum};
  u32 bound = bound_of(best_chunk(chunk_keys, chunks), chunks, min(lists.count, vocab), key_of(maximum), list.sums);
  int found = gather(logits, chunk_keys, vocab, lead, bound, kBins, list);
  if (found < 0) {
    write_top(whole_row(logits, vocab, maximum), log_sum, lists.tokens, lists.log_probabilities, lists.count, shared);
    return;
  }
  sort_descending(list.entries, found);
#pragma unroll 1
  for (int i = threadIdx.x; i < lists.count; i += kThreads) {
    u64 entry = i < found ? list.entries[i] : 0ull;
    double log = log_probability(value_of(key_of_entry(entry)), maximum, log_sum);
    lists.tokens[i] = i < found ? token_of(entry) : -1;
    lists.log_probabilities[i] = i < found ? static_cast<float>(log) : -__int_as_float(0x7f800000);
  }
  __syncthreads();
}
