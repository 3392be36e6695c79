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

// Best first; -1 and negative infinity where there are fewer. `key` is that of a thread's first chunk; `lead` is in shared memory, and nothing but its place
// counts.
__device__ __forceinline__ void write_best(const float* logits, u32 key, const u32* chunk_keys, int vocab, float maximum, double log_sum,
                                           const BestLists& lists, Lead& lead, ListShared& list) {
  int chunks = chunks_of(vocab);
  if (threadIdx.x == 0) lead = {kUnscaled, maximum};
  u32 own = best_chunk(key, chunk_keys, chunks);
  u32 bound = bound_of(own, chunks, min(lists.count, vocab), key_of(maximum), list.sums);
  int found = gather<false>(logits, key, chunk_keys, vocab, lead, bound, 0, list);
  if (found < 0) found = take_best(logits, vocab, lead, kLeastPossible, lists.count, list);
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
