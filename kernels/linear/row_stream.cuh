// row_stream.cuh - what row.cu is made for, as constants, and the ways of its warps through the weights.
//
// The stages of a team's tiles are one sequence, which its warps take in turn. Each has a ring of its own in shared memory, which it fills by 16-byte
// asynchronous copies as far ahead as there are stages; what lies past the last line or the last input is zeros there.
#pragma once
#include "common/async.cuh"
#include "linear/params.cuh"
#include "linear/pieces.cuh"

constexpr Weight kType = static_cast<Weight>(WINNOW_WEIGHT);
constexpr Gate kGate = static_cast<Gate>(WINNOW_GATE);
constexpr Activation kActivation = static_cast<Activation>(WINNOW_ACTIVATION);
constexpr bool kAligned = WINNOW_ALIGNED;
constexpr int kRows = WINNOW_ROWS;
constexpr bool kPacked = WINNOW_PACKED;

using T = MatrixElement<kType>::Type;
constexpr bool kPlain = is_plain(kType);
constexpr bool kFused = kGate == Gate::kFused;
// A barrier that is named by a register takes all sixteen of its block, of which a multiprocessor may not have more than for two blocks. With one row
// they have so many warps as there are registers for.
constexpr bool kSmall = kRows == 1 && kAligned && !kPlain && kType != Weight::kQ8_0 && kType != Weight::kQ6_K;
constexpr int kTeam = !kSmall ? 8 : has_minimum(kType) ? 10 : 12;
// One row has room for several blocks, and packed inputs take their share of the ring.
constexpr int kTeams = kRows == 1 || kPacked ? 1 : 2;
constexpr int kWarps = kTeams * kTeam;
constexpr int kThreads = kWarps * kWarpSize;
constexpr int kLines = 16;
constexpr int kTileOutputs = kFused ? kLines / 2 : kLines;

constexpr int kStageInputs = kPlain ? kStepInputs * kPlainUnitSteps : 256;
constexpr int kStageSteps = kStageInputs / kStepInputs;
constexpr int kStageBytes = kStageInputs / block_values(kType) * block_bytes(kType);
constexpr int kBlockSteps = kPlain ? 1 : block_values(kType) / kStepInputs;

// Stages of Q6_K start between sixteens, and all where rows do: what is copied starts on one before.
constexpr int kLead = kStageBytes % 16 == 0 && kAligned ? 0 : 16 - block_alignment(kType);
static_assert(kAligned || !kPlain, "rows of 16-bit weights lie on 16 bytes");
constexpr int kChunks = (kLead + kStageBytes + 15) / 16;
// Pieces of plain rows are permuted, other rows end on an odd sixteen: eight rows fill all banks.
constexpr int kPitch = kPlain ? 16 * kChunks : 16 * (kChunks | 1);
// Packed inputs: blocks [kStageSteps, kRows, 4] shares, as lanes read them; plain rows, which end on an odd sixteen.
constexpr int kInputPitch = 2 * kStageInputs + 16;
constexpr int kInputBytes = !kPacked ? 0 : kPlain ? kRows * kInputPitch : kStageSteps * kRows * kStepInputs * 2;
constexpr int kStageRingBytes = kLines * kPitch + kInputBytes;
constexpr int kStages = kRows == 1 && kPlain ? 3 : 2;
constexpr int kRingBytes = kStages * kStageRingBytes;
constexpr int kColumns = kChunks < 16 ? kChunks : 16;
constexpr int kAtOnce = kWarpSize / kColumns;

extern __shared__ __align__(128) u8 shared_memory[];

// The same value, of which compilers know nothing: they can neither make it again, as they like to with what follows from the number of a thread, nor
// keep what follows from it.
__device__ __forceinline__ int opaque(int value) {
  asm volatile("" : "+r"(value));
  return value;
}

// start + count * bytes, which compilers would rather have as a product of 64 bits. PTX ISA 9.7.1.4 (mad.wide)
__device__ __forceinline__ const u8* offset_by(const u8* start, int count, int bytes) {
  const u8* result;
  asm("mad.wide.s32 %0, %1, %2, %3;" : "=l"(result) : "r"(count), "r"(bytes), "l"(start));
  return result;
}

// A place in the sequence of a team's stages.
struct Place {
  int tile;
  int stage;

  static __device__ __forceinline__ int next_tile() { return gridDim.x * kTeams; }

  // Brings a stage past the end into the tile it belongs to.
  __device__ __forceinline__ void settle(int stages) {
    while (stage >= stages) {
      stage -= stages;
      tile += next_tile();
    }
  }

  // Goes on by a settled distance. True where the tile is another one.
  __device__ __forceinline__ bool move(const Place& distance, int stages) {
    if constexpr (kRows > 1) {
      // There are no registers for the distance.
      int before = tile;
      stage += kTeam;
      settle(stages);
      return tile != before;
    }
    stage += distance.stage;
    tile += distance.tile;
    bool passes = stage >= stages;
    if (passes) stage -= stages, tile += next_tile();
    return passes || distance.tile > 0;
  }
};

struct Tile {
  LinearPart part;
  int first;

  __device__ __forceinline__ Tile(const LinearParams& params, int number) {
    part = kFused ? params.parts[1] : part_of(params, number);
    first = (number - (kFused ? 0 : part.first_tile)) * kTileOutputs;
  }
};

// A warp's way through its share of the weights. A lane copies a sixteen of a line, and of every kAtOnce lines on.
struct Stream {
  const LinearParams& params;
  int stages;
  int tiles;
  int row_bytes;
  int line;
  int chunk;
  int last;    // the line that it copies last
  int target;  // in shared memory, of the first line of the first stage
  Place place;
  Place distance;
  const u8* source;
  i64 across;  // with a fused gate from a line of the gate to the same of the projection
  int outputs;

  __device__ __forceinline__ Stream(const LinearParams& params, int stages, int tiles)
      : params(params), stages(stages), tiles(tiles), row_bytes(static_cast<int>(::row_bytes<kType>(params.inputs))), across(0) {
    int warp = threadIdx.x / kWarpSize;
    // Lanes too many do what another one does.
    int lane = min(static_cast<int>(threadIdx.x) % kWarpSize, kAtOnce * kColumns - 1);
    line = lane / kColumns, chunk = lane % kColumns;
    last = opaque(min(line + (kLines - 1) / kAtOnce * kAtOnce, kLines - 1));
    target = opaque(warp * kRingBytes + line * kPitch + (kPlain ? 0 : 16 * chunk));
    place = {first_tile(), warp % kTeam};
    place.settle(stages);
    distance = {0, kTeam};
    distance.settle(stages);
    if (place.tile < tiles) begin_tile();
  }

  // The team's.
  static __device__ __forceinline__ int first_tile() { return blockIdx.x * kTeams + threadIdx.x / kWarpSize / kTeam; }

  // Bytes that are copied before a stage of a line. Eight rows of blocks are whole sixteens.
  __device__ __forceinline__ int lead_of(int line, int stage) const { return kLead == 0 ? 0 : (line * row_bytes + stage * kStageBytes) & 15; }

  // Issues the copies of the warp's next stage, if there is one, as a group, to the slot that begins there.
  __device__ __forceinline__ void advance(int slot_bytes) {
    if (place.tile < tiles) {
      bool whole = outputs >= kTileOutputs && (block_values(kType) == kStageInputs || row_bytes >= (place.stage + 1) * kStageBytes);
      u8* slot = shared_memory + target + slot_bytes;
      if (whole && kLead == 0) {
        copy_lines<true>(slot);
      } else {
        copy_lines<false>(slot);
      }
      if constexpr (kPacked) copy_inputs(slot - line * kPitch - (kPlain ? 0 : 16 * chunk) + kLines * kPitch);
      source += kTeam * kStageBytes;
      if (place.move(distance, stages) && place.tile < tiles) begin_tile();
    }
    copy_async_commit();
  }

 private:
  __device__ __forceinline__ void begin_tile() {
    Tile tile(params, place.tile);
    const u8* weight = kFused ? params.parts[0].weight : tile.part.weight;
    source = offset_by(weight + 16 * chunk + place.stage * kStageBytes, tile.first + line, row_bytes);
    if constexpr (kFused) across = tile.part.weight - weight - kTileOutputs * static_cast<i64>(row_bytes);
    outputs = tile.part.outputs - tile.first;
  }

  // Two rows at once: of blocks the shares of four steps, of others all of a stage. Rows past the last one are zeros.
  __device__ __forceinline__ void copy_inputs(u8* target) const {
    int lane = threadIdx.x % kWarpSize, row = kPlain ? lane / 16 : lane / 4 % 2, chunk = kPlain ? lane % 16 : lane / 8 * 4 + lane % 4;
    const u16* from = static_cast<const u16*>(params.input) + static_cast<i64>(place.stage) * kStageInputs + row * params.stride + 8 * chunk;
    int left = params.stride - place.stage * kStageInputs - 8 * chunk;
#pragma unroll
    for (int i = 0; i < kRows; i += 2) {
#pragma unroll
      for (int k = 0; k < kStageInputs; k += 128) {
        u8* to = target + (kPlain ? (i + row) * kInputPitch + 16 * chunk : ((k / kStepInputs + lane / 8) * kRows + i + row) * kStepInputs * 2 + lane % 4 * 16);
        copy_async_16(to, from + i * params.stride + k, i + row < params.rows && k < left);
      }
    }
  }

  // `kWhole`: nothing of the stage is past the end. Lanes without a line of their own take the last one, too.
  template <bool kWhole>
  __device__ __forceinline__ void copy_lines(u8* slot) const {
    const u8* from = source;
#pragma unroll
    for (int i = 0; i < kLines; i += kAtOnce) {
      int down = i + kAtOnce > kLines ? last - line : i;
      if (i > 0) from = offset_by(from, down - i + kAtOnce, row_bytes);
      copy<kWhole>(slot + down * kPitch + (kPlain ? 16 * (chunk ^ (line + i & 7)) : 0), from, line + down, chunk);
    }
    // More than sixteen of every line by a lane.
    int lane = threadIdx.x % kLines;
#pragma unroll
    for (int more = kColumns; more < kChunks; ++more) {
      copy<kWhole>(slot + (lane - line) * kPitch + 16 * (more - chunk), offset_by(source + 16 * (more - chunk), lane - line, row_bytes), lane, more);
    }
  }

  // One sixteen of a line. Lines past the end are zeros.
  template <bool kWhole>
  __device__ __forceinline__ void copy(u8* to, const u8* from, int line, int chunk) const {
    bool second = kFused && line >= kTileOutputs;
    if (second) from += across;
    if constexpr (kWhole) {
      copy_async_16(to, from);
    } else {
      int lead = lead_of(line, place.stage), left = row_bytes - place.stage * kStageBytes + lead - 16 * chunk;
      if (line - second * kTileOutputs >= outputs) left = 0;
      copy_async_16_part(to, from - lead, max(0, min(left, 16)));
    }
  }
};
