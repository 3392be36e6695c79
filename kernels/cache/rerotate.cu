// rerotate.cu - gives the slots of heads consecutive positions, and turns the keys of those whose position changes by the difference.
//
//   slot j of head i gets position p = lengths[i] - count + j; where it had another one, each pair (x, y) of its key becomes
//   (x cos - y sin, y cos + x sin) of (p - the other) * inverse_frequencies[pair];  slots that keep theirs stay bit for bit
//   INTERLEAVED = 0: pairs (i, i + pairs);  1: pairs (2i, 2i + 1);  elements from 2 pairs on stay
//
//   heads    I32 [heads, 3]: row, layer, KV head, ascending;  lengths  I32 [heads];  inverse_frequencies  F32 [pairs]
//   keys in TYPE: 0 F32, 1 F16, 2 BF16
//
// Grid [heads, blocks], block [256]: a warp looks at the positions of 32 slots and turns one key after the other, a pair a lane. Heads or pages that
// do not exist and lengths below the count end the kernel with a trap.
// Xiao et al. 2023, arXiv:2309.17453. Bound by memory where few slots move: 4 bytes a slot; by arithmetic in double elsewhere, about 30 operations a pair.
#include "cache/slots.cuh"
#include "norm/groups.cuh"
#include "norm/turn.cuh"

#ifndef TYPE
#define TYPE 2
#define INTERLEAVED 0
#endif

constexpr int kThreads = 256;
using Stored = Storage<TYPE>::T;

// One key, by a whole warp.
__device__ __forceinline__ void turn_key(Stored* key, const float* inverse_frequencies, int pairs, int difference, int lane) {
  for (int pair = lane; pair < pairs; pair += kWarpSize) {
    Stored* first = key + (INTERLEAVED ? 2 * pair : pair);
    Stored* second = first + (INTERLEAVED ? 1 : pairs);
    Turn turn = sin_cos(__fmul_rn(static_cast<float>(difference), inverse_frequencies[pair]));
    float cosine = static_cast<float>(turn.cos), sine = static_cast<float>(turn.sin);
    float x = to_float(*first), y = to_float(*second);
    *first = round_to<Stored>(__fmaf_rn(x, cosine, -__fmul_rn(y, sine)));
    *second = round_to<Stored>(__fmaf_rn(y, cosine, __fmul_rn(x, sine)));
  }
}

extern "C" __global__ void __launch_bounds__(kThreads)
winnow_cache_rerotate(const PagedKv cache, const int* heads, const int* lengths, const float* inverse_frequencies, int head_dim, int pairs) {
  i64 head = ascending_head(cache, heads, blockIdx.x);
  int slots = cache.counts[head];
  int first = lengths[blockIdx.x] - slots;
  require(slots >= 0 && first >= 0);
  Stored* keys = reinterpret_cast<Stored*>(cache.keys);
  int lane = threadIdx.x % kWarpSize;
  for (int base = blockIdx.y * kThreads + threadIdx.x - lane; base < slots; base += gridDim.y * kThreads) {
    int slot = base + lane;
    i64 place = slot < slots ? slot_place(cache, head, slot) : 0;
    int difference = slot < slots ? first + slot - cache.positions[place] : 0;
    for (u32 moved = __ballot_sync(kFullWarp, difference != 0); moved != 0; moved &= moved - 1) {
      int source = __ffs(moved) - 1;
      i64 at = __shfl_sync(kFullWarp, place, source);
      turn_key(keys + at * head_dim, inverse_frequencies, pairs, __shfl_sync(kFullWarp, difference, source), lane);
    }
    if (difference != 0) cache.positions[place] = first + slot;
  }
}
