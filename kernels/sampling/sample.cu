// sample.cu - the standard sampler chain over rows of logits: logit bias, repetition, frequency and presence penalties, then temperature,
// top-k, top-p and min-p in any order, then a draw or the largest. The same tokens as Winnow.Kernels.Sampling.CpuSampling.
//
//   tokens            [rows] i32: the chosen token; 0 where the status is not 0
//   log_probabilities [rows] f32: of that token under the softmax of the unmodified row; NaN where the status is not 0
//   statuses          [rows] i32: SamplingStatus
//   top_tokens, top_log_probabilities [rows, top] i32, f32: the best of the unmodified row, best first; null for none
//   parameters        [rows] SamplingRow, 80 bytes, 16-byte aligned; with `advance` position and history move on
//   logits            [rows, vocab] f32, plain alignment; not written
//   work              [rows, vocab] f32: scratch, 16-byte aligned
//   history           [slots, history_capacity] i32: token j of a sequence at j % history_capacity; null for none
//   biases            [biases] TokenBias; a row's lie together and name a token once; null for none
//   scratch           [rows] RowScratch, 16-byte aligned
//   slices            [rows, slices] SliceState
//   chunk_keys        [rows, chunks] u32; logit_keys the same for lists of the best, null for none
//   tickets           [rows] u32, 0 between launches
// A row that is not active is left alone: parameters, outputs and all.
//
// Up to three launches (`passes`), grid (rows * parts) each, parts at most the slices of a row, block (1024), at most 4096 history entries. How many there
// must be follows from the chains (SamplingRow.Passes); a row that needs more than there are gets a status of its own, one that is done before costs the
// later ones nothing but the launch. Bound by bytes, each phase reads the row once:
//   scan:   biases and penalties, the best entry of each chunk and slice. Its last block then knows the maximum. Greedy rows are done, and so
//           are those that a top-k or a min-p leaves few entries of: all of those lie in chunks whose best entry is one of them.
//   weigh:  the weights of all that may be drawn, or a histogram of weights (top-p) or counts (a long top-k) by distance from the
//           maximum. Its last block draws, or finds the bin at which the cut lies and goes on as above if few entries lie before it.
//   finish: the entries of that bin, and the weights of all before it. Its last block cuts and draws. What has no such way (two cuts that
//           both leave thousands, say) one block does here by itself.
// The last launch writes the lists of the best, too.
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
  ChunkStates chunks[2][kGroup];
  SamplingRow parameters;
  RowState state;
  Lead unscaled;
  i32 last;
};

// What a later pass goes by: parameters and state of its row, in one wait. False where the row is to be left alone.
__device__ __forceinline__ bool take_state(const SamplingBatch& batch, const RowPlace& place, Shared& shared) {
  Words<SamplingRow> parameters(batch.parameters[place.r], 0);
  Words<RowState> state(batch.scratch[place.r].state, kWarpSize);
  parameters.put(shared.parameters);
  state.put(shared.state);
  __syncthreads();
  return (shared.parameters.plan & kActive) != 0;
}

// What take_state() reads, all of it.
__device__ __forceinline__ void leave_state(const SamplingBatch& batch, const RowPlace& place, const Shared& shared) {
  __syncthreads();
  Words<RowState>(shared.state, 0).put(batch.scratch[place.r].state);
}

__device__ __forceinline__ void write_lists(const SamplingBatch& batch, const RowPlace& place, const Softmax& softmax, Shared& shared) {
  if (batch.top == 0 || !softmax.exists) return;
  __syncthreads();
  BestLists lists = {batch.top_tokens + (place.r * batch.top), batch.top_log_probabilities + (place.r * batch.top), batch.top};
  u32 key = first_chunk(place.logit_keys(batch), chunks_of(batch.vocab));
  write_best(place.logits(batch), key, place.logit_keys(batch), batch.vocab, softmax.maximum, softmax.log_sum, lists, shared.unscaled, shared.list);
}

// The token of a row that its greatest entries are enough for; -1 where the row is left to a later pass. By the block that comes last, whose threads know
// the best of their `first` chunk and of all of their `own`.
__device__ __forceinline__ int choose_at_once(const SamplingBatch& batch, const RowPlace& place, const SamplingRow& row, u32 first, u32 own,
                                              u64 best, Shared& shared) {
  // No truncation takes the best entry away.
  if ((row.plan & kGreedy) && !has_temperature(row.plan >> kFirstStageBit)) return token_of(best);
  u32 key = static_cast<u32>(best >> 32);
  if (threadIdx.x == 0) find_lead(shared.state.lead, row, value_of(key), batch.vocab, batch.passes > 1);
  __syncthreads();
  const Lead& lead = shared.state.lead;
  u32 least = lead.least;
  if (lead.counted == kTopK) {
    u32 bound = bound_of(own, chunks_of(batch.vocab), row.top_k, key, shared.list.sums);
    if (bound > kLeastPossible) least = max(least, key_of(lead.first(value_of(bound))));
  }
  int found = -1;
  const float* scores = place.scores(batch, row);
  if (lead.counted == kTopK || (lead.counted == 0 && least > kLeastPossible)) {
    found = gather<false>(scores, first, place.chunk_keys(batch), batch.vocab, lead, least, 0, shared.list);
  }
  if (found < 0 && batch.passes == 1 && lead.counted == kTopK && row.top_k <= kShortList) {
    found = take_best(scores, batch.vocab, lead, lead.least, row.top_k, shared.list);
  }
  return found < 0 ? -1 : choose_from(found, lead.stages, lead.maximum, 0, row, draw_of(row), shared.list);
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_sample_scan(const SamplingBatch batch) {
  __shared__ Shared shared;
  RowPlace place(batch.vocab, batch.parts, in_vectors(batch.vocab, batch.logits));
  Words<SamplingRow> parameters(batch.parameters[place.r], 0);
  float values[kGroup][kPerThread];
  load_group(place.logits(batch), place, batch.vocab, values);
  parameters.put(shared.parameters);
  Words<RowState>().put(shared.state);
  __syncthreads();
  const SamplingRow& row = shared.parameters;
  if (!(row.plan & kActive)) {
    if (batch.passes > 1 && place.part == 0) leave_state(batch, place, shared);
    return;
  }
  ScanResults results = {place.slice_states(batch), place.chunk_keys(batch), batch.top > 0 ? place.logit_keys(batch) : nullptr};
  if (place.step == 1 && !row.modifies()) {
    scan_vectors(place.logits(batch), place, batch.vocab, true, values, shared.chunks, results);
  } else {
    scan_slices(place.logits(batch), place, batch.vocab, true, values[0], shared.chunks, results, [&](const RowPlace& at, float (&own)[kPerThread]) {
      if (row.modifies()) modify(batch, at, row, own, shared.row);
      return row.modifies();
    });
  }
  if (batch.passes > 2) clear_bins(batch, place);
  if (!is_last_block(batch.tickets + place.r, place.parts, shared.last)) return;

  int chunks = chunks_of(batch.vocab);
  u32 first = first_chunk(place.chunk_keys(batch), chunks);
  u64 best;
  Softmax& softmax = shared.state.softmax;
  i32 status = read_slices(batch, place, row, best, softmax);
  u32 own = best_chunk(first, place.chunk_keys(batch), chunks);
  int token = status == kChosen ? choose_at_once(batch, place, row, first, own, best, shared) : 0;
  __syncthreads();
  i32 phase = token < 0 ? next_phase(shared.state.lead, row) : kDone;
  if (phase != kDone && batch.passes < (phase == kWeigh ? 2 : 3)) {
    phase = kDone;
    status = kTooFewPasses;
  }
  if (status != kChosen) {
    if (threadIdx.x == 0) write_result(batch, place.r, row, status, 0, __int_as_float(0x7fc00000));
  } else if (phase == kDone) {
    finish(batch, place.r, row, softmax, token);
  }
  if (batch.passes == 1) {
    write_lists(batch, place, softmax, shared);
  } else {
    if (threadIdx.x == 0) {
      shared.state.best = value_of(static_cast<u32>(best >> 32));
      shared.state.phase = phase;
    }
    leave_state(batch, place, shared);
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_sample_weigh(const SamplingBatch batch) {
  __shared__ Shared shared;
  RowPlace place(batch.vocab, batch.parts, in_vectors(batch.vocab, batch.logits));
  if (!take_state(batch, place, shared)) return;
  const SamplingRow& row = shared.parameters;
  RowState& state = shared.state;
  bool counts = state.phase == kCount, waits = counts || state.phase == kWeigh, last = false;
  if (waits) {
#pragma unroll 1
    for (RowPlace at = place; at.has_slice(); at = at.next()) {
      if (counts) {
        count_slice(batch, at, row, state.lead, shared.histogram);
      } else {
        weigh_slice(batch, at, row, state.lead, shared.list.sums);
      }
    }
    last = is_last_block(batch.tickets + place.r, place.parts, shared.last);
  }
  if (batch.passes == 2 && place.part == place.parts - 1) write_lists(batch, place, state.softmax, shared);
  if (!last) return;

  const float* scores = place.scores(batch, row);
  const Lead& lead = state.lead;
  RowState& later = batch.scratch[place.r].state;
  if (!counts) {
    Cut cut = {lead.least_after, kBins, 0ull};
    int token = draw_wide(scores, batch.vocab, place.slice_states(batch), lead, cut, draw_of(row), shared.list);
    finish(batch, place.r, row, state.softmax, token);
    if (threadIdx.x == 0) later.phase = kDone;
    return;
  }
  u32 first = first_chunk(place.chunk_keys(batch), chunks_of(batch.vocab));
  find_bin(batch.scratch[place.r].bins, row, state, shared.list);
  int found = gather<true>(scores, first, place.chunk_keys(batch), batch.vocab, lead, lead.least, state.bin, shared.list);
  u64 known = lead.counted == kTopP ? state.total : 0ull;
  if (found >= 0) {
    int token = choose_from(found, lead.stages, lead.maximum, known, row, draw_of(row), shared.list);
    finish(batch, place.r, row, state.softmax, token);
  }
  if (threadIdx.x == 0) {
    later.phase = found >= 0 ? kDone : lead.wide ? kCut : kAlone;
    later.bin = state.bin;
    later.above = state.above;
    later.target = state.target;
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_sample_finish(const SamplingBatch batch) {
  __shared__ Shared shared;
  RowPlace place(batch.vocab, batch.parts, in_vectors(batch.vocab, batch.logits));
  if (!take_state(batch, place, shared)) return;
  const SamplingRow& row = shared.parameters;
  const RowState& state = shared.state;
  if (place.part == place.parts - 1) write_lists(batch, place, state.softmax, shared);
  i32 phase = state.phase;
  if (phase != kCut && phase != kAlone) return;
  __syncthreads();
  if (phase == kCut) {
#pragma unroll 1
    for (RowPlace at = place; at.has_slice(); at = at.next()) cut_slice(batch, at, row, state.lead, state.bin, shared.list.sums);
  }
  // Parameters, which all blocks read, move on in the last one.
  if (!is_last_block(batch.tickets + place.r, place.parts, shared.last)) return;
  if (phase == kCut) {
    int count = static_cast<int>(__ldcg(&batch.scratch[place.r].state.found));
    if (count <= kListCapacity) {
      finish(batch, place.r, row, state.softmax, cut_and_draw(batch, place, row, state, count, shared.list));
      return;
    }
  }
  float* scores = place.scores(batch, row);
  int token = choose_alone(scores, place.work(batch), batch.vocab, state.best, row, draw_of(row), shared.row);
  finish(batch, place.r, row, state.softmax, token);
}
