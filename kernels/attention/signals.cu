// signals.cu - what attention says about each slot, without an attention map: sums, maxima and counts over the rows that see it
//
// p[t, h, j] = exp(score(q[t, h], k[j, g]) - log_sum_exp[t, h]) where token t sees slot j and 0 elsewhere; over the step's tokens t of the
// sequence and the heads h of the group, for each slot j in use:
//   column_mass[j] += sum p;  window_mass[j] = sum over the last window_tokens tokens;  last_row[j] = sum over the last token;
//   column_maximum[j] = max(column_maximum[j], p);  hits[j] += number of p > hit_threshold.
// Planes, the definitions that want them, and the order of sums: slot_signals.cuh; the call's log_sum_exp is an input, its tickets hold a zero for each block of slots
// between launches. Other pointers, shapes and types: AttentionParameters in arguments.cuh, SignalWalkParameters in signal_rows.cuh.
// Grid (blocks of slots * shares, kvHeads, sequences), 32 * SIGNAL_WARPS threads: over 16-bit caches a warp has 32 slots, 16 of heads above 128; over F32 ones a block
// of 4 warps has 32. A share takes every so many-th of the sections that some wanted signal takes in; where there are several, the block that comes last adds up what
// they left. Of a section only rows that may see some slot are walked. No atomics in sums, the same bits every time.
// Bound by tensor cores: 2 * rows * slots * headDim flops; reads the queries once a block of slots.
#include "attention/arguments.cuh"
#include "attention/last_block.cuh"
#include "attention/signal_float.cuh"
#include "attention/signal_rows.cuh"
#include "attention/signal_tensor.cuh"

template <typename T>
struct SignalsOf {
  using Type = TensorSignals<T>;
};

template <>
struct SignalsOf<float> {
  using Type = FloatSignals<float>;
};

// The sections that some wanted signal takes in.
struct Sections {
  int rows;  // of each
  int first;
  int count;

  __device__ __forceinline__ Sections(const SignalParameters& p, const HeadView& view) {
    rows = rows_of_section(view.rows);
    first = first_wanted_token(p, view.tokens) * view.group / rows;
    count = (view.rows + rows - 1) / rows - first;
  }

  // The wanted rows of one of them, counted from the first wanted one on.
  __device__ __forceinline__ RowRange range(const SignalParameters& p, const HeadView& view, int section) const {
    int wanted = first_wanted_token(p, view.tokens) * view.group / kTileRows * kTileRows, begin = (first + section) * rows;
    return RowRange{max(begin, wanted), min(begin + rows, view.rows)};
  }
};

// What all shares left of a slot, added up in the order of sections.
template <int kApart>
__device__ __forceinline__ SlotSignals left_by_all(const float* lines, int sections) {
  constexpr int kAtOnce = 4;
  SlotSignals total;
#pragma unroll 1
  for (int section = 0; section < sections; section += kAtOnce) {
    SlotSignals others[kAtOnce];
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) {
      if (section + i < sections) others[i] = SlotSignals::left(lines + (section + i) * (SlotSignals::kCount * kApart), kApart);
    }
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i) total.add(others[i]);
  }
  return total;
}

template <typename Signals>
__device__ __forceinline__ void signals(const SignalWalkParameters& p) {
  extern __shared__ __align__(128) u8 memory[];
  static_assert(sizeof(typename Signals::Shared) == SHARED_BYTES, "CudaAttentionShapes counts shared memory too");
  auto& shared = *reinterpret_cast<typename Signals::Shared*>(memory);
  int slot_block = blockIdx.x / p.shares, share = blockIdx.x - slot_block * p.shares, first_slot = slot_block * Signals::kSlots;
  HeadView view;
  view.read(p.signals.call, blockIdx.z, blockIdx.y, gridDim.y);
  Sections sections(p.signals, view);
  Signals block(shared, p.signals.call, view, first_slot, sections.range(p.signals, view, share).first);
  view.check(p.signals.call);
  if (first_slot >= view.count || share >= sections.count) return;
  if (p.shares > 1 && sections.count > p.section_room) __trap();

  block.begin(shared, p.signals.call, view, first_slot);
  constexpr int kSectionLines = SlotSignals::kCount * Signals::kSlots;
  int sharing = min(p.shares, sections.count), own = Signals::own_slot();
  u32 index = (blockIdx.z * gridDim.y + blockIdx.y) * (gridDim.x / p.shares) + slot_block;
  float* lines = p.sections + static_cast<i64>(index) * p.section_room * kSectionLines + own;
  SlotSignals total;
  for (int section = share; section < sections.count; section += p.shares) {
    SlotSignals sum = block.add_rows(shared, p.signals, view, sections.range(p.signals, view, section), first_slot);
    if (sharing == 1) {
      total.add(sum);
    } else if (own < Signals::kSlots) {
      sum.leave(lines + section * kSectionLines, Signals::kSlots);
    }
  }
  if (sharing > 1 && !comes_last(shared.last, p.signals.call.tickets + index, sharing)) return;
  if (own >= Signals::kSlots || first_slot + own >= view.count) return;
  if (sharing > 1) total = left_by_all<Signals::kSlots>(lines, sections.count);
  total.write(p.signals, pool_slot(view, view.pages, p.signals.call.pages, first_slot + own));
}

// Blocks that a multiprocessor should have registers for.
constexpr int kSignalBlocks = sizeof(KV_TYPE) == 4 || kHeadDim > 128 || TREE != 0 || LISTS != 0 ? 1
                              : kSignalWarps <= 4                                          ? 3
                              : SlotSignals::kCount == 1                                   ? 2
                                                                                           : 1;

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kSignalThreads, kSignalBlocks) winnow_attention_signals(const SignalWalkParameters p) {
  signals<typename SignalsOf<KV_TYPE>::Type>(p);
}
