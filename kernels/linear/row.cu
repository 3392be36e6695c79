// row.cu - output[r, o] = residual[r, o] + bias[o] + sum_k input[r, k] * weight[o, k] for up to sixteen rows; or act(gate) * up of two such sums.
//
// Arguments: LinearParams (params.cuh). input: float [rows <= WINNOW_ROWS, inputs], 16-byte aligned, or what pack.cu made of it in slot order.
// weight: 16-byte aligned, the rows one after the other.
// Compile-time: WINNOW_WEIGHT (16-bit or block type), WINNOW_ALIGNED (rows of weights on 16 bytes, as those of 16-bit types must), WINNOW_ROWS (1, 8,
// or 16 that are packed), WINNOW_PACKED, WINNOW_GATE and WINNOW_ACTIVATION (params.cuh; with a fused gate part 0 is the gate, part 1 the projection).
// The arithmetic is that of pieces.cuh: the same bits as matvec.cu.
//
// A team of 8 to 12 warps takes tile after tile of 16 lines of weights: outputs, or with a fused gate 8 of the gate and the same 8 of the projection.
// The stages of its tiles are one sequence, which its warps take in turn. Weights stream through a ring of each warp's own by 16-byte asynchronous
// copies. Inputs are rounded once, to shared memory, or where they do not fit come packed through the ring, too; one row is in all eight columns of a
// product. A warp has the units of a stage in registers when it gets the tile's sums from the warp before, adds them in order and hands the sums
// on: a baton, so that nobody waits for all.
// Grid: as many blocks as run at once, or tiles of all parts; block: 256 to 384 threads a team; shared memory: WINNOW_SHARED_BYTES and what the inputs take.
// Bound by memory: the weights once.
#include "common/async.cuh"
#include "common/barrier.cuh"
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

// Sums of a lane: of lines g and g + 8, of one row or of rows 2 q and the next, of each eight.
constexpr int kEights = kRows == 16 ? 2 : 1;
constexpr int kSums = kRows == 1 ? 2 : 4 * kEights;
static_assert(kRows == 1 || kRows == 8 || (kRows == 16 && kPacked), "rows are one, or whole columns of products");
constexpr int kBatonFloats = kSums * kWarpSize;
constexpr int kUnits = units_of_step(kType);
constexpr int kPlanes = kPlain ? 0 : kUnits + (has_minimum(kType) ? 1 : 0);
constexpr int kScaleFloats = kPlanes * kLines * kStageSteps;
constexpr int kSharedBytes = kWarps * (kRingBytes + 4 * (kBatonFloats + kScaleFloats));
// Blocks of a multiprocessor, CudaLinear.RowShape: of one row as many as have registers and shared memory.
constexpr int kBlocks = kTeams == 2 || kRows == 16 ? 1 : 2;
static_assert(kSharedBytes == WINNOW_SHARED_BYTES, "the host reckons with other shared memory");

extern __shared__ __align__(128) u8 shared_memory[];

// What lies behind the rings, in this order; CudaLinearVariant.InputBytes counts the last two.
struct Shared {
  float* batons;  // [kWarps, 32, kSums], of the warp that reads it
  float* scales;  // blocks: [kWarps, kPlanes, 16, kStageSteps]: scales, minima
  uint4* inputs;  // not packed: [steps, kRows, 4], in slot order
  float* totals;  // not packed, types with minima: sums of each step's inputs [steps, kRows]

  __device__ Shared(int steps) {
    batons = reinterpret_cast<float*>(shared_memory + kWarps * kRingBytes);
    scales = batons + kWarps * kBatonFloats;
    inputs = reinterpret_cast<uint4*>(scales + kWarps * kScaleFloats);
    totals = reinterpret_cast<float*>(inputs + 4 * kRows * steps);
  }
};

// A place in the sequence of a team's stages, of which its warps take each in turn.
struct Place {
  int tile;
  int stage;

  __device__ __forceinline__ Place() : tile(blockIdx.x * kTeams + threadIdx.x / (kTeam * kWarpSize)), stage(threadIdx.x / kWarpSize % kTeam) {}

  // True where the tile is another one.
  __device__ __forceinline__ bool settle(int stages) {
    bool moved = stage >= stages;
    while (stage >= stages) {
      stage -= stages;
      tile += next();
    }
    return moved;
  }

  static __device__ __forceinline__ int next() { return gridDim.x * kTeams; }
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
  u8* ring;
  int stages;
  int tiles;
  int row_bytes;
  int line;
  int chunk;
  Place place;
  const u8* source;
  i64 across;  // with a fused gate from a line of the gate to the same of the projection
  int outputs;

  __device__ __forceinline__ Stream(const LinearParams& params, int stages, int tiles)
      : params(params), stages(stages), tiles(tiles), row_bytes(static_cast<int>(::row_bytes<kType>(params.inputs))), across(0) {
    ring = shared_memory + threadIdx.x / kWarpSize * kRingBytes;
    // Lanes too many do what another one does.
    int lane = min(static_cast<int>(threadIdx.x) % kWarpSize, kAtOnce * kColumns - 1);
    line = lane / kColumns, chunk = lane % kColumns;
    place.settle(stages);
    if (place.tile < tiles) begin_tile();
  }

  // Bytes that are copied before a stage of a line. Eight rows of blocks are whole sixteens.
  __device__ __forceinline__ int lead_of(int line, int stage) const { return kLead == 0 ? 0 : (line * row_bytes + stage * kStageBytes) & 15; }

  // Issues the copies of the warp's next stage, if there is one, as a group.
  __device__ __forceinline__ void advance(int slot) {
    if (place.tile < tiles) {
      u8* target = ring + slot * kStageRingBytes;
#pragma unroll
      for (int i = 0; i < kLines; i += kAtOnce) copy(target, source, i, line, chunk);
      // More than sixteen of every line by a lane.
      int lane = threadIdx.x % kWarpSize;
#pragma unroll
      for (int more = kColumns; more < kChunks; ++more) copy(target, source + (lane - line) * static_cast<i64>(row_bytes) + 16 * (more - chunk), 0, lane, more);
      if constexpr (kPacked) copy_inputs(target + kLines * kPitch);
      place.stage += kTeam;
      source += kTeam * kStageBytes;
      if (place.settle(stages) && place.tile < tiles) begin_tile();
    }
    copy_async_commit();
  }

 private:
  __device__ __forceinline__ void begin_tile() {
    Tile tile(params, place.tile);
    const u8* weight = kFused ? params.parts[0].weight : tile.part.weight;
    source = weight + static_cast<i64>(tile.first + line) * row_bytes + place.stage * kStageBytes + 16 * chunk;
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

  // One sixteen of line `first` + i, where `start` is that of line `first`. Lines past the end are zeros.
  __device__ __forceinline__ void copy(u8* target, const u8* start, int i, int first, int chunk) const {
    bool second = kFused && first + i >= kTileOutputs;
    int lead = lead_of(first + i, place.stage), left = row_bytes - place.stage * kStageBytes + lead - 16 * chunk;
    if (first + i - second * kTileOutputs >= outputs) left = 0;
    const u8* from = start + i * static_cast<i64>(row_bytes) - lead + (second ? across : 0);
    u8* to = target + first * kPitch + i * kPitch + 16 * (kPlain ? chunk ^ (first + i & 7) : chunk);
    if (first + i < kLines) {
      if constexpr (kLead == 0) {
        copy_async_16(to, from, left > 0);
      } else {
        copy_async_16_part(to, from, max(0, min(left, 16)));
      }
    }
  }
};

// Steps past the inputs are zeros.
__device__ __forceinline__ void round_inputs(const Shared& shared, const LinearParams& params, int steps) {
#pragma unroll 4
  for (int item = threadIdx.x; item < 4 * kRows * steps; item += kThreads) {
    int row = item / 4 % kRows;
    float share[8];
    load_share<kType, true>(share, static_cast<const float*>(params.input) + static_cast<i64>(row) * params.inputs, item / (4 * kRows) * kStepInputs,
                            item % 4, row < params.rows ? params.inputs : 0);
    shared.inputs[item] = round_share<T>(share);
  }
}

// The inputs of a step: of the rows in shared memory, or of eight of those in the warp's ring.
__device__ __forceinline__ uint4 read_inputs(const Shared& shared, const u8* ring_inputs, int stage, int step, int eight, int lane) {
  if constexpr (!kPacked) {
    return shared.inputs[4 * kRows * (stage * kStageSteps + step) + lane % (4 * kRows)];
  } else if constexpr (kPlain) {
    u32 slots[4];
    ldmatrix_x4(slots, ring_inputs + (8 * eight + lane % 8) * kInputPitch + 16 * (4 * step + lane / 8));
    return make_uint4(slots[0], slots[1], slots[2], slots[3]);
  } else {
    return reinterpret_cast<const uint4*>(ring_inputs)[4 * (step * kRows + 8 * eight) + lane];
  }
}

__device__ __forceinline__ void total_inputs(const Shared& shared, int steps, int lane) {
#pragma unroll 4
  for (int step = threadIdx.x / kWarpSize; step < steps; step += kWarps) {
    StepProduct<kType> product;
    total_step(product, read_inputs(shared, nullptr, 0, step, 0, lane));
    if (lane < (kRows + 1) / 2) {
      shared.totals[step * kRows + 2 * lane] = product.total[0];
      if constexpr (kRows > 1) shared.totals[step * kRows + 2 * lane + 1] = product.total[1];
    }
  }
}

// Which of its eight rows' four sums of a product sum i is.
__device__ __forceinline__ int place_of_sum(int i) { return kRows == 1 ? 2 * i : i % 4; }

// The units of a stage.
using Stage = StepProduct<kType>[kPlain ? 1 : kStageSteps][kEights];

// The one unit of a stage of plain weights.
__device__ __forceinline__ void multiply_plain(Stage& products, const Shared& shared, const u8* stage_ring, int stage, int lane) {
#pragma unroll
  for (int eight = 0; eight < kEights; ++eight) start_unit(products[0][eight]);
  // Sixteens 4 * step + lane / 8, exchanged by the number of the line: steps exchange the halves of 128 bytes of lines 4 to 7.
  int line = lane % 8;
  const u8* row = stage_ring + line * kPitch + 16 * (lane / 8 ^ line % 4);
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    u32 upper[4], lower[4];
    const u8* piece = row + 128 * (step / 2) + 64 * (step % 2 ^ line / 4);
    ldmatrix_x4(upper, piece);
    ldmatrix_x4(lower, piece + 8 * kPitch);
#pragma unroll
    for (int eight = 0; eight < kEights; ++eight) {
      multiply_step(products[0][eight], make_uint4(upper[0], upper[1], upper[2], upper[3]), make_uint4(lower[0], lower[1], lower[2], lower[3]),
                    read_inputs(shared, stage_ring + kLines * kPitch, stage, step, eight, lane));
    }
  }
}

// Two lanes take the scales of a line, to the warp's planes.
__device__ __forceinline__ void leave_scales(float* planes, const Stream& stream, const u8* stage_ring, int stage, int lane) {
  StepScale scales[4];
  int line = lane / 2, first = lane % 2 * 4;
  four_scales<kType>(scales, stage_ring + line * kPitch + stream.lead_of(line, stage), first);
  float* at = planes + line * kStageSteps + first;
  store_vec<float, 4>(at, {scales[0].scale[0], scales[1].scale[0], scales[2].scale[0], scales[3].scale[0]});
  if constexpr (kUnits == 2) {
    store_vec<float, 4>(at + kLines * kStageSteps, {scales[0].scale[1], scales[1].scale[1], scales[2].scale[1], scales[3].scale[1]});
  }
  if constexpr (has_minimum(kType)) {
    store_vec<float, 4>(at + kUnits * kLines * kStageSteps, {scales[0].minimum, scales[1].minimum, scales[2].minimum, scales[3].minimum});
  }
}

// The eight weights of lines g and g + 8 in slot order. Rows that lie on 16 bytes are read as matrices, two steps at once, into `words`.
__device__ __forceinline__ void read_weights(uint4& upper, uint4& lower, u32 (&words)[4], u32 (&fifths)[4], const u8* rows, int step, int lane) {
  int g = lane / 4, q = lane % 4;
  if constexpr (block_alignment(kType) == 16) {
    const u8* matrix = rows + (lane % 8 + lane / 16 * 8) * kPitch + 16 * (lane / 8 % 2);
    if (kType == Weight::kQ5_K && step == 0) ldmatrix_x4(fifths, matrix + 16);
    if (step % 2 == 0) ldmatrix_x4(words, matrix + (kType == Weight::kQ4_K ? 16 : 48) + 16 * step);
    upper = block_slots<kType>({{words[0], words[1], fifths[0], fifths[1]}}, step, q);
    lower = block_slots<kType>({{words[2], words[3], fifths[2], fifths[3]}}, step, q);
  } else {
    // Words of odd blocks lie on four bytes whatever the type, if the first one lies on 16.
    bool on_four = kLead == 0 && step % 2 == 1;
    const u8* block = rows + g * kPitch + step / kBlockSteps * block_bytes(kType);
    upper = block_slots<kType>(block_piece<kType>(block, step % kBlockSteps, q, on_four), step % kBlockSteps, q);
    lower = block_slots<kType>(block_piece<kType>(block + 8 * kPitch, step % kBlockSteps, q, on_four), step % kBlockSteps, q);
  }
}

__device__ __forceinline__ void multiply_blocks(Stage& products, const Shared& shared, const u8* rows, const u8* ring_inputs, int stage, int lane) {
  u32 words[4] = {}, fifths[4] = {};
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    uint4 upper, lower;
    read_weights(upper, lower, words, fifths, rows, step, lane);
#pragma unroll
    for (int eight = 0; eight < kEights; ++eight) {
      StepProduct<kType>& product = products[step][eight];
      uint4 inputs = read_inputs(shared, ring_inputs, stage, step, eight, lane);
      start_unit(product);
      multiply_step(product, upper, lower, inputs);
      if constexpr (kPacked) total_step(product, inputs);
    }
  }
}

// What units of four steps are added with.
struct Factors {
  Vec<float, 4> scale[2][kPlain ? 1 : kPlanes];
  float total[4][2];
};

__device__ __forceinline__ void read_factors(Factors& factors, const float* planes, const float* totals, int lane) {
#pragma unroll
  for (int i = 0; i < 2 * kPlanes; ++i) {
    factors.scale[i % 2][i / 2] = load_vec<float, 4>(planes + (lane / 4 + 8 * (i % 2)) * kStageSteps + i / 2 * kLines * kStageSteps);
  }
  if constexpr (has_minimum(kType) && !kPacked) {
    Vec<float, 4> four = load_vec<float, 4>(totals);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      Vec<float, 2> two = {four.v[i], four.v[i]};
      if constexpr (kRows > 1) two = load_vec<float, 2>(totals + i * kRows + 2 * (lane % 4));
      factors.total[i][0] = two.v[0], factors.total[i][1] = two.v[1];
    }
  }
}

// Adds the units of four steps.
__device__ __forceinline__ void add_units(float (&sums)[kSums], const Stage& products, int first, const Factors& factors) {
#pragma unroll
  for (int step = 0; step < 4; ++step) {
#pragma unroll
    for (int i = 0; i < kSums; ++i) {
      int at = place_of_sum(i);
      const StepProduct<kType>& product = products[first + step][i / 4];
      const Vec<float, 4>(&scale)[kPlain ? 1 : kPlanes] = factors.scale[at / 2];
      float total = !has_minimum(kType) ? 0.0f : kPacked ? product.total[at % 2] : factors.total[step][at % 2];
      sums[i] = add_step<kType>(sums[i], product.unit[0][at], product.unit[kUnits - 1][at], total,
                                {{scale[0].v[step], scale[kUnits - 1].v[step]}, scale[kPlanes - 1].v[step]});
    }
  }
}

__device__ __forceinline__ void finish_tile(const LinearParams& params, const Tile& tile, const float (&sums)[kSums], int lane) {
#pragma unroll
  for (int i = 0; i < kSums; ++i) {
    int half = place_of_sum(i) / 2, row = kRows == 1 ? lane % 4 : i / 4 * 8 + 2 * (lane % 4) + i % 2;
    int output = tile.first + lane / 4 + (kFused ? 0 : 8 * half);
    float sum = sums[i];
    if (kFused && half == 1) sum *= activate<kActivation>(sums[i - (kSums == 2 ? 1 : 2)]);
    if ((!kFused || half == 1) && row < params.rows && output < tile.part.outputs) finish<kGate, kActivation>(params, tile.part, row, output, sum);
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, kBlocks)
winnow_linear_row(const LinearParams params, int tiles) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
  int stages = (params.inputs + kStageInputs - 1) / kStageInputs, steps = stages * kStageSteps;
  Shared shared(steps);
  Stream stream(params, stages, tiles);
#pragma unroll
  for (int i = 0; i < kStages - 1; ++i) stream.advance(i);
  if constexpr (!kPacked) {
    round_inputs(shared, params, steps);
    __syncthreads();
    if constexpr (has_minimum(kType)) {
      total_inputs(shared, steps, lane);
      __syncthreads();
    }
  }

  using Sums = Vec<float, kSums>;
  int next = warp / kTeam * kTeam + (warp + 1) % kTeam, slot = 0;
  Sums* mine = reinterpret_cast<Sums*>(shared.batons + warp * kBatonFloats) + lane;
  Sums* theirs = reinterpret_cast<Sums*>(shared.batons + next * kBatonFloats) + lane;
  float* planes = shared.scales + warp * kScaleFloats;
  Place place;
  bool has_first = place.stage == 0;
  place.settle(stages);
#pragma unroll 1
  while (place.tile < tiles) {
    copy_async_wait<kStages - 2>();
    __syncwarp();
    stream.advance(slot == 0 ? kStages - 1 : slot - 1);
    const float* totals = shared.totals + place.stage * kStageSteps * kRows;
    const u8* stage_ring = stream.ring + slot * kStageRingBytes;
    const u8* rows = stage_ring + stream.lead_of(lane / 4, place.stage);
    Stage products;
    Factors factors;
    if constexpr (kPlain) {
      multiply_plain(products, shared, stage_ring, place.stage, lane);
    } else {
      leave_scales(planes, stream, stage_ring, place.stage, lane);
      multiply_blocks(products, shared, rows, stage_ring + kLines * kPitch, place.stage, lane);
      __syncwarp();
      read_factors(factors, planes, totals, lane);
    }

    // The baton also says that the one to pass on is free: it has gone all the way round since.
    if (!has_first) named_barrier_sync(warp, 2 * kWarpSize);
    has_first = false;
    Sums sums = {};
    if (place.stage > 0) sums = *mine;
    if constexpr (kPlain) {
#pragma unroll
      for (int i = 0; i < kSums; ++i) sums.v[i] = add_step<kType>(sums.v[i], products[0][i / 4].unit[0][place_of_sum(i)], 0.0f, 0.0f, {});
    } else {
#pragma unroll
      for (int first = 0; first < kStageSteps; first += 4) {
        if (first > 0) read_factors(factors, planes + first, totals + first * kRows, lane);
        add_units(sums.v, products, first, factors);
      }
    }
    int tile = place.tile;
    bool done = place.stage == stages - 1;
    if (!done) *theirs = sums;
    if (!done || tile + Place::next() < tiles) named_barrier_arrive(next, 2 * kWarpSize);
    if (done) finish_tile(params, Tile(params, tile), sums.v, lane);
    place.stage += kTeam;
    place.settle(stages);
    slot = slot + 1 == kStages ? 0 : slot + 1;
  }
}
