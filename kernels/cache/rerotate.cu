// rerotate.cu - gives the slots of heads consecutive positions, and turns the keys of those whose position changes by the difference.
//
//   slot j of head i gets position p = lengths[i] - count + j; where it had another one, each pair (x, y) of its key becomes
//   (x cos - y sin, y cos + x sin) of (p - the other) * inverse_frequencies[pair];  slots that keep theirs stay bit for bit
//   INTERLEAVED = 0: pairs (i, i + pairs);  1: pairs (2i, 2i + 1);  elements from 2 pairs on stay
//
//   heads    I32 [heads, 3]: row, layer, KV head, ascending;  lengths  I32 [heads];  inverse_frequencies  F32 [pairs]
//   keys in TYPE: 0 F32, 1 F16, 2 BF16;  VECTOR = 2: 16-bit, pairs and head_dim even, keys aligned to two values;  1: plain alignment
//
// Grid [heads, blocks], block [256]: a warp looks at the positions of eight slots and turns the keys of those that move, VECTOR pairs a lane, all of them
// asked for before one is turned. Heads or pages that do not exist and lengths below the count end the kernel with a trap.
// Xiao et al. 2023, arXiv:2309.17453. Bound by memory, 4 bytes a slot where few move and twice the key where it does; by arithmetic in double where
// neighbours move by different distances, about 30 operations a pair: those that move alike share the angles.
#include "cache/slots.cuh"
#include "common/vec.cuh"
#include "norm/groups.cuh"
#include "norm/turn.cuh"

#ifndef TYPE
#define TYPE 2
#define INTERLEAVED 0
#define VECTOR 2
#endif

constexpr int kThreads = 256;
constexpr int kSlots = 8;  // of a warp
using Stored = Storage<TYPE>::T;

// What a lane has of a key, as two runs: the first and the second elements of its pairs, or its pairs.
struct Pairs {
  Vec<Stored, VECTOR> runs[2];
};

__device__ __forceinline__ Stored* run_of(Stored* key, int first, int pairs, int run) {
  return key + (INTERLEAVED ? 2 * first + run * VECTOR : first + run * pairs);
}

struct Angles {
  float cosine[VECTOR], sine[VECTOR];
};

__device__ __forceinline__ Angles angles_of(int difference, const float (&frequencies)[VECTOR]) {
  Angles angles;
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) {
    Turn turn = sin_cos(__fmul_rn(static_cast<float>(difference), frequencies[i]));
    angles.cosine[i] = static_cast<float>(turn.cos);
    angles.sine[i] = static_cast<float>(turn.sin);
  }
  return angles;
}

__device__ __forceinline__ void turn_pairs(Pairs& own, const Angles& angles) {
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) {
    Stored& first = INTERLEAVED ? own.runs[2 * i / VECTOR].v[2 * i % VECTOR] : own.runs[0].v[i];
    Stored& second = INTERLEAVED ? own.runs[(2 * i + 1) / VECTOR].v[(2 * i + 1) % VECTOR] : own.runs[1].v[i];
    float x = to_float(first), y = to_float(second);
    first = round_to<Stored>(__fmaf_rn(x, angles.cosine[i], -__fmul_rn(y, angles.sine[i])));
    second = round_to<Stored>(__fmaf_rn(y, angles.cosine[i], __fmul_rn(x, angles.sine[i])));
  }
}

// Lane n of the first kSlots has the place of slot n and by how much it moves. Pairs `first` to first + VECTOR of those that do; all lanes take part.
__device__ __forceinline__ void turn_slots(Stored* keys, i64 place, int difference, const float* inverse_frequencies, int head_dim, int first, int pairs) {
  u32 left = __ballot_sync(kFullWarp, difference != 0);
  bool exists = first < pairs;
  Pairs own[kSlots];
  float frequencies[VECTOR];
#pragma unroll
  for (int n = 0; n < kSlots; ++n) {
    Stored* key = keys + __shfl_sync(kFullWarp, place, n) * head_dim;
#pragma unroll
    for (int run = 0; run < 2; ++run) {
      if (exists && (left >> n & 1) != 0) own[n].runs[run] = load_vec<Stored, VECTOR>(run_of(key, first, pairs, run));
    }
  }
#pragma unroll
  for (int i = 0; i < VECTOR; ++i) frequencies[i] = exists ? inverse_frequencies[first + i] : 0.0f;
  while (left != 0) {
    int moves = __shfl_sync(kFullWarp, difference, __ffs(left) - 1);
    u32 alike = __ballot_sync(kFullWarp, difference == moves);
    Angles angles = angles_of(moves, frequencies);
#pragma unroll
    for (int n = 0; n < kSlots; ++n) {
      if ((alike >> n & 1) == 0) continue;
      Stored* key = keys + __shfl_sync(kFullWarp, place, n) * head_dim;
      turn_pairs(own[n], angles);
#pragma unroll
      for (int run = 0; run < 2; ++run) {
        if (exists) store_vec(run_of(key, first, pairs, run), own[n].runs[run]);
      }
    }
    left &= ~alike;
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 3)
winnow_cache_rerotate(const PagedKv cache, const int* heads, const int* lengths, const float* inverse_frequencies, int head_dim, int pairs) {
  int length = lengths[blockIdx.x];
  i64 head = ascending_head(cache, heads, blockIdx.x);
  int slots = cache.counts[head];
  int first = length - slots;
  require(slots >= 0 && first >= 0);
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x / kWarpSize;
  constexpr int kPerBlock = kThreads / kWarpSize * kSlots;
  for (int base = blockIdx.y * kPerBlock + warp * kSlots; base < slots; base += gridDim.y * kPerBlock) {
    int slot = base + lane;
    bool exists = lane < kSlots && slot < slots;
    i64 place = exists ? slot_place(cache, head, slot) : 0;
    int difference = exists ? first + slot - cache.positions[place] : 0;
    if (__ballot_sync(kFullWarp, difference != 0) == 0) continue;
    for (int pair = 0; pair < pairs; pair += kWarpSize * VECTOR) {
      turn_slots(reinterpret_cast<Stored*>(cache.keys), place, difference, inverse_frequencies, head_dim, pair + lane * VECTOR, pairs);
    }
    if (difference != 0) cache.positions[place] = first + slot;
  }
}
