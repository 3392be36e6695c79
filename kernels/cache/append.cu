// append.cu - keys and values of a step go into the pages, and on the way the RMS norm of heads and RoPE on queries and keys.
//
//   token i of sequence s, KV head g: slot counts[rows[s], layer, g] + i gets the key, the value, the position, and attributes 0 or norms;
//   then counts[rows[s], layer, g] += tokens of s.  With PAIRS > 0 queries (in place) and keys are rotated first, with QUERY_NORM or KEY_NORM
//   normalized before that, by the arithmetic of rope.cu.
//
//   queries   F32 [tokens, heads, HEAD_DIM], in place; heads = 0 for none
//   keys      F32 [tokens, kv_heads, HEAD_DIM], left as they are;  values the same
//   table     F32 [tokens, PAIRS, 2];  query_norm, key_norm  F32 [HEAD_DIM]
//   rows I32 [sequences], starts I32 [sequences + 1], positions I32 [tokens];  a row is named once
//   tickets   U32 [sequences], 0 before and after
//   pages in TYPE: 0 F32, 1 F16, 2 BF16.  SLOT_NORMS = 1: planes key_l1... (below 0: none) get the norms of what is appended, before rounding
//   ALIGNED = 1: all addresses are multiples of 16 (pages: of four values)
//
// Grid [blocks, sequences], block [128]: a few lanes for each query head and for each KV head of each token, in strides. Every block reads counts
// before it takes its sequence's ticket; the one that takes the last ticket adds to them. A row named in two sequences, a row, slot or page that does
// not exist: not allowed, the last three trap.
// Bound by memory: for each token 8 bytes a query element, 4 + sizeof(T) a key or value element.
#include "cache/slots.cuh"
#include "norm/rope.cuh"

#ifndef HEAD_DIM
#define HEAD_DIM 128
#define PAIRS 64
#define INTERLEAVED 0
#define QUERY_NORM 1
#define KEY_NORM 1
#define SLOT_NORMS 0
#define TYPE 2
#define ALIGNED 1
#endif

constexpr int kThreads = 128;
using Rotated = HeadShape<HEAD_DIM, PAIRS, INTERLEAVED, ALIGNED>;
constexpr int kLanes = Rotated::kLanes, kItems = kThreads / kLanes;

using Stored = Storage<TYPE>::T;

// Mirrored by Winnow.Kernels.Cache.CudaAppendArguments.
struct Arguments {
  PagedKv cache;
  float* queries;
  const float* keys;
  const float* values;
  const float* table;
  const float* query_norm;
  const float* key_norm;
  const int* rows;
  const int* starts;
  const int* positions;
  u32* tickets;
  int layer, heads, key_l1, key_l2, value_l1, value_l2;
  float epsilon;
  int unused;
};
static_assert(sizeof(Arguments) == 184, "as the host lays it out");

__device__ __forceinline__ void keep_norm(const PagedKv& cache, int plane, i64 place, float norm) {
  if (plane >= 0) *attribute(cache, plane, place) = norm;
}

// The position and the attributes of a new slot; norms only where the kernel has them.
__device__ __forceinline__ void describe(const Arguments& a, i64 place, int position, float2 key_norms, float2 value_norms, int lane) {
  if (lane == 0) a.cache.positions[place] = position;
  for (int plane = lane; plane < a.cache.planes; plane += kLanes) {
    if (!SLOT_NORMS || (plane != a.key_l1 && plane != a.key_l2 && plane != a.value_l1 && plane != a.value_l2)) {
      *attribute(a.cache, plane, place) = 0.0f;
    }
  }
  if (SLOT_NORMS && lane == 0) {
    keep_norm(a.cache, a.key_l1, place, key_norms.x);
    keep_norm(a.cache, a.key_l2, place, __fsqrt_rn(key_norms.y));
    keep_norm(a.cache, a.value_l1, place, value_norms.x);
    keep_norm(a.cache, a.value_l2, place, __fsqrt_rn(value_norms.y));
  }
}

template <typename Shape>
__device__ __forceinline__ float2 norms_of(const Head<Shape>& head, int lane) {
  return make_float2(head.magnitudes(lane), head.squares(lane));
}

// One head of one token; `here` is false for lanes past the last one, which take part in sums alone.
__device__ __forceinline__ void append_head(const Arguments& a, bool here, int row, int first, int token, int part, int lane) {
  bool query = part < a.heads;
  int kv_head = part - a.heads;
  i64 at = first + token;
  Head<Rotated> head;
  head.clear();
  float* queries = a.queries + (at * a.heads + part) * HEAD_DIM;
  i64 offset = (at * a.cache.kv_heads + kv_head) * HEAD_DIM;
  if (here) head.load(query ? queries : a.keys + offset, lane);
  bool normed = query ? QUERY_NORM : KEY_NORM;
  if constexpr (QUERY_NORM || KEY_NORM) {
    float squares = head.squares(lane);
    if (here && normed) head.scale(squares, a.epsilon, query ? a.query_norm : a.key_norm, lane);
  }
  if constexpr (PAIRS > 0) {
    if (here) head.rotate(a.table + at * (2 * PAIRS), lane);
  }

  // Values come in the same pieces, so that their norms have the order of the keys'.
  Head<Rotated> value;
  float2 key_norms, value_norms;
  bool slot_here = here && !query;
  if constexpr (SLOT_NORMS) value.clear();
  if (slot_here) value.load(a.values + offset, lane);
  if constexpr (SLOT_NORMS) {
    key_norms = norms_of(head, lane);
    value_norms = norms_of(value, lane);
  }
  if (here && query) head.store(queries, lane, normed);
  if (slot_here) {
    i64 index = head_index(a.cache, row, a.layer, kv_head);
    i64 place = slot_place(a.cache, index, a.cache.counts[index] + token);
    head.store(reinterpret_cast<Stored*>(a.cache.keys) + place * HEAD_DIM, lane, true);
    value.store(reinterpret_cast<Stored*>(a.cache.values) + place * HEAD_DIM, lane, true);
    describe(a, place, a.positions[at], key_norms, value_norms, lane);
  }
}

// The block that comes last grows the counts.
__device__ __forceinline__ void grow_counts(const Arguments& a, int row, int tokens) {
  __shared__ bool last;
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    last = atomicAdd(&a.tickets[blockIdx.y], 1u) == gridDim.x - 1;
    if (last) a.tickets[blockIdx.y] = 0;
  }
  __syncthreads();
  if (last && tokens > 0) {
    for (int kv_head = threadIdx.x; kv_head < a.cache.kv_heads; kv_head += kThreads) {
      a.cache.counts[head_index(a.cache, row, a.layer, kv_head)] += tokens;
    }
  }
}

extern "C" __global__ void __launch_bounds__(kThreads, 4) winnow_cache_append(const Arguments a) {
  int first = a.starts[blockIdx.y];
  int tokens = a.starts[blockIdx.y + 1] - first;
  int row = tokens > 0 ? a.rows[blockIdx.y] : 0;
  int parts = a.heads + a.cache.kv_heads;
  int lane = threadIdx.x % kLanes;
  for (int start = blockIdx.x * kItems; start < tokens * parts; start += gridDim.x * kItems) {
    int item = start + threadIdx.x / kLanes;
    append_head(a, item < tokens * parts, row, first, item / parts, item % parts, lane);
  }
  grow_counts(a, row, tokens);
}
