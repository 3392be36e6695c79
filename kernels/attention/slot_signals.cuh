// slot_signals.cuh - the signals of one slot: sums, maxima and counts of probabilities over the rows of queries, and the planes that they go to.
//
// Planes are F32 [pages, 16], those wanted by the definitions COLUMN_MASS, WINDOW_MASS, LAST_ROW, COLUMN_MAXIMUM, HITS (each 0 or 1).
// Whoever sums, sums in one order. The rows that a sequence has in the step make at most 32 sections of rows_of_section each, from its first row on. Over 16-bit
// caches a section is summed from nothing for each g from 0 to 7: of its tiles of 16 rows, ascending, row g and then row g + 8; then the eight sums as a tree of
// neighbours, pairs of pairs and fours. Sections are added in ascending order. What is not seen adds a zero. (Over F32 caches: warp w sums rows 4 w to 4 w + 3 of
// each tile, and the warps are added in ascending order.)
#pragma once
#include "attention/arguments.cuh"
#include "common/types.cuh"

// Mirrored by CudaSignalParameters.
struct SignalParameters {
  AttentionParameters call;
  float* column_mass;
  float* window_mass;
  float* last_row;
  float* column_maximum;
  float* hits;
  int window_tokens;
  float hit_threshold;
};

static_assert(sizeof(SignalParameters) == 264, "CudaSignalParameters mirrors this");

// The first of a sequence's tokens in the step that some wanted signal takes in.
__device__ __forceinline__ int first_wanted_token(const SignalParameters& p, int tokens) {
  if constexpr (COLUMN_MASS != 0 || COLUMN_MAXIMUM != 0 || HITS != 0) return 0;
  return max(tokens - (WINDOW_MASS != 0 ? p.window_tokens : 1), 0);
}

constexpr int kMostSections = 32;
constexpr int kLeastSectionRows = 64;

// Rows of each section of so many but the last: whole tiles.
__device__ __forceinline__ int rows_of_section(int rows) {
  constexpr int kSectionTiles = kMostSections * kTileRows;
  return max(kLeastSectionRows, (rows + kSectionTiles - 1) / kSectionTiles * kTileRows);
}

// What the planes that are added to hold for a slot.
struct PlaneValues {
  static constexpr int kCount = (COLUMN_MASS != 0) + (COLUMN_MAXIMUM != 0) + (HITS != 0);

  float column_mass = 0.0f;
  float column_maximum = 0.0f;
  float hits = 0.0f;

  __device__ __forceinline__ PlaneValues() {}

  __device__ __forceinline__ PlaneValues(const SignalParameters& p, i64 slot) {
    if constexpr (COLUMN_MASS != 0) column_mass = p.column_mass[slot];
    if constexpr (COLUMN_MAXIMUM != 0) column_maximum = p.column_maximum[slot];
    if constexpr (HITS != 0) hits = p.hits[slot];
  }

  // f(i, value) for each, i from 0 to kCount - 1.
  template <typename F>
  __device__ __forceinline__ void visit(F f) {
    if constexpr (COLUMN_MASS != 0) f(0, column_mass);
    if constexpr (COLUMN_MAXIMUM != 0) f((COLUMN_MASS != 0), column_maximum);
    if constexpr (HITS != 0) f((COLUMN_MASS != 0) + (COLUMN_MAXIMUM != 0), hits);
  }
};

// The signals of one slot so far.
struct SlotSignals {
  static constexpr int kWindowLine = COLUMN_MASS != 0;
  static constexpr int kLastLine = kWindowLine + (WINDOW_MASS != 0);
  static constexpr int kMaximumLine = kLastLine + (LAST_ROW != 0);
  static constexpr int kHitsLine = kMaximumLine + (COLUMN_MAXIMUM != 0);
  static constexpr int kCount = kHitsLine + (HITS != 0);

  float mass = 0.0f;
  float window = 0.0f;
  float last = 0.0f;
  float greatest = 0.0f;
  int hits = 0;

  // `token` counts from the sequence's first one in the step.
  __device__ __forceinline__ void add(const SignalParameters& p, int token, int tokens, float probability) {
    add(p, token >= tokens - p.window_tokens, token == tokens - 1, probability);
  }

  __device__ __forceinline__ void add(const SignalParameters& p, bool in_window, bool in_last, float probability) {
    if constexpr (COLUMN_MASS != 0) mass += probability;
    if constexpr (WINDOW_MASS != 0) window += in_window ? probability : 0.0f;
    if constexpr (LAST_ROW != 0) last += in_last ? probability : 0.0f;
    if constexpr (COLUMN_MAXIMUM != 0) greatest = fmaxf(greatest, probability);
    if constexpr (HITS != 0) hits += probability > p.hit_threshold ? 1 : 0;
  }

  __device__ __forceinline__ void add(const SlotSignals& other) {
    mass += other.mass;
    window += other.window;
    last += other.last;
    greatest = fmaxf(greatest, other.greatest);
    hits += other.hits;
  }

  // Number by number: a choice between two places would put them into memory.
  static __device__ __forceinline__ SlotSignals chosen(bool first, const SlotSignals& a, const SlotSignals& b) {
    SlotSignals result;
    result.mass = first ? a.mass : b.mass;
    result.window = first ? a.window : b.window;
    result.last = first ? a.last : b.last;
    result.greatest = first ? a.greatest : b.greatest;
    result.hits = first ? a.hits : b.hits;
    return result;
  }

  // What the lane at a distance has of its own.
  __device__ __forceinline__ SlotSignals across(int distance) const {
    SlotSignals other;
    if constexpr (COLUMN_MASS != 0) other.mass = __shfl_xor_sync(kFullWarp, mass, distance);
    if constexpr (WINDOW_MASS != 0) other.window = __shfl_xor_sync(kFullWarp, window, distance);
    if constexpr (LAST_ROW != 0) other.last = __shfl_xor_sync(kFullWarp, last, distance);
    if constexpr (COLUMN_MAXIMUM != 0) other.greatest = __shfl_xor_sync(kFullWarp, greatest, distance);
    if constexpr (HITS != 0) other.hits = __shfl_xor_sync(kFullWarp, hits, distance);
    return other;
  }

  // Leaves what is wanted as kCount lines of numbers, so many numbers apart.
  __device__ __forceinline__ void leave(float* lines, int apart) const {
    if constexpr (COLUMN_MASS != 0) lines[0] = mass;
    if constexpr (WINDOW_MASS != 0) lines[kWindowLine * apart] = window;
    if constexpr (LAST_ROW != 0) lines[kLastLine * apart] = last;
    if constexpr (COLUMN_MAXIMUM != 0) lines[kMaximumLine * apart] = greatest;
    if constexpr (HITS != 0) lines[kHitsLine * apart] = __int_as_float(hits);
  }

  // What was left, past the first cache, which may hold what was there before.
  static __device__ __forceinline__ SlotSignals left(const float* lines, int apart) {
    SlotSignals signals;
    if constexpr (COLUMN_MASS != 0) signals.mass = __ldcg(lines);
    if constexpr (WINDOW_MASS != 0) signals.window = __ldcg(lines + kWindowLine * apart);
    if constexpr (LAST_ROW != 0) signals.last = __ldcg(lines + kLastLine * apart);
    if constexpr (COLUMN_MAXIMUM != 0) signals.greatest = __ldcg(lines + kMaximumLine * apart);
    if constexpr (HITS != 0) signals.hits = __float_as_int(__ldcg(lines + kHitsLine * apart));
    return signals;
  }

  __device__ __forceinline__ void write(const SignalParameters& p, i64 slot) const { write(p, slot, PlaneValues(p, slot)); }

  // The same where it is known what the planes hold.
  __device__ __forceinline__ void write(const SignalParameters& p, i64 slot, const PlaneValues& before) const {
    if constexpr (COLUMN_MASS != 0) p.column_mass[slot] = before.column_mass + mass;
    if constexpr (WINDOW_MASS != 0) p.window_mass[slot] = window;
    if constexpr (LAST_ROW != 0) p.last_row[slot] = last;
    if constexpr (COLUMN_MAXIMUM != 0) p.column_maximum[slot] = fmaxf(before.column_maximum, greatest);
    if constexpr (HITS != 0) p.hits[slot] = before.hits + static_cast<float>(hits);
  }
};
