// decode_signals.cu - decode.cu and signals.cu in one pass over keys, for sequences of at most 16 rows over 16-bit caches
//
// Output, log-sum-exps and signals have the bits that decode.cu and signals.cu give them. Pointers, shapes and types: AttentionParameters in arguments.cuh,
// SignalParameters in slot_signals.cuh; log_sum_exp is not null.
//   lines F32 [sequences, kvHeads, splits, line_count, 256], for this launch alone: of each split the scores of partial_rows rows, then the places of its
//   slots in the planes (I32), then what the planes that are added to held.
// Grid (splits, kvHeads, sequences), 2 * ROUND_SLOTS threads, as decode.cu. Each block leaves the scores of its split; the last one of a tile, which knows the
// log-sum-exps, makes probabilities of them all and sums those. Where one block would have too much to do, that is a launch of its own: the same grid, 256
// threads, an entry each. With CLUSTER (decode.cu) the blocks of a tile all know the log-sum-exps, and each makes the signals of its own split, whose scores it
// keeps; `lines` is not used. No atomics in sums, the same bits every time.
// Bound by memory: decode.cu's bytes, and 8 * (rows + 2) bytes a slot and KV head that stay in the second-level cache.
#include "attention/cluster_signals.cuh"
#include "attention/decode_signals.cuh"
#include "attention/decode_split.cuh"

// Signals take registers.
constexpr int kDecodeSignalBlocks = kRoundSlots == 64 ? kDecodeBlocks : 1;

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kRoundThreads, kDecodeSignalBlocks) winnow_attention_decode_signals(const DecodeSignalParameters p) {
  if constexpr (CLUSTER != 0) {
    decode<KV_TYPE>(p.signals.call, ClusterSignals<KV_TYPE>(p.signals));
  } else {
    decode<KV_TYPE>(p.signals.call, DecodeSignals<KV_TYPE>(p));
  }
}

extern "C" __global__ void __launch_bounds__(kSplitSlots) winnow_attention_decode_signals_apart(const DecodeSignalParameters p) {
  __shared__ float shifts[kTileRows];
  const AttentionParameters& call = p.signals.call;
  HeadView view(call, blockIdx.z, blockIdx.y, gridDim.y);
  int first = blockIdx.x * kSplitSlots;
  if (first >= view.count) return;
  if (static_cast<int>(threadIdx.x) < view.rows) shifts[threadIdx.x] = call.log_sum_exp[query_of(call, view, threadIdx.x)] * ScoreUnits<KV_TYPE>::per_natural();
  __syncthreads();
  DecodeSignals<KV_TYPE>(p).template finish<kSplitSlots, 1>(view, shifts, first, min(first + kSplitSlots, view.count));
}
