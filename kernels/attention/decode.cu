// decode.cu - out[t, h] = sum over visible slots j of softmax_j(score(q[t, h], k[j, g])) v[j, g], g = h / group, for sequences of few rows
//
// Pointers, shapes and types: AttentionParameters in arguments.cuh. A query that sees nothing gives zeros and a log-sum-exp of minus infinity.
// Grid (splits, kvHeads, sequences * tiles), 2 * ROUND_SLOTS threads. A block takes one split of 256 slots of one tile of 16 rows; where a sequence has
// several splits, each block leaves its sums in `partial`, and the last one of a tile to arrive merges them in ascending order, so the order of
// arrival does not matter. It sets the ticket back to zero for the next launch. Blocks past the counts end at once: the grid may come from
// capacities, and a captured launch serves all lengths. One read of keys and values serves the whole query group.
// ROUND_SLOTS (64, 128, 256) says how many slots of a 16-bit cache lie in shared memory at a time: all of a split where each block has a multiprocessor of
// its own, so that one wait brings them, fewer where several blocks share one. Over F32 caches it is 64, and says no more than the threads.
// DECODE_ROWS (8, 16) says how many of a tile's rows there may be.
// With CLUSTER (Hopper, 16-bit caches) the blocks of a tile are one cluster: splits are a power of two up to 16, none of which goes through `partial`. The
// result has the same bits.
// The bits of a row depend on its query and the slots it sees alone: see tensor_core.cuh. Prefill gives the same ones.
// Source: Dao et al. 2023, "Flash-Decoding for long-context inference". Bound by memory: 2 * slots * headDim * sizeof(T) bytes a KV head.
#include "attention/decode_split.cuh"

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kRoundThreads, kDecodeBlocks) winnow_attention_decode(const AttentionParameters p) {
  decode<KV_TYPE>(p, NoSignals());
}
