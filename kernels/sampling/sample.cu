// sample.cu - the standard sampler chain over rows of logits: logit bias, repetition, frequency and presence penalties, then temperature,
// top-k, top-p and min-p in any order, then a draw or the largest. The same tokens as Winnow.Kernels.Sampling.CpuSampling.
//
//   tokens            [rows] i32: the chosen token; 0 where the status is not 0
//   log_probabilities [rows] f32: of that token under the softmax of the unmodified row; NaN where the status is not 0
//   statuses          [rows] i32: SamplingStatus
//   top_tokens, top_log_probabilities [rows, top] i32, f32: the best of the unmodified row, best first; null for none
//   parameters        [rows] SamplingRow, 80 bytes, 16-byte aligned; with `advance` position and history move on
//   logits            [rows, vocab] f32, plain alignment; not written
//   work              [rows, vocab] f32: scratch
//   history           [slots, history_capacity] i32: token j of a sequence at j % history_capacity; null for none
//   biases            [biases] TokenBias; a row's lie together and name a token once; null for none
//   scratch           [rows] RowScratch, 16-byte aligned
//   slices            [rows, slices] SliceState
//   chunk_keys        [rows, chunks] u32; logit_keys the same for lists of the best, null for none
//   tickets           [rows] u32, 0 between launches
// A row that is not active is left alone: parameters, outputs and all.
//
// Three launches, grid (rows * parts) each, parts at most the slices of a row, block (1024), at most 4096 history entries; a row that is done costs the later ones nothing
// but the launch. Bound by bytes, each phase reads the row once:
//   scan:   biases and penalties, the best entry of each chunk and slice. Its last block then knows the maximum. Greedy rows are done, and so
//           are those that a top-k or a min-p leaves few entries of: all of those lie in chunks whose best entry is one of them.
//   weigh:  the weights of all that may be drawn, or a histogram of weights (top-p) or counts (a long top-k) by distance from the
//           maximum. Its last block draws, or finds the bin at which the cut lies and goes on as above if few entries lie before it.
//   finish: the entries of that bin, and the weights of all before it. Its last block cuts and draws. What has no such way (two cuts that
//           both leave thousands, say) one block does here by itself.
// The window of the penalties is searched for equal tokens by those of its tokens that lie in a slice. Random numbers: Philox keyed by
// (seed, sequence, position), inverse distribution function by ascending token.
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/alone.cuh"
#include "sampling/batch.cuh"
#include "sampling/candidates.cuh"
#include "sampling/lists.cuh"
#include "sampling/phases.cuh"
#include "sampling/row.cuh"
#include "sampling/scan.cuh"
#include "sampling/weigh.cuh"

struct Shared {
  union {
    RowShared row;
    ListShared list;
    HistogramShared histogram;
  };
  Lead lead;
  ChunkStates chunks[2];
};

__device__ void take_lead(Shared& shared, const RowState& state) {
  if (threadIdx.x == 0) shared.lead = state.lead;
  __syncthreads();
}

__device__ void write_lists(const SamplingBatch& batch, const RowPlace& place, Shared& shared) {
  const RowState& state = batch.scratch[place.r].state;
  if (!state.has_softmax) return;
  BestLists lists = {batch.top_tokens + (place.r * batch.top), batch.top_log_probabilities + (place.r * batch.top), batch.top};
  write_best(place.logits(batch), place.logit_keys(batch), batch.vocab, state.maximum, state.log_sum, lists, shared.row, shared.list);
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_sample_scan(const SamplingBatch batch) {
  __shared__ Shared shared;
  RowPlace place(batch.vocab, batch.parts);
  const SamplingRow& row = batch.parameters[place.r];
  if (!(row.plan & kActive)) return;
  scan_slices(batch, place, row, shared.chunks, shared.row);
  if (!is_last_block(batch.tickets + place.r, place.parts, shared.row.token)) return;

  u32 own = best_chunk(place.chunk_keys(batch), chunks_of(batch.vocab));
  u64 best;
  if (!read_slices(batch, place, row, best)) return;
  // No truncation takes the best entry away.
  if ((row.plan & kGreedy) && !has_temperature(row.plan >> kFirstStageBit)) {
    __syncthreads();
    finish(batch, place.r, token_of(best));
    return;
  }
  u32 key = static_cast<u32>(best >> 32);
  if (threadIdx.x == 0) shared.lead = lead_of(row, value_of(key), batch.vocab);
  __syncthreads();
  const Lead& lead = shared.lead;
  u32 least = lead.least;
  if (lead.counted == kTopK) {
    u32 bound = bound_of(own, chunks_of(batch.vocab), row.top_k, key, shared.list.sums);
    if (bound > kLeastPossible) least = max(least, key_of(lead.first(value_of(bound))));
  }
  int found = -1;
  if (lead.counted == kTopK || (lead.counted == 0 && least > kLeastPossible)) {
    found = gather(place.scores(batch, row), place.chunk_keys(batch), batch.vocab, lead, least, kBins, shared.list);
  }
  if (found >= 0) {
    finish(batch, place.r, choose_from(found, lead.stages, lead.maximum, 0, row, draw_of(row), shared.list));
    return;
  }
  if (threadIdx.x == 0) {
    batch.scratch[place.r].state.lead = lead;
    batch.scratch[place.r].state.phase = next_phase(lead, row);
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_sample_weigh(const SamplingBatch batch) {
  __shared__ Shared shared;
  RowPlace place(batch.vocab, batch.parts);
  const SamplingRow& row = batch.parameters[place.r];
  if (!(row.plan & kActive)) return;
  RowState& state = batch.scratch[place.r].state;
  i32 phase = state.phase;
  if (phase != kWeigh && phase != kCount) return;
  take_lead(shared, state);
  const Lead& lead = shared.lead;
#pragma unroll 1
  for (RowPlace at = place; at.has_slice(); at = at.next()) {
    if (phase == kWeigh) {
      weigh_slice(batch, at, row, lead, shared.list.sums);
    } else {
      count_slice(batch, at, row, lead, shared.histogram);
    }
  }
  if (!is_last_block(batch.tickets + place.r, place.parts, shared.row.token)) return;

  const float* scores = place.scores(batch, row);
  if (phase == kWeigh) {
    Cut cut = {lead.least_after, kBins, 0ull};
    finish(batch, place.r, draw_wide(scores, batch.vocab, place.slice_states(batch), lead, cut, draw_of(row), shared.list));
    if (threadIdx.x == 0) state.phase = kDone;
    return;
  }
  int bin = find_bin(batch, place, row, lead.counted, shared.list);
  int found = gather(scores, place.chunk_keys(batch), batch.vocab, lead, lead.least, bin, shared.list);
  u64 known = lead.counted == kTopP ? state.total : 0ull;
  if (found >= 0) finish(batch, place.r, choose_from(found, lead.stages, lead.maximum, known, row, draw_of(row), shared.list));
  if (threadIdx.x == 0) state.phase = found >= 0 ? kDone : lead.wide ? kCut : kAlone;
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_sample_finish(const SamplingBatch batch) {
  __shared__ Shared shared;
  RowPlace place(batch.vocab, batch.parts);
  const SamplingRow& row = batch.parameters[place.r];
  if (!(row.plan & kActive)) return;
  if (batch.top > 0 && place.part == place.parts - 1) write_lists(batch, place, shared);
  const RowState& state = batch.scratch[place.r].state;
  i32 phase = state.phase;
  if (phase != kCut && !(phase == kAlone && place.part == 0)) return;
  if (phase == kCut) {
    take_lead(shared, state);
#pragma unroll 1
    for (RowPlace at = place; at.has_slice(); at = at.next()) cut_slice(batch, at, row, shared.lead, state.bin, shared.list.sums);
    if (!is_last_block(batch.tickets + place.r, place.parts, shared.row.token)) return;
    int count = static_cast<int>(__ldcg(&state.found));
    if (count <= kListCapacity) {
      finish(batch, place.r, cut_and_draw(batch, place, row, shared.lead, count, shared.list));
      return;
    }
  }
  float* scores = place.scores(batch, row);
  finish(batch, place.r, choose_alone(scores, place.work(batch), batch.vocab, state.best, row, draw_of(row), shared.row));
}
