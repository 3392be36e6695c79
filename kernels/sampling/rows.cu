// rows.cu - what needs no chain: the largest of each row, the best of each row, log-softmax.
//
//   scan:        tokens[r] = lowest index of the largest of row r; -1 where the row holds a NaN or nothing above negative infinity. Null for
//                none. And what the others go on with: sums [rows] RowSums, null for none, and chunk_keys [rows, chunks] u32
//   top:         tokens, log_probabilities [rows, top] = the best of each row, best first, ties to the lower token; -1 and negative
//                infinity where fewer are possible, and all of them -1 and NaN where the row has no softmax
//   log_softmax: output[r, i] = logits[r, i] - log(sum over j of exp(logits[r, j])); NaN throughout where the row has no softmax
//
//   logits, output [rows, vocab] f32, plain alignment; log_softmax may work in place
//   slices [rows, slices] SliceState, scratch; tickets [rows] u32, 0 between launches
// grid scan (rows * parts, at most as many as slices of 4096), log_softmax (rows * slices), top (rows); block (1024). Bound by bytes: scan reads a row once, log_softmax reads and writes
// it once, top reads the chunks of 128 that the best lie in.
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/batch.cuh"
#include "sampling/candidates.cuh"
#include "sampling/lists.cuh"
#include "sampling/phases.cuh"
#include "sampling/row.cuh"
#include "sampling/scan.cuh"

struct RowSums {
  double log_sum;
  float maximum;
  i32 has_softmax;
};

static_assert(sizeof(RowSums) == 16, "C# mirrors this");

extern "C" __global__ void __launch_bounds__(kThreads, 1)
    winnow_scan_rows(i32* tokens, RowSums* sums, SliceState* slices, u32* chunk_keys, u32* tickets, const float* logits, i32 vocab, i32 parts) {
  __shared__ ChunkStates chunks[2];
  __shared__ i32 flag;
  RowPlace place(vocab, parts);
  int lane = threadIdx.x % kWarpSize;
  slices += place.r * place.slices;
  float values[kPerThread], ahead[kPerThread];
  load(logits + (place.r * vocab), place.first(), vocab, ahead);
  int turn = 0, warp = threadIdx.x / kWarpSize;
#pragma unroll 1
  for (RowPlace at = place; at.has_slice(); at = at.next(), turn ^= 1) {
#pragma unroll
    for (int j = 0; j < kPerThread; ++j) values[j] = ahead[j];
    load(logits + (place.r * vocab), at.next().has_slice() ? at.next().first() : vocab, vocab, ahead);
    int first = at.first();
    u64 best = best_of_chunk(values, first), mass = sums != nullptr ? mass_of_chunk(values, best) : 0ull;
    if (lane == 0) {
      chunks[turn].best_logit[warp] = best;
      chunks[turn].best[warp] = best;
      chunks[turn].mass[warp] = mass;
      if (first < vocab) chunk_keys[(place.r * chunks_of(vocab)) + (first / kChunk)] = static_cast<u32>(best >> 32);
    }
    __syncthreads();
    if (warp != 0) continue;
    SliceState state = join_chunks(chunks[turn], sums != nullptr);
    if (lane == 0) slices[at.slice] = state;
  }
  if (!is_last_block(tickets + place.r, parts, flag) || threadIdx.x >= kWarpSize) return;

  u64 best = 0;
#pragma unroll 1
  for (int s = lane; s < place.slices; s += kWarpSize) best = max(best, slices[s].best);
  best = warp_max(best);
  bool has_softmax = status_of(best) == kChosen;
  u32 key = static_cast<u32>(best >> 32);
  float maximum = value_of(key);
  double log_sum = has_softmax && sums != nullptr ? log_of_slices(slices, place.slices, maximum) : 0.0;
  if (lane != 0) return;
  if (sums != nullptr) sums[place.r] = {log_sum, maximum, has_softmax ? 1 : 0};
  if (tokens != nullptr) tokens[place.r] = best == ~0ull || key <= kKeyOfNegativeInfinity ? -1 : token_of(best);
}

extern "C" __global__ void __launch_bounds__(kThreads, 1)
    winnow_top(i32* tokens, float* log_probabilities, const RowSums* sums, const u32* chunk_keys, const float* logits, i32 vocab, i32 top) {
  __shared__ ListShared list;
  __shared__ Lead lead;
  i64 r = blockIdx.x;
  BestLists lists = {tokens + (r * top), log_probabilities + (r * top), top};
  const RowSums row = sums[r];
  if (!row.has_softmax) {
    for (int i = threadIdx.x; i < top; i += kThreads) {
      lists.tokens[i] = -1;
      lists.log_probabilities[i] = __int_as_float(0x7fc00000);
    }
    return;
  }
  write_best(logits + (r * vocab), chunk_keys + (r * chunks_of(vocab)), vocab, row.maximum, row.log_sum, lists, lead, list);
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_log_softmax(float* output, const RowSums* sums, const float* logits, i32 vocab) {
  RowPlace place(vocab, slices_of(vocab));
  const RowSums row = sums[place.r];
  float values[kPerThread];
  load(logits + (place.r * vocab), place.first(), vocab, values);
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    int i = place.first() + (j * kWarpSize);
    float log = static_cast<float>(log_probability(values[j], row.maximum, row.log_sum));
    if (i < vocab) output[(place.r * vocab) + i] = row.has_softmax ? log : __int_as_float(0x7fc00000);
  }
}
