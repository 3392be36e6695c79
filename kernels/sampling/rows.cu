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
// grid scan and log_softmax (rows * parts, at most as many as slices of 4096), top (rows); block (1024). Bound by bytes: scan reads a row once,
// log_softmax reads and writes it once, top reads the chunks of 128 that the best lie in.
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/batch.cuh"
#include "sampling/candidates.cuh"
#include "sampling/lists.cuh"
#include "sampling/phases.cuh"
#include "sampling/row.cuh"
#include "sampling/scan.cuh"

struct alignas(16) RowSums {
  double log_sum;
  float maximum;
  i32 has_softmax;
};

static_assert(sizeof(RowSums) == 16, "C# mirrors this");

// The same from memory in one piece: of a structure the compiler reads what it needs where it needs it, a trip for each.
struct SumsOfRow {
  double log_sum;
  float maximum;
  bool has_softmax;

  __device__ explicit SumsOfRow(const RowSums& sums) {
    uint4 words = *reinterpret_cast<const uint4*>(&sums);
    log_sum = __hiloint2double(static_cast<int>(words.y), static_cast<int>(words.x));
    maximum = __uint_as_float(words.z);
    has_softmax = words.w != 0;
  }
};

extern "C" __global__ void __launch_bounds__(kThreads, 1)
    winnow_scan_rows(i32* tokens, RowSums* sums, SliceState* slices, u32* chunk_keys, u32* tickets, const float* logits, i32 vocab, i32 parts) {
  __shared__ ChunkStates chunks[2][kGroup];
  __shared__ i32 flag;
  RowPlace place(vocab, parts, in_vectors(vocab, logits));
  int lane = threadIdx.x % kWarpSize;
  slices += place.r * place.slices;
  logits += place.r * vocab;
  float values[kGroup][kPerThread];
  load_group(logits, place, vocab, values);
  ScanResults results = {slices, chunk_keys + (place.r * chunks_of(vocab)), nullptr};
  if (place.step == 1) {
    scan_vectors(logits, place, vocab, sums != nullptr, values, chunks, results);
  } else {
    scan_slices(logits, place, vocab, sums != nullptr, values[0], chunks, results, [](const RowPlace&, float (&)[kPerThread]) { return false; });
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
  // At once with the first keys.
  chunk_keys += r * chunks_of(vocab);
  u32 key = first_chunk(chunk_keys, chunks_of(vocab));
  SumsOfRow row(sums[r]);
  if (!row.has_softmax) {
    for (int i = threadIdx.x; i < top; i += kThreads) {
      lists.tokens[i] = -1;
      lists.log_probabilities[i] = __int_as_float(0x7fc00000);
    }
    return;
  }
  write_best(logits + (r * vocab), key, chunk_keys, vocab, row.maximum, row.log_sum, lists, lead, list);
}

// A thread's entries of a slice, back to the places that they were read from.
__device__ __forceinline__ void store(float* row, const RowPlace& place, int vocab, const float (&values)[kPerThread]) {
  int first = place.first();
  row += first;
  if (place.step == 1) {
    if (first < vocab) store_vec(row, Vec<float, kPerThread>{values[0], values[1], values[2], values[3]});
  } else {
#pragma unroll
    for (int j = 0; j < kPerThread; ++j) {
      if (first + (j * kWarpSize) < vocab) row[j * kWarpSize] = values[j];
    }
  }
}

// Two slices at a time. `sums` come with the first logits, in one piece.
template <bool kInVectors>
__device__ __forceinline__ void write_logs(float* output, const RowSums* sums, const float* logits, i32 vocab, i32 parts) {
  constexpr int kRead = 2;
  RowPlace place(vocab, parts, kInVectors);
  i64 start = place.r * vocab;
  SumsOfRow row(sums[place.r]);
  double maximum = static_cast<double>(row.maximum);
#pragma unroll 1
  for (; place.has_slice(); place = place.next(kRead)) {
    float values[kRead][kPerThread];
#pragma unroll
    for (int k = 0; k < kRead; ++k) load(logits + start, place.next(k), vocab, values[k]);
#pragma unroll
    for (int k = 0; k < kRead; ++k) {
#pragma unroll
      for (int j = 0; j < kPerThread; ++j) {
        // As log_probability() has it: to cut off at 0 after rounding is the same.
        float log = fminf(0.0f, static_cast<float>(static_cast<double>(values[k][j]) - maximum - row.log_sum));
        values[k][j] = row.has_softmax ? log : __int_as_float(0x7fc00000);
      }
      store(output + start, place.next(k), vocab, values[k]);
    }
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 2)
    winnow_log_softmax(float* output, const RowSums* sums, const float* logits, i32 vocab, i32 parts) {
  if (in_vectors(vocab, logits) && in_vectors(vocab, output)) {
    write_logs<true>(output, sums, logits, vocab, parts);
  } else {
    write_logs<false>(output, sums, logits, vocab, parts);
  }
}
