// weigh.cuh - the later phases of sampling: weights of slices, histograms of them, and the cut in a bin.
#pragma once
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/batch.cuh"
#include "sampling/candidates.cuh"
#include "sampling/phases.cuh"
#include "sampling/row.cuh"

// Two copies, for even and odd warps: no half of a sum of 2048 weights overflows.
struct HistogramShared {
  u32 low[2][kBins];
  u32 high[2][kBins];
};

constexpr int kLowBits = 20;

__device__ __forceinline__ void write_drawn(const SamplingBatch& batch, const RowPlace& place, u64 sum, u64* scratch) {
  sum = block_sum<kThreads>(sum, scratch);
  if (threadIdx.x == 0) place.slice_states(batch)[place.slice].drawn = sum;
}

// The weights of a slice's entries that are left.
__device__ void weigh_slice(const SamplingBatch& batch, const RowPlace& place, const SamplingRow& row, const Lead& lead, u64* scratch) {
  float values[kPerThread];
  load(place.scores(batch, row), place, batch.vocab, values);
  u64 sum = 0;
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    float scaled = lead.first(values[j]);
    if (key_of(scaled) >= lead.least_after) sum += weight_of(lead.last(scaled), lead.drawn_maximum);
  }
  write_drawn(batch, place, sum, scratch);
}

// The weights of those before the bin of a cut. Those in the bin are listed.
__device__ void cut_slice(const SamplingBatch& batch, const RowPlace& place, const SamplingRow& row, const Lead& lead, int bin, u64* scratch) {
  RowScratch& mine = batch.scratch[place.r];
  float values[kPerThread];
  load(place.scores(batch, row), place, batch.vocab, values);
  u64 sum = 0;
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    float scaled = lead.first(values[j]);
    u32 key = key_of(scaled);
    int own = bin_of(scaled, lead.maximum);
    if (own < bin && key >= lead.least_after) sum += weight_of(lead.last(scaled), lead.drawn_maximum);
    bool listed = own == bin && key >= lead.least;
    u32 lanes = __ballot_sync(kFullWarp, listed), at = 0;
    if (lanes == 0) continue;
    if (threadIdx.x % kWarpSize == 0) at = atomicAdd(&mine.state.found, __popc(lanes));
    at = __shfl_sync(kFullWarp, at, 0) + __popc(lanes & lanes_below());
    if (listed && at < kListCapacity) mine.entries[at] = entry_of(key, place.first() + (j * place.step));
  }
  write_drawn(batch, place, sum, scratch);
}

__device__ void count_slice(const SamplingBatch& batch, const RowPlace& place, const SamplingRow& row, const Lead& lead, HistogramShared& shared) {
  float values[kPerThread];
  load(place.scores(batch, row), place, batch.vocab, values);
  for (int i = threadIdx.x; i < 2 * kBins; i += kThreads) {
    shared.low[0][i] = 0;
    shared.high[0][i] = 0;
  }
  __syncthreads();
  int copy = (threadIdx.x / kWarpSize) % 2;
#pragma unroll
  for (int j = 0; j < kPerThread; ++j) {
    float scaled = lead.first(values[j]);
    if (key_of(scaled) < lead.least) continue;
    u64 weight = lead.counted == kTopK ? 1ull : weight_of(scaled, lead.maximum);
    int bin = bin_of(scaled, lead.maximum);
    u32 low = static_cast<u32>(weight) & ((1u << kLowBits) - 1u), high = static_cast<u32>(weight >> kLowBits);
    if (low != 0) atomicAdd(&shared.low[copy][bin], low);
    if (high != 0) atomicAdd(&shared.high[copy][bin], high);
  }
  __syncthreads();
  u64* bins = batch.scratch[place.r].bins;
  for (int bin = threadIdx.x; bin < kBins; bin += kThreads) {
    u64 low = static_cast<u64>(shared.low[0][bin]) + shared.low[1][bin];
    u64 weight = low + ((static_cast<u64>(shared.high[0][bin]) + shared.high[1][bin]) << kLowBits);
    if (weight != 0) atomicAdd(&bins[bin], weight);
  }
  __syncthreads();
}

// The bin at which the running weight reaches the target, or the last one.
__device__ __forceinline__ void find_bin(const u64* bins, const SamplingRow& row, RowState& state, ListShared& shared) {
  int bin = 2 * threadIdx.x;
  static_assert(kBins == 2 * kThreads, "two bins a thread");
  u64 first = __ldcg(&bins[bin]), second = __ldcg(&bins[bin + 1]), total;
  u64 before = sum_before(first + second, total, shared.sums);
  u64 target = state.lead.counted == kTopK ? static_cast<u64>(row.top_k) : share_of(row.top_p, total);
  target = min(target, total);
  if (before < target && target <= before + first + second) {
    bool in_second = target > before + first;
    state.bin = bin + (in_second ? 1 : 0);
    state.above = before + (in_second ? first : 0ull);
    state.target = target;
    state.total = total;
  }
  __syncthreads();
}

// Cuts among the entries of the bin, whose weight goes to their slices, and draws from what is left.
__device__ int cut_and_draw(const SamplingBatch& batch, const RowPlace& place, const SamplingRow& row, const RowState& state, int count,
                            ListShared& shared) {
  const RowScratch& mine = batch.scratch[place.r];
  const Lead& lead = state.lead;
  SliceState* slices = place.slice_states(batch);
#pragma unroll 1
  for (int i = threadIdx.x; i < count; i += kThreads) shared.entries[i] = __ldcg(&mine.entries[i]);
  __syncthreads();
  sort_descending(shared.entries, count);
  u64 above = state.above, target = state.target;
  int kept = lead.counted == kTopK ? prefix_of<true>(count, lead.maximum, above, target, 0.0f, 0, shared)
                                   : prefix_of<false>(count, lead.maximum, above, target, 0.0f, 0, shared);
#pragma unroll 1
  for (int i = threadIdx.x; i < kept; i += kThreads) {
    u64 entry = shared.entries[i];
    if (key_of_entry(entry) < lead.least_after) continue;
    atomicAdd(&slices[token_of(entry) / kSlice].drawn, weight_of(lead.last(value_of(key_of_entry(entry))), lead.drawn_maximum));
  }
  Cut cut = {lead.least_after, state.bin, shared.entries[kept - 1]};
  __threadfence();
  __syncthreads();
  return draw_wide(place.scores(batch, row), batch.vocab, slices, lead, cut, draw_of(row), shared);
}
