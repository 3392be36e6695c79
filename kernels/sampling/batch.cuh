// batch.cuh - the operands of sampling rows, and what of them every phase of it needs.
#pragma once
#include "common/types.cuh"
#include "reduction/order.cuh"
#include "sampling/row.cuh"

constexpr u32 kActive = 1, kGreedy = 2, kRepetition = 4, kFrequency = 8, kPresence = 16;
constexpr u32 kPenalties = kRepetition | kFrequency | kPresence;
constexpr int kFirstStageBit = 8, kStageBits = 4;
constexpr u32 kStageMask = (1u << kStageBits) - 1u;
constexpr u32 kTemperature = 1, kTopK = 2, kTopP = 3, kMinP = 4;
constexpr i32 kChosen = 0, kNotANumber = 1, kInfinity = 2, kNothingPossible = 3, kAllBanned = 4, kOverflow = 5, kTooFewPasses = 6;
constexpr u32 kDraw = 0;

struct alignas(16) SamplingRow {
  u64 seed;
  u64 sequence;
  i64 position;
  double log_min_p;
  float temperature;
  float top_p;
  i32 top_k;
  float repetition;
  float frequency;
  float presence;
  i32 window;
  i32 history_length;
  i32 history_slot;
  i32 bias_start;
  i32 bias_count;
  u32 plan;

  __device__ bool modifies() const { return bias_count > 0 || (plan & kPenalties) != 0; }
};

static_assert(sizeof(SamplingRow) == 80, "C# mirrors this");

// The softmax of an unmodified row.
struct Softmax {
  double log_sum;
  float maximum;
  i32 exists;
};

struct TokenBias {
  i32 token;
  float bias;
};

// What the first phase found in a slice of a row, and the weight of what the later ones leave of it.
struct SliceState {
  u64 best_logit;  // key << 32 | ~index; all ones where something is no number
  u64 best;        // the same of the modified row
  double mass;     // sum of exp(logit - largest of the slice)
  u64 drawn;
};

struct RowScratch;

struct SamplingBatch {
  i32* tokens;
  float* log_probabilities;
  i32* statuses;
  i32* top_tokens;
  float* top_log_probabilities;
  SamplingRow* parameters;
  const float* logits;
  float* work;
  i32* history;
  const TokenBias* biases;
  RowScratch* scratch;
  SliceState* slices;
  u32* chunk_keys;
  u32* logit_keys;
  u32* tickets;
  i32 vocab;
  i32 top;
  i32 history_capacity;
  i32 advance;
  i32 parts;   // blocks of a row
  i32 passes;  // launches that follow each other
};

static_assert(sizeof(SamplingBatch) == 144, "C# mirrors this");

// (score - shift) / divisor.
struct Scale {
  float shift;
  float divisor;

  __device__ float operator()(float score) const { return divisor == 1.0f && shift == 0.0f ? score : __fdiv_rn(__fsub_rn(score, shift), divisor); }
};

constexpr Scale kUnscaled = {0.0f, 1.0f};

// Where the quotient would overflow the maximum moves to 0 first.
__device__ __forceinline__ Scale scale_of(float maximum, float temperature) {
  return {__fdiv_rn(fabsf(maximum), temperature) < 3.402823466e38f ? 0.0f : maximum, temperature};
}

__device__ __forceinline__ i32 status_of(u64 best_logit) {
  u32 key = static_cast<u32>(best_logit >> 32);
  if (best_logit == ~0ull) return kNotANumber;
  if (key == kKeyOfPositiveInfinity) return kInfinity;
  return key <= kKeyOfNegativeInfinity ? kNothingPossible : kChosen;
}

__device__ __forceinline__ i32 status_of_modified(u64 best) {
  u32 key = static_cast<u32>(best >> 32);
  if (key >= kKeyOfPositiveInfinity) return kOverflow;
  return key <= kKeyOfNegativeInfinity ? kAllBanned : kChosen;
}

// By one thread.
__device__ __forceinline__ void write_result(const SamplingBatch& batch, i64 r, const SamplingRow& row, i32 status, int token,
                                             float log_probability) {
  batch.statuses[r] = status;
  batch.tokens[r] = token;
  batch.log_probabilities[r] = log_probability;
  if (status == kChosen && batch.advance != 0) {
    SamplingRow& moved = batch.parameters[r];
    if (batch.history != nullptr) {
      i64 place = (static_cast<i64>(row.history_slot) * batch.history_capacity) + (row.history_length % batch.history_capacity);
      batch.history[place] = token;
      moved.history_length = row.history_length + 1;
    }
    moved.position = row.position + 1;
  }
}

// Copies a number a thread, from the thread `first` on: the words come with whatever else is read at the same time, so that what they decide
// is known after one wait for memory.
template <typename T>
struct Words {
  static constexpr int kCount = static_cast<int>(sizeof(T) / sizeof(u32));

  int at;
  u32 word;

  // Zeros.
  __device__ Words() : at(static_cast<int>(threadIdx.x)), word(0) {}
  __device__ Words(const T& source, int first) : at(static_cast<int>(threadIdx.x) - first), word(0) {
    if (at >= 0 && at < kCount) word = reinterpret_cast<const u32*>(&source)[at];
  }
  __device__ void put(T& target) const {
    if (at >= 0 && at < kCount) reinterpret_cast<u32*>(&target)[at] = word;
  }
};

__device__ __forceinline__ float penalized(float score, int occurrences, const SamplingRow& row) {
  if (row.plan & kRepetition) score = score <= 0.0f ? __fmul_rn(score, row.repetition) : __fdiv_rn(score, row.repetition);
  if (row.plan & kFrequency) score = __fsub_rn(score, __fmul_rn(static_cast<float>(occurrences), row.frequency));
  if (row.plan & kPresence) score = __fsub_rn(score, row.presence);
  return score;
}
