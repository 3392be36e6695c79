// phases.cuh - what the phases of sampling hand to each other, and how many blocks share a row.
//
// A row lies in slices of 4096 entries, which blocks share, and chunks of 128, a warp each. Which entries those are follows from the vocabulary
// alone, and everything that is summed over them is a whole number, so neither batch nor schedule has an influence. The block that comes
// last goes on with what all of them found (a ticket, as in attention/decode.cu), so nobody ever waits.
#pragma once
#include "common/philox.cuh"
#include "common/types.cuh"
#include "common/vec.cuh"
#include "reduction/order.cuh"
#include "sampling/batch.cuh"
#include "sampling/candidates.cuh"
#include "sampling/row.cuh"

constexpr int kPerThread = 4;
constexpr int kSlice = kThreads * kPerThread;
constexpr int kChunk = kWarpSize * kPerThread;
constexpr int kGroup = 4;  // slices that a block asks for before it needs the first
constexpr int kTogether = 2;  // chunks that a warp reads at a time; gather() says which of two it is
constexpr int kBins = 2048;
constexpr float kBinsPerUnit = 64.0f;
constexpr u32 kLeastPossible = kKeyOfNegativeInfinity + 1u;

// What is left to do for a row: nothing, the weights of all that may be drawn, a histogram of where a cut lies, the entries at the cut, or
// all of it by one block.
constexpr i32 kDone = 0, kWeigh = 1, kCount = 2, kCut = 3, kAlone = 4;

// The stages of a chain as phases see them: a temperature, a score that everything below is cut off at, one cut by count or mass, and what
// comes after it.
struct Lead {
  Scale first;
  float maximum;  // after `first`
  u32 least;      // of keys after `first`
  u32 stages;     // what is left to do, the cut first
  u32 counted;    // kTopK, kTopP, or 0 for no cut
  // Where the rest can be said without a list of what is left:
  i32 wide;
  u32 least_after;  // of keys after `first`
  Scale last;
  float drawn_maximum;  // after `last`
};

struct alignas(16) RowState {
  Softmax softmax;
  u64 total;
  u64 target;
  u64 above;   // weight before bin
  float best;  // of the modified row
  i32 phase;
  i32 bin;
  u32 found;  // entries at the cut
  Lead lead;
};

struct RowScratch {
  RowState state;
  u64 bins[kBins];
  u64 entries[kListCapacity];
};

static_assert(sizeof(RowScratch) == 49264, "C# mirrors this");

// Which entries are left: those from a key on, and of those whose bin is the last one the entries from a place in the order on.
struct Cut {
  u32 least;
  int bin;
  u64 entry;
};

__device__ __forceinline__ int slices_of(int vocab) { return (vocab + kSlice - 1) / kSlice; }
__device__ __forceinline__ int chunks_of(int vocab) { return (vocab + kChunk - 1) / kChunk; }

// Whether all rows can be read in vectors.
__device__ __forceinline__ bool in_vectors(int vocab, const float* rows) {
  return vocab % kPerThread == 0 && reinterpret_cast<u64>(rows) % (kPerThread * sizeof(float)) == 0;
}

// One row as one block sees it: a block has every parts-th slice.
struct RowPlace {
  i64 r;
  int part;
  int parts;
  int slice;
  int slices;
  int step;  // from one of a thread's entries to the next: 1 in vectors, else a warp, so that a warp reads what lies together

  __device__ RowPlace(int vocab, int parts, bool in_vectors)
      : r(blockIdx.x / parts), part(blockIdx.x % parts), parts(parts), slice(blockIdx.x % parts), slices(slices_of(vocab)),
        step(in_vectors ? 1 : kWarpSize) {}

  __device__ bool has_slice() const { return slice < slices; }
  __device__ RowPlace next(int count = 1) const {
    RowPlace place = *this;
    place.slice += count * parts;
    return place;
  }
  __device__ SliceState* slice_states(const SamplingBatch& batch) const { return batch.slices + (r * slices); }
  __device__ u32* chunk_keys(const SamplingBatch& batch) const { return batch.chunk_keys + (r * chunks_of(batch.vocab)); }
  __device__ u32* logit_keys(const SamplingBatch& batch) const { return batch.logit_keys + (r * chunks_of(batch.vocab)); }
  __device__ float* logits(const SamplingBatch& batch) const { return const_cast<float*>(batch.logits) + (r * batch.vocab); }
  __device__ float* work(const SamplingBatch& batch) const { return batch.work + (r * batch.vocab); }
  __device__ float* scores(const SamplingBatch& batch, const SamplingRow& row) const { return row.modifies() ? work(batch) : logits(batch); }
  // The first of a thread's entries. Those of a warp are a chunk.
  __device__ int first() const {
    int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
    return (slice * kSlice) + (warp * kChunk) + (step == 1 ? lane * kPerThread : lane);
  }
};

// A thread's entries of a slice, which lie together; negative infinity where there are none, and nothing is read.
__device__ __forceinline__ void load_vector(const float* scores, const RowPlace& place, int vocab, float (&values)[kPerThread]) {
  const float nothing = -__int_as_float(0x7f800000);
  Vec<float, kPerThread> all = {nothing, nothing, nothing, nothing};
  if (place.first() < vocab) all = load_vec<float, kPerThread>(scores + place.first());
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) values[j] = all.v[j];
}

// The same wherever they lie.
__device__ __forceinline__ void load(const float* scores, const RowPlace& place, int vocab, float (&values)[kPerThread]) {
  if (place.step == 1) {
    load_vector(scores, place, vocab, values);
  } else {
    int first = place.first();
    scores += first;
#pragma unroll
    for (int j = 0; j < kPerThread; ++j) values[j] = first + (j * kWarpSize) < vocab ? scores[j * kWarpSize] : -__int_as_float(0x7f800000);
  }
}

// The same of the first slices of a block; of one where they are no vectors.
__device__ __forceinline__ void load_group(const float* scores, const RowPlace& place, int vocab, float (&values)[kGroup][kPerThread]) {
  load(scores, place, vocab, values[0]);
  if (place.step != 1) return;
#pragma unroll
  for (int k = 1; k < kGroup; ++k) {
    if (place.next(k).has_slice()) load_vector(scores, place.next(k), vocab, values[k]);
  }
}

__device__ double draw_of(const SamplingRow& row) { return uniform_double(philox_block(row.seed, row.sequence, row.position, kDraw)); }

__device__ __forceinline__ void finish(const SamplingBatch& batch, i64 r, const SamplingRow& row, const Softmax& softmax, int token) {
  if (threadIdx.x != 0) return;
  float logit = batch.logits[(r * batch.vocab) + token];
  write_result(batch, r, row, kChosen, token, static_cast<float>(log_probability(logit, softmax.maximum, softmax.log_sum)));
}

// Distance from the maximum; what is farther than 32 weighs nothing. Never falls as scores fall.
__device__ __forceinline__ int bin_of(float score, float maximum) {
  return static_cast<int>(fminf(__fsub_rn(maximum, score) * kBinsPerUnit, static_cast<float>(kBins - 1)));
}

// A top-k that is as short as a list can be counts as a cut where it takes nothing away, too: SamplingRow.Passes knows no vocabulary.
__device__ __forceinline__ bool is_off(u32 stage, const SamplingRow& row, int vocab) {
  return (stage == kTopK && row.top_k >= vocab && row.top_k > kShortList) || (stage == kTopP && row.top_p >= 1.0f);
}

// What comes after the cut, if it is scores to be cut off at and at most one temperature behind them.
__device__ __noinline__ void read_rest(Lead& lead, u32 stages, const SamplingRow& row, int vocab) {
  lead.wide = 1;
  bool scaled = false;
#pragma unroll 1
  for (; stages != 0; stages >>= kStageBits) {
    u32 stage = stages & kStageMask;
    if (is_off(stage, row, vocab)) continue;
    if (scaled || stage == kTopK || stage == kTopP) {
      lead.wide = 0;
      return;
    }
    if (stage == kMinP) {
      lead.least_after = max(lead.least_after, key_near(lead.maximum, row.log_min_p));
    } else {
      lead.last = scale_of(lead.maximum, row.temperature);
      lead.drawn_maximum = lead.last(lead.maximum);
      scaled = true;
    }
  }
}

// `whole` is false where nothing but lists is asked for: what comes after the cut is then for the list.
__device__ __forceinline__ void find_lead(Lead& found, const SamplingRow& row, float best, int vocab, bool whole) {
  Lead lead = {kUnscaled, best, kLeastPossible};
  bool scaled = false;
  u32 stages = row.plan >> kFirstStageBit;
#pragma unroll 1
  for (; stages != 0; stages >>= kStageBits) {
    u32 stage = stages & kStageMask;
    if (is_off(stage, row, vocab)) continue;
    if (stage == kMinP) {
      lead.least = max(lead.least, key_near(lead.maximum, row.log_min_p));
    } else if (stage == kTemperature && !scaled && lead.least == kLeastPossible) {
      lead.first = scale_of(best, row.temperature);
      lead.maximum = lead.first(best);
      scaled = true;
    } else {
      break;
    }
  }
  u32 next = stages & kStageMask;
  lead.stages = stages;
  lead.counted = next == kTemperature ? 0 : next;
  lead.least_after = lead.least;
  lead.last = kUnscaled;
  lead.drawn_maximum = lead.maximum;
  found = lead;
  if (whole) read_rest(found, lead.counted == 0 ? stages : stages >> kStageBits, row, vocab);
}

// What the thread has seen and done, it has seen and done before what follows, for all threads of the device. PTX ISA 9.7.13.4 (fence)
__device__ __forceinline__ void fence_device() { asm volatile("fence.acq_rel.gpu;" ::: "memory"); }

// Whether this block is the last one of its row; the ticket is 0 again for the next launch, and no fence waits for that. One thread's fences are
// enough: what the others wrote comes before the barrier, and what they read comes after it.
__device__ __forceinline__ bool is_last_block(u32* ticket, int blocks, i32& flag) {
  __syncthreads();
  if (blocks == 1) return true;
  if (threadIdx.x == 0) {
    fence_device();
    bool last = atomicAdd(ticket, 1u) == static_cast<u32>(blocks - 1);
    flag = last ? 1 : 0;
    if (last) {
      fence_device();
      *ticket = 0;
    }
  }
  __syncthreads();
  return flag != 0;
}

// The best entry of a thread's chunks, whose first is `best`; 0 where it has none.
__device__ __forceinline__ u32 first_chunk(const u32* chunk_keys, int chunks) {
  return static_cast<int>(threadIdx.x) < chunks ? chunk_keys[threadIdx.x] : 0u;
}

__device__ __forceinline__ u32 best_chunk(u32 best, const u32* chunk_keys, int chunks) {
#pragma unroll 1
  for (int c = threadIdx.x + kThreads; c < chunks; c += kThreads) best = max(best, chunk_keys[c]);
  return best;
}

// A key that at least `wanted` entries reach, and not many more if the best ones are spread over the row: from the best of each thread's
// chunks (`own`), so that all others are in few chunks, too.
__device__ __noinline__ u32 bound_of(u32 own, int chunks, int wanted, u32 best, u64* scratch) {
  int holders = min(chunks, kThreads), lane = threadIdx.x % kWarpSize;
  if (wanted > holders) return kLeastPossible;
  u32 least = __reduce_min_sync(kFullWarp, threadIdx.x < holders ? own : ~0u);
  if (lane == 0) scratch[threadIdx.x / kWarpSize] = least;
  __syncthreads();
  u32 low = max(kLeastPossible, __reduce_min_sync(kFullWarp, static_cast<u32>(scratch[lane]))), high = best;
  __syncthreads();
#pragma unroll 1
  while (low < high) {
    u32 middle = low + ((high - low + 1) / 2);
    int reached = __syncthreads_count(own >= middle);
    if (reached < wanted) {
      high = middle - 1;
      continue;
    }
    low = middle;
    if (reached <= wanted + (wanted / 8)) break;
  }
  return low;
}

// Whether an entry is left: above a key, and with kBinned not behind a bin either.
template <bool kBinned>
__device__ __forceinline__ bool is_left(float scaled, const Lead& lead, u32 least, int bin) {
  return key_of(scaled) >= least && (!kBinned || bin_of(scaled, lead.maximum) <= bin);
}

// Lists the chunks whose best entry is left; returns how many there are. `key` is that of a thread's first chunk, which it knows.
template <bool kBinned>
__device__ __forceinline__ int list_chunks(u32 key, const u32* chunk_keys, int chunks, const Lead& lead, u32 least, int bin, ListShared& shared) {
  int lane = threadIdx.x % kWarpSize;
  if (threadIdx.x == 0) {
    shared.chosen = 0;
    shared.found = 0;
  }
  __syncthreads();
#pragma unroll 1
  for (int start = threadIdx.x - lane; start < chunks; start += kThreads) {
    int c = start + lane;
    if (start >= kThreads && c < chunks) key = chunk_keys[c];
    float score = lead.first(c < chunks ? value_of(key) : -__int_as_float(0x7f800000));
    bool left = is_left<kBinned>(score, lead, least, bin);
    u32 lanes = __ballot_sync(kFullWarp, left), place = 0;
    if (lane == 0 && lanes != 0) place = atomicAdd(&shared.chosen, __popc(lanes));
    place = __shfl_sync(kFullWarp, place, 0) + __popc(lanes & lanes_below());
    if (left && place < kMostChunks) shared.chunks[place] = c;
  }
  __syncthreads();
  return static_cast<int>(shared.chosen);
}

// Moves what is left into the list, if it fits and lies in few chunks. Returns how many there are, or -1. `key` is that of a thread's first chunk.
template <bool kBinned>
__device__ __noinline__ int gather(const float* scores, u32 key, const u32* chunk_keys, int vocab, const Lead& lead, u32 least, int bin,
                                   ListShared& shared) {
  int chosen = list_chunks<kBinned>(key, chunk_keys, chunks_of(vocab), lead, least, bin, shared);
  if (chosen > kMostChunks) return -1;
  int lane = threadIdx.x % kWarpSize;
#pragma unroll 1
  for (int c = threadIdx.x / kWarpSize; c < chosen; c += kTogether * kWarps) {
    constexpr int kLoads = kTogether * kPerThread;
    float score[kLoads];
    int first[kTogether];
#pragma unroll
    for (int j = 0; j < kLoads; ++j) {
      int at = c + (j / kPerThread * kWarps);
      if (j % kPerThread == 0) first[j / kPerThread] = at < chosen ? (shared.chunks[at] * kChunk) + lane : vocab;
      int i = first[j / kPerThread] + (j % kPerThread * kWarpSize);
      score[j] = i < vocab ? scores[i] : -__int_as_float(0x7f800000);
    }
    // Code that one block runs once costs most to fetch, so the loop goes through the numbers by moving them.
#pragma unroll 1
    for (int j = 0; j < kLoads; ++j) {
      float scaled = lead.first(score[0]);
#pragma unroll
      for (int k = 1; k < kLoads; ++k) score[k - 1] = score[k];
      bool left = is_left<kBinned>(scaled, lead, least, bin);
      u32 lanes = __ballot_sync(kFullWarp, left), place = 0;
      if (lanes == 0) continue;
      if (lane == 0) place = atomicAdd(&shared.found, __popc(lanes));
      place = __shfl_sync(kFullWarp, place, 0) + __popc(lanes & lanes_below());
      int token = (j < kPerThread ? first[0] : first[1]) + (j % kPerThread * kWarpSize);
      if (left && place < kListCapacity) shared.entries[place] = entry_of(key_of(scaled), token);
    }
  }
  __syncthreads();
  return shared.found <= kListCapacity ? static_cast<int>(shared.found) : -1;
}

// Lists just the best entries from a key on, `wanted` at most, of any row: one of thousands of ties, say, or whose best lie in more chunks than
// gather() goes to. By bisection, a pass over the row for each step.
__device__ __noinline__ int take_best(const float* scores, int vocab, const Lead& lead, u32 least, int wanted, ListShared& shared) {
  auto entry = [&](int i) {
    u32 key = key_of(lead.first(scores[i]));
    return key >= least ? entry_of(key, i) : 0ull;
  };
  u64 low = 1, high = ~0ull;
#pragma unroll 1
  while (low < high) {
    u64 middle = high - ((high - low) / 2), own = 0;
#pragma unroll 1
    for (int i = threadIdx.x; i < vocab; i += kThreads) own += entry(i) >= middle ? 1 : 0;
    u64 reached = block_sum<kThreads>(own, shared.sums);
    if (reached < static_cast<u64>(wanted)) {
      high = middle - 1;
      continue;
    }
    low = middle;
    if (reached == static_cast<u64>(wanted)) break;
  }
  if (threadIdx.x == 0) shared.found = 0;
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < vocab; i += kThreads) {
    u64 own = entry(i);
    if (own >= low) shared.entries[atomicAdd(&shared.found, 1u)] = own;
  }
  __syncthreads();
  return static_cast<int>(shared.found);
}

// The weight that an entry is drawn with.
__device__ __forceinline__ u64 drawn_weight(float score, int i, const Lead& lead, const Cut& cut) {
  float scaled = lead.first(score);
  u32 key = key_of(scaled);
  if (key < cut.least) return 0;
  int bin = bin_of(scaled, lead.maximum);
  if (bin > cut.bin || (bin == cut.bin && entry_of(key, i) < cut.entry)) return 0;
  return weight_of(lead.last(scaled), lead.drawn_maximum);
}

// Draws from what is left of a row, given the weight of each slice.
__device__ __forceinline__ int draw_wide(const float* scores, int vocab, const SliceState* slices, const Lead& lead, const Cut& cut,
                                      double draw, ListShared& shared) {
  int count = slices_of(vocab);
  u64 own = threadIdx.x < count ? __ldcg(&slices[threadIdx.x].drawn) : 0ull, total;
  u64 before = sum_before(own, total, shared.sums);
  u64 target = drawn_of(draw, total);
  if (before <= target && target < before + own) {
    shared.token = threadIdx.x;
    shared.entries[0] = target - before;
  }
  __syncthreads();
  int first = (shared.token * kSlice) + (static_cast<int>(threadIdx.x) * kPerThread);
  target = shared.entries[0];
  __syncthreads();
  u64 weights[kPerThread], sum = 0;
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    weights[j] = first + j < vocab ? drawn_weight(scores[first + j], first + j, lead, cut) : 0ull;
    sum += weights[j];
  }
  before = sum_before(sum, total, shared.sums);
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    if (before <= target && target < before + weights[j]) shared.token = first + j;
    before += weights[j];
  }
  __syncthreads();
  return shared.token;
}
