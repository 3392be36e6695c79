// row.cu - output[o] = residual[o] + bias[o] + sum_k input[k] * weight[o, k] for one row; or act(gate) * up of two such sums.
//
// Arguments: LinearParams (params.cuh), rows = 1. input: float [inputs], 16-byte aligned. weight: rows on 16 bytes, one after the other.
// Compile-time: WINNOW_WEIGHT (16-bit or block type), WINNOW_GATE and WINNOW_ACTIVATION (params.cuh; with a fused gate part 0 is the gate, part 1
// the projection). The arithmetic is that of pieces.cuh: the same bits as matvec.cu.
//
// A block takes tile after tile of 16 outputs. Its eight warps take stages of the inputs in turn (with a fused gate four each of gate and projection),
// and weights stream through a ring of each warp's own by 16-byte asynchronous copies, which run ahead over the end of a tile. Inputs are
// rounded once, to shared memory, where all columns of a product read them: it has eight columns of the same. Each unit is left in shared memory
// before its scale, and added up in order by a thread an output: those of 16-bit weights at the end of a tile, those of blocks after each round
// of stages, by another warp every time.
// Grid: as many blocks as run at once, or tiles of all parts; block: 256 threads; shared memory: WINNOW_SHARED_BYTES and what the inputs take.
// Bound by memory: the weights once.
#include "common/async.cuh"
#include "linear/params.cuh"
#include "linear/pieces.cuh"

constexpr Weight kType = static_cast<Weight>(WINNOW_WEIGHT);
constexpr Gate kGate = static_cast<Gate>(WINNOW_GATE);
constexpr Activation kActivation = static_cast<Activation>(WINNOW_ACTIVATION);

using T = MatrixElement<kType>::Type;
constexpr bool kPlain = is_plain(kType);
constexpr int kWarps = 8;
constexpr int kThreads = kWarps * kWarpSize;
constexpr int kMatrices = kGate == Gate::kFused ? 2 : 1;
constexpr int kSlices = kWarps / kMatrices;
constexpr int kTile = 16;

constexpr int kStageInputs = kPlain ? kStepInputs * kPlainUnitSteps : 256;
constexpr int kStageSteps = kStageInputs / kStepInputs;
constexpr int kStageBytes = kStageInputs / block_values(kType) * block_bytes(kType);
constexpr int kBlockSteps = kPlain ? 1 : block_values(kType) / kStepInputs;

// Stages of Q6_K start between sixteens: what is copied starts on one before.
constexpr int kLead = kStageBytes % 16 == 0 ? 0 : 16 - block_alignment(kType);
constexpr int kChunks = (kLead + kStageBytes + 15) / 16;
// Pieces of plain rows are permuted, other rows end on an odd sixteen: eight rows fill all banks.
constexpr int kPitch = kPlain ? 16 * kChunks : 16 * (kChunks | 1);
constexpr int kStageRingBytes = kTile * kPitch;
constexpr int kStages = kPlain ? 3 : 2;
constexpr int kRingBytes = kStages * kStageRingBytes;
constexpr int kCopies = (kTile * kChunks + kWarpSize - 1) / kWarpSize;

// A round is what all slices leave of one stage of blocks each; two of them, so that one is added up while the next is left.
constexpr int kUnits = units_of_step(kType);
constexpr int kPlanes = 2 * kUnits + (has_minimum(kType) ? 1 : 0);
constexpr int kRoundSteps = kSlices * kStageSteps;
constexpr int kRoundPitch = kRoundSteps + 4;
constexpr int kPlaneFloats = kMatrices * kTile * kRoundPitch;
constexpr int kRoundFloats = kPlain ? 0 : kPlanes * kPlaneFloats;
constexpr int kSumFloats = kPlain ? 0 : kMatrices * kTile;
constexpr int kSharedBytes = kWarps * kRingBytes + (2 * kRoundFloats + kSumFloats) * 4;
static_assert(kSharedBytes == WINNOW_SHARED_BYTES, "the host reckons with other shared memory");

extern __shared__ __align__(128) u8 shared_memory[];

// What lies behind the ring, in this order; CudaLinearVariant.InputBytes counts the last two.
struct Shared {
  float* rounds;  // blocks: [2, kPlanes, kMatrices * 16, kRoundPitch]: units, scales, minima
  float* sums;    // blocks: [kMatrices * 16]
  uint4* inputs;  // [steps, 4], in slot order
  float* tail;    // plain: units [2, kMatrices * 16, unit_pitch], of tiles in turn; blocks: sums of each step's inputs [steps]
  int unit_pitch;

  __device__ Shared(int steps) {
    rounds = reinterpret_cast<float*>(shared_memory + kWarps * kRingBytes);
    sums = rounds + 2 * kRoundFloats;
    inputs = reinterpret_cast<uint4*>(sums + kSumFloats);
    tail = reinterpret_cast<float*>(inputs + 4 * steps);
    unit_pitch = (steps / kPlainUnitSteps + kWarpSize) / kWarpSize * kWarpSize + 4;
  }
};

struct Tile {
  LinearPart part;
  int first;

  __device__ __forceinline__ Tile(const LinearParams& params, int number) {
    part = kGate == Gate::kFused ? params.parts[1] : part_of(params, number);
    first = (number - (kGate == Gate::kFused ? 0 : part.first_tile)) * kTile;
  }
};

// A warp's way through its share of the weights of tile after tile: which bytes its lanes copy, and where to.
struct Stream {
  const LinearParams& params;
  u8* ring;
  int lane;
  int matrix;
  int slice;
  int stages;
  i64 row_bytes;
  int tile;
  int tiles;
  int stage;
  const u8* weight;
  u32 from[kCopies];
  u32 to[kCopies];

  __device__ __forceinline__ Stream(const LinearParams& params, int stages, int tiles)
      : params(params), lane(threadIdx.x % kWarpSize), stages(stages), row_bytes(::row_bytes<kType>(params.inputs)), tile(blockIdx.x), tiles(tiles) {
    int warp = threadIdx.x / kWarpSize;
    ring = shared_memory + warp * kRingBytes;
    matrix = warp % kMatrices;
    slice = warp / kMatrices;
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      int copy = min(i * kWarpSize + lane, kTile * kChunks - 1);
      int row = copy / kChunks, chunk = copy % kChunks;
      to[i] = row * kPitch + 16 * (kPlain ? chunk ^ (row & 7) : chunk);
    }
    begin_tile();
  }

  static __device__ __forceinline__ int lead_of(int stage) { return kLead == 0 ? 0 : stage * kStageBytes & 15; }

  // Issues the copies of the warp's next stage, if there is one, as a group.
  __device__ __forceinline__ void advance(int slot) {
    if (tile < tiles) {
      if (stage < stages) copy(slot);
      stage += kSlices;
      if (stage - slice >= stages) {
        tile += gridDim.x;
        if (tile < tiles) begin_tile();
      }
    }
    copy_async_commit();
  }

 private:
  __device__ __forceinline__ void begin_tile() {
    Tile next(params, tile);
    stage = slice;
    weight = (kGate == Gate::kFused && matrix == 0 ? params.parts[0].weight : next.part.weight) + next.first * row_bytes;
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      int copy = min(i * kWarpSize + lane, kTile * kChunks - 1);
      int row = copy / kChunks, chunk = copy % kChunks;
      // Past the end the last row is taken again: what comes of it is not stored.
      from[i] = static_cast<u32>(min(row, next.part.outputs - 1 - next.first) * row_bytes) + 16 * chunk;
    }
  }

  __device__ __forceinline__ void copy(int slot) const {
    i64 start = static_cast<i64>(stage) * kStageBytes - lead_of(stage);
    const u8* source = weight + start;
    int left = static_cast<int>(min(row_bytes - start, static_cast<i64>(16 * kChunks)));
#pragma unroll
    for (int i = 0; i < kCopies; ++i) {
      if (kTile * kChunks % kWarpSize == 0 || i < kCopies - 1 || i * kWarpSize + lane < kTile * kChunks) {
        int chunk = (i * kWarpSize + lane) % kChunks;
        copy_async_16(ring + slot * kStageRingBytes + to[i], source + from[i], 16 * chunk < left);
      }
    }
  }
};

__device__ __forceinline__ void round_inputs(const Shared& shared, const LinearParams& params, int steps) {
#pragma unroll 4
  for (int item = threadIdx.x; item < 4 * steps; item += kThreads) {
    float share[8];
    load_share<kType, true>(share, static_cast<const float*>(params.input), item / 4 * kStepInputs, item % 4, params.inputs);
    shared.inputs[item] = round_share<T>(share);
  }
}

__device__ __forceinline__ void total_inputs(const Shared& shared, int steps) {
#pragma unroll 4
  for (int step = threadIdx.x / kWarpSize; step < steps; step += kWarps) {
    StepProduct<kType> product;
    total_step(product, shared.inputs[4 * step + threadIdx.x % 4]);
    if (threadIdx.x % kWarpSize == 0) shared.tail[step] = product.total[0];
  }
}

// Lanes of a quad hold the same sums: two of them leave those of outputs g and g + 8.
__device__ __forceinline__ void leave(float* units, int pitch, const float (&sums)[4], int lane) {
  int q = lane % 4;
  if (q < 2) units[(lane / 4 + 8 * q) * pitch] = q == 0 ? sums[0] : sums[2];
}

// The one unit of a stage of plain weights.
__device__ __forceinline__ void multiply_plain(const Shared& shared, const LinearParams& params, float* units, const u8* stage_ring, int stage, int matrix, int lane) {
  StepProduct<kType> product;
  start_unit(product);
  const u8* row = stage_ring + lane % 8 * kPitch;
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    if (stage * kStageInputs + step * kStepInputs < params.inputs) {
      u32 upper[4], lower[4];
      int place = 16 * ((4 * step + lane / 8) ^ (lane % 8));
      ldmatrix_x4(upper, row + place);
      ldmatrix_x4(lower, row + 8 * kPitch + place);
      multiply_step(product, make_uint4(upper[0], upper[1], upper[2], upper[3]), make_uint4(lower[0], lower[1], lower[2], lower[3]),
                    shared.inputs[4 * (stage * kStageSteps + step) + lane % 4]);
    }
  }
  leave(units + matrix * kTile * shared.unit_pitch + stage, shared.unit_pitch, product.unit[0], lane);
}

// The units and scales of a stage of blocks, left in the round's planes from `place` on. Two lanes take the scales of a row.
__device__ __forceinline__ void multiply_blocks(const Shared& shared, const LinearParams& params, float* round, const u8* stage_ring, int stage, int matrix, int lane) {
  int g = lane / 4, q = lane % 4, steps = min(kStageSteps, params.inputs / kStepInputs - stage * kStageSteps);
  const u8* rows = stage_ring + Stream::lead_of(stage);
#pragma unroll
  for (int i = 0; i < kStageSteps / 2; ++i) {
    int row = lane / 2, step = kStageSteps / 2 * (lane % 2) + i;
    if (step < steps) {
      StepScale scale = step_scale<kType>(rows + row * kPitch + step / kBlockSteps * block_bytes(kType), step % kBlockSteps);
      float* at = round + kUnits * kPlaneFloats + (matrix * kTile + row) * kRoundPitch + step;
      at[0] = scale.scale[0];
      if constexpr (kUnits == 2) at[kPlaneFloats] = scale.scale[1];
      if constexpr (has_minimum(kType)) at[kUnits * kPlaneFloats] = scale.minimum;
    }
  }
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    if (step < steps) {
      const u8* upper = rows + g * kPitch + step / kBlockSteps * block_bytes(kType);
      uint4 high = block_slots<kType>(block_piece<kType>(upper, step % kBlockSteps, q), step % kBlockSteps, q);
      uint4 low = block_slots<kType>(block_piece<kType>(upper + 8 * kPitch, step % kBlockSteps, q), step % kBlockSteps, q);
      StepProduct<kType> product;
      start_unit(product);
      multiply_step(product, high, low, shared.inputs[4 * (stage * kStageSteps + step) + q]);
#pragma unroll
      for (int unit = 0; unit < kUnits; ++unit) {
        leave(round + unit * kPlaneFloats + matrix * kTile * kRoundPitch + step, kRoundPitch, product.unit[unit], lane);
      }
    }
  }
}

// Up to four values, one behind the other, of which the first `count` are there.
__device__ __forceinline__ void read4(float (&values)[4], const float* address, int count) {
  if (count >= 4) {
    float4 all = *reinterpret_cast<const float4*>(address);
    values[0] = all.x, values[1] = all.y, values[2] = all.z, values[3] = all.w;
  } else {
#pragma unroll
    for (int i = 0; i < 3; ++i) values[i] = i < count ? address[i] : 0.0f;
  }
}

// Adds `count` units of output `output` (of both matrices, numbered through) to a sum, in order; those of blocks belong to steps from `first_step` on.
__device__ __forceinline__ float add_units(float sum, const Shared& shared, const float* units, int output, int first_step, int count) {
  const float* at = units + output * (kPlain ? shared.unit_pitch : kRoundPitch);
#pragma unroll 2
  for (int base = 0; base < count; base += 4) {
    int left = count - base;
    float first[4], second[4] = {}, scale[4] = {}, other[4] = {}, minimum[4] = {}, total[4] = {};
    read4(first, at + base, left);
    if constexpr (!kPlain) read4(scale, at + kUnits * kPlaneFloats + base, left);
    if constexpr (kUnits == 2) {
      read4(second, at + kPlaneFloats + base, left);
      read4(other, at + 3 * kPlaneFloats + base, left);
    }
    if constexpr (has_minimum(kType)) {
      read4(minimum, at + 2 * kUnits * kPlaneFloats + base, left);
      read4(total, shared.tail + first_step + base, left);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (i < left) sum = add_step<kType>(sum, first[i], second[i], total[i], {{scale[i], other[i]}, minimum[i]});
    }
  }
  return sum;
}

// The first lanes of a warp have the sums of a tile's outputs.
__device__ __forceinline__ void finish_tile(const LinearParams& params, const Tile& tile, float sum, int lane) {
  if constexpr (kGate == Gate::kFused) {
    float gate = __shfl_sync(kFullWarp, sum, lane % kTile);
    sum *= activate<kActivation>(gate);
  }
  int output = tile.first + lane % kTile;
  if (lane / kTile == kMatrices - 1 && output < tile.part.outputs) finish<kGate, kActivation>(params, tile.part, 0, output, sum);
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, kPlain ? 2 : 3) winnow_linear_row(const LinearParams params, int tiles) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
  int steps = (params.inputs + kStepInputs - 1) / kStepInputs, stages = (params.inputs + kStageInputs - 1) / kStageInputs;
  Shared shared(steps);
  Stream stream(params, stages, tiles);
#pragma unroll
  for (int i = 0; i < kStages - 1; ++i) stream.advance(i);
  if (!kPlain && threadIdx.x < kSumFloats) shared.sums[threadIdx.x] = 0.0f;
  round_inputs(shared, params, steps);
  __syncthreads();
  if constexpr (has_minimum(kType)) total_inputs(shared, steps);

  int slot = 0, number = 0, turn = 0;
#pragma unroll 1
  for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x, ++turn) {
    float* units = kPlain ? shared.tail + turn % 2 * kMatrices * kTile * shared.unit_pitch : nullptr;
#pragma unroll 1
    for (int base = 0; base < stages; base += kSlices, ++number) {
      int stage = base + stream.slice;
      copy_async_wait<kStages - 2>();
      __syncwarp();
      stream.advance(slot == 0 ? kStages - 1 : slot - 1);
      const u8* stage_ring = stream.ring + slot * kStageRingBytes;
      slot = slot + 1 == kStages ? 0 : slot + 1;
      if constexpr (kPlain) {
        if (stage < stages) multiply_plain(shared, params, units, stage_ring, stage, stream.matrix, lane);
      } else {
        float* round = shared.rounds + number % 2 * kRoundFloats;
        if (stage < stages) multiply_blocks(shared, params, round + stream.slice * kStageSteps, stage_ring, stage, stream.matrix, lane);
        __syncthreads();
        if (number % kWarps == warp && lane < kSumFloats) {
          shared.sums[lane] = add_units(shared.sums[lane], shared, round, lane, base * kStageSteps, min(kRoundSteps, steps - base * kStageSteps));
        }
      }
    }
    __syncthreads();
    // Another warp every time; what others leave meanwhile lies elsewhere, and sums are added to after the next barrier.
    if (turn % kWarps == warp) {
      float sum = 0.0f;
      if (lane < kMatrices * kTile) {
        if constexpr (kPlain) {
          sum = add_units(0.0f, shared, units, lane, 0, stages);
        } else {
          sum = shared.sums[lane];
          shared.sums[lane] = 0.0f;
        }
      }
      finish_tile(params, Tile(params, tile), sum, lane);
    }
  }
}
