// scan.cuh - the first phase of sampling: a slice's biases and penalties, its best entry, those of its chunks, and its weight.
#pragma once
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/batch.cuh"
#include "sampling/phases.cuh"
#include "sampling/row.cuh"

static_assert(kWarps == kWarpSize, "a lane for each chunk of a slice");

// In a fixed order.
__device__ __forceinline__ double warp_sum(double value) {
#pragma unroll
  for (int distance = kWarpSize / 2; distance > 0; distance /= 2) value += __shfl_xor_sync(kFullWarp, value, distance);
  return value;
}

// What the warps of a block found in their chunks of a slice.
struct ChunkStates {
  u64 best_logit[kWarps];  // key << 32 | ~index, all ones where something is no number
  u64 best[kWarps];        // the same of a row that is modified
  u64 mass[kWarps];        // of exp(logit - largest of the chunk)
};

// Whether one of two is no number.
__device__ __forceinline__ bool is_unordered(float a, float b) { return !(a <= b || a >= b); }

// The best of a warp's chunk, whose entries of a thread are `step` apart.
__device__ __forceinline__ u64 best_of_chunk(const float (&values)[kPerThread], int first, int step) {
  static_assert(kPerThread == 4, "two pairs");
  bool nan = is_unordered(values[0], values[1]) || is_unordered(values[2], values[3]);
  u32 best = __reduce_max_sync(kFullWarp, key_of_number(fmaxf(fmaxf(values[0], values[1]), fmaxf(values[2], values[3]))));
  float value = value_of(best);
  u32 index = 0xffffffffu;
#pragma unroll
  for (int j = kPerThread - 1; j >= 0; --j) index = values[j] == value ? static_cast<u32>(first + (j * step)) : index;
  u32 lowest = __reduce_min_sync(kFullWarp, index);
  return __any_sync(kFullWarp, nan) != 0 ? ~0ull : (static_cast<u64>(best) << 32) | ~lowest;
}

__device__ __forceinline__ u64 mass_of_chunk(const float (&values)[kPerThread], u64 best) {
  static_assert(kChunk << kWeightLowBits > 0, "sums of a chunk's weights fit");
  if (status_of(best) != kChosen) return 0;
  float maximum = value_of(static_cast<u32>(best >> 32));
  u32 high = 0, low = 0;
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    Weight weight(values[j], maximum);
    high += weight.high;
    low += weight.low;
  }
  return joined_weight(warp_sum(high - (kPerThread * kWeightZero)), warp_sum(low - (kPerThread * kWeightZero)));
}

// What the chunks of a slice are together, in a fixed order. By a warp.
__device__ __forceinline__ SliceState join_chunks(const ChunkStates& chunks, bool weighs, bool modified) {
  int lane = threadIdx.x % kWarpSize;
  u64 own = chunks.best_logit[lane], best_logit = warp_max(own), best = modified ? warp_max(chunks.best[lane]) : best_logit;
  double mass = 0.0;
  if (weighs && status_of(best_logit) == kChosen) {
    u32 key = static_cast<u32>(own >> 32);
    double distance = static_cast<double>(value_of(key)) - static_cast<double>(value_of(static_cast<u32>(best_logit >> 32)));
    mass = key > kKeyOfNegativeInfinity ? static_cast<double>(chunks.mass[lane]) * 0x1p-40 * exp(distance) : 0.0;
    mass = warp_sum(mass);
  }
  return {best_logit, best, mass, 0ull};
}

// Where what a scan finds in a row goes.
struct ScanResults {
  SliceState* slices;
  u32* chunk_keys;
  u32* logit_keys;  // the same before biases and penalties; null for none

  // By a warp.
  __device__ __forceinline__ void put(const ChunkStates& chunks, const RowPlace& at, int vocab, bool weighs, bool modified) const {
    int lane = threadIdx.x % kWarpSize, chunk = (at.slice * kWarps) + lane;
    if (chunk < chunks_of(vocab)) {
      chunk_keys[chunk] = static_cast<u32>((modified ? chunks.best : chunks.best_logit)[lane] >> 32);
      if (logit_keys != nullptr) logit_keys[chunk] = static_cast<u32>(chunks.best_logit[lane] >> 32);
    }
    SliceState state = join_chunks(chunks, weighs, modified);
    if (lane == 0) slices[at.slice] = state;
  }
};

// Scans the slices of a block, as many vectors at a time as are on their way, with one barrier: a warp each puts the chunks of one together while the
// others go on, hence two places for what they find. The first ones are loaded.
__device__ __forceinline__ void scan_vectors(const float* logits, RowPlace place, int vocab, bool weighs, float (&values)[kGroup][kPerThread],
                                             ChunkStates (&chunks)[2][kGroup], const ScanResults& results) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
#pragma unroll 1
  for (int turn = 0; place.has_slice(); turn ^= 1, place = place.next(kGroup)) {
#pragma unroll
    for (int k = 0; k < kGroup; ++k) {
      RowPlace at = place.next(k), later = at.next(kGroup);
      if (k > 0 && !at.has_slice()) break;
      u64 best = best_of_chunk(values[k], at.first(), 1), mass = weighs ? mass_of_chunk(values[k], best) : 0ull;
      if (later.has_slice()) load_vector(logits, later, vocab, values[k]);
      if (lane == 0) {
        chunks[turn][k].best_logit[warp] = best;
        chunks[turn][k].mass[warp] = mass;
      }
    }
    __syncthreads();
    RowPlace own = place.next(warp);
    if (warp < kGroup && own.has_slice()) results.put(chunks[turn][warp], own, vocab, weighs, false);
  }
}

// The same slice by slice, wherever entries lie. `modify` changes them and says so, or does not.
template <typename Modify>
__device__ __forceinline__ void scan_slices(const float* logits, RowPlace place, int vocab, bool weighs, float (&ahead)[kPerThread],
                                            ChunkStates (&chunks)[2][kGroup], const ScanResults& results, Modify modify) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
  float values[kPerThread];
#pragma unroll 1
  for (int turn = 0; place.has_slice(); turn ^= 1, place = place.next()) {
#pragma unroll
    for (int j = 0; j < kPerThread; ++j) values[j] = ahead[j];
    if (place.next().has_slice()) load(logits, place.next(), vocab, ahead);
    ChunkStates& found = chunks[turn][0];
    u64 best_logit = best_of_chunk(values, place.first(), place.step), best = best_logit, mass = weighs ? mass_of_chunk(values, best_logit) : 0ull;
    bool modified = modify(place, values);
    if (modified) best = best_of_chunk(values, place.first(), place.step);
    if (lane == 0) {
      found.best_logit[warp] = best_logit;
      found.best[warp] = best;
      found.mass[warp] = mass;
    }
    __syncthreads();
    if (warp == 0) results.put(found, place, vocab, weighs, modified);
  }
}

__device__ void add_biases(const SamplingBatch& batch, const SamplingRow& row, int start, float* values) {
#pragma unroll 1
  for (int i = threadIdx.x; i < row.bias_count; i += kThreads) {
    TokenBias bias = batch.biases[row.bias_start + i];
    int at = bias.token - start;
    if (at >= 0 && at < kSlice && bias.token < batch.vocab) values[at] = __fadd_rn(values[at], bias.bias);
  }
  __syncthreads();
}

// Every distinct token of the window that lies in the slice once, by the thread of its first occurrence.
__device__ void penalize(const SamplingBatch& batch, const SamplingRow& row, int start, float* values, i32* window) {
  int length = min(min(row.window, row.history_length), batch.history_capacity);
  const i32* history = batch.history + (static_cast<i64>(row.history_slot) * batch.history_capacity);
#pragma unroll 1
  for (int i = threadIdx.x; i < length; i += kThreads) window[i] = history[(row.history_length - length + i) % batch.history_capacity];
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < length; i += kThreads) {
    i32 token = window[i];
    int at = token - start;
    if (token < start || at >= kSlice || token >= batch.vocab) continue;
    int occurrences = 0;
    bool first = true;
#pragma unroll 4
    for (int other = 0; other < length; ++other) {
      bool same = window[other] == token;
      occurrences += same ? 1 : 0;
      first = first && !(same && other < i);
    }
    if (first) values[at] = penalized(values[at], occurrences, row);
  }
  __syncthreads();
}

// The slice with its biases and penalties, to the work row and to the thread's own entries.
__device__ void modify(const SamplingBatch& batch, const RowPlace& place, const SamplingRow& row, float (&values)[kPerThread], RowShared& shared) {
  int first = place.first(), start = place.slice * kSlice;
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) shared.list[first - start + (j * place.step)] = values[j];
  __syncthreads();
  if (row.bias_count > 0) add_biases(batch, row, start, shared.list);
  if (row.plan & kPenalties) penalize(batch, row, start, shared.list, shared.tokens);
  float* work = place.work(batch);
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    int i = first + (j * place.step);
    values[j] = shared.list[i - start];
    if (i < batch.vocab) work[i] = values[j];
  }
  __syncthreads();
}

// For a histogram of a later pass.
__device__ __forceinline__ void clear_bins(const SamplingBatch& batch, const RowPlace& place) {
  u64* bins = batch.scratch[place.r].bins;
#pragma unroll 1
  for (int bin = (place.part * kThreads) + threadIdx.x; bin < kBins; bin += place.parts * kThreads) bins[bin] = 0;
}

// The logarithm of the sum of all slices, in the same order whoever computes it. By a warp.
__device__ double log_of_slices(const SliceState* slices, int count, float maximum) {
  double sum = 0.0;
#pragma unroll 1
  for (int s = threadIdx.x % kWarpSize; s < count; s += kWarpSize) {
    u32 key = static_cast<u32>(slices[s].best_logit >> 32);
    if (key > kKeyOfNegativeInfinity) sum += slices[s].mass * exp(static_cast<double>(value_of(key)) - static_cast<double>(maximum));
  }
  return log(warp_sum(sum));
}

// What the slices have found together; a status other than kChosen is the row's. The softmax is there after the next barrier.
__device__ __forceinline__ i32 read_slices(const SamplingBatch& batch, const RowPlace& place, const SamplingRow& row, u64& best,
                                           Softmax& softmax) {
  const SliceState* slices = place.slice_states(batch);
  u64 best_logit = 0;
  best = 0;
#pragma unroll 1
  for (int s = threadIdx.x % kWarpSize; s < place.slices; s += kWarpSize) {
    best_logit = max(best_logit, slices[s].best_logit);
    best = max(best, slices[s].best);
  }
  best_logit = warp_max(best_logit);
  best = row.modifies() ? warp_max(best) : best_logit;
  i32 status = status_of(best_logit);
  bool has_softmax = status == kChosen;
  if (has_softmax && row.modifies()) status = status_of_modified(best);
  float maximum = value_of(static_cast<u32>(best_logit >> 32));
  // Another warp than the one that reads the chain next.
  if (has_softmax && threadIdx.x >= kThreads - kWarpSize) {
    double log_sum = log_of_slices(slices, place.slices, maximum);
    if (threadIdx.x == kThreads - 1) softmax.log_sum = log_sum;
  }
  if (threadIdx.x == 0) {
    softmax.maximum = maximum;
    softmax.exists = has_softmax;
  }
  return status;
}

__device__ __forceinline__ bool has_temperature(u32 stages) {
  bool has = false;
  for (; stages != 0; stages >>= kStageBits) has |= (stages & kStageMask) == kTemperature;
  return has;
}

// The phase that a row goes to if what is left of it is no short list.
__device__ __forceinline__ i32 next_phase(const Lead& lead, const SamplingRow& row) {
  if (row.plan & kGreedy) return kAlone;
  if (lead.counted != 0) return kCount;
  return lead.wide ? kWeigh : kAlone;
}
