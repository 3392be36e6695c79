// matmul.cu - output[r, o] = residual[r, o] + bias[o] + sum_k input[r, k] * weight[o, k] for many rows; or act(gate) * up of two such sums.
//
// Arguments: LinearParams (params.cuh). input: what pack.cu made, [rows, stride] in the matrix type, stride % 64 == 0. weight: 16-byte aligned,
// the rows one after the other.
// Compile-time: WINNOW_WEIGHT (16-bit or block type), WINNOW_ALIGNED (weight rows on 16 bytes, inputs % 8 == 0; else element by element; true
// for blocks), WINNOW_TILE (128 or 64 outputs x as many rows a block), WINNOW_GATE and WINNOW_ACTIVATION (params.cuh; with a fused gate part 0 is the
// gate, part 1 the projection, and a tile holds 16 outputs of each in turn). The arithmetic is that of pieces.cuh: the same bits as matvec.cu.
//
// Inputs, and aligned 16-bit weights, come through a ring of 3 to 5 stages by asynchronous copies; other weights are widened
// to halves on the way, loaded while stages before are multiplied. A panel is 32 inputs of all rows, 64 bytes a row. Of plain weights its pieces of
// 16 bytes are exchanged by the number of the row, so that ldmatrix finds eight rows in all banks. Of blocks the slot order is that of fragments:
// 16 bytes are a lane's registers of both products of a step, and those of eight lanes cover all banks. A unit of plain weights stays in
// registers beside the sums while its steps pass by. Grid: (row tiles, output tiles); block: 128 or 256 threads.
// Bound by the tensor cores: 2 * rows * outputs * inputs flops, 64 a byte that comes from the second-level cache with tiles of 128.
#include "common/async.cuh"
#include "linear/params.cuh"
#include "linear/pieces.cuh"

constexpr Weight kType = static_cast<Weight>(WINNOW_WEIGHT);
constexpr bool kAligned = WINNOW_ALIGNED;
constexpr Gate kGate = static_cast<Gate>(WINNOW_GATE);
constexpr Activation kActivation = static_cast<Activation>(WINNOW_ACTIVATION);
constexpr int kTile = WINNOW_TILE;

using T = MatrixElement<kType>::Type;
constexpr bool kPlain = is_plain(kType);
constexpr bool kAsync = kPlain && kAligned;
// Warps lie two by two in a small tile, two by four in a large one: sums and units, or weights that are widened, take registers.
constexpr int kRowWarps = kTile == 128 ? 4 : 2;
constexpr int kThreads = 2 * kRowWarps * kWarpSize;
constexpr int kTileOutputs = kGate == Gate::kFused ? kTile / 2 : kTile;
constexpr int kWarpOutputs = kTile / 2;
constexpr int kWarpRows = kTile / kRowWarps;
constexpr int kOutputTiles = kWarpOutputs / 16;
constexpr int kRowTiles = kWarpRows / 8;
// Small tiles are for few rows, where the weights' way from memory bounds: more of them are under way, steps ahead where they go through registers.
constexpr int kStages = kTile == 64 && kAsync ? 5 : 3;
constexpr int kAhead = kTile == 128 || kAsync ? 1 : block_values(kType) == 256 ? 2 : 4;
constexpr int kStageSteps = kAsync ? 2 : 1;
constexpr int kBlockSteps = kPlain ? 1 : block_values(kType) / kStepInputs;
constexpr int kUnitStages = kPlainUnitSteps / kStageSteps;

constexpr int kPanelBytes = kTile * 2 * kStepInputs;
constexpr int kInputRingBytes = kStages * kStageSteps * kPanelBytes;
constexpr int kWeightRingBytes = (kAsync ? kStages : 2) * kStageSteps * kPanelBytes;
constexpr int kScaleFloats = kPlain ? 0 : 3 * kTile;
constexpr int kSharedBytes = kInputRingBytes + kWeightRingBytes + 2 * kScaleFloats * 4;
static_assert(kSharedBytes == WINNOW_SHARED_BYTES, "the host reckons with other shared memory");

// Weights that are widened on the way: this many pieces a thread.
constexpr int kPieces = kTile * 4 / kThreads;

extern __shared__ __align__(16) u8 shared_memory[];

// The same value, of which the compiler knows nothing: what comes of it is reckoned again in each stage, which is cheap, and not kept in
// registers, which the sums need.
__device__ __forceinline__ int unknown(int value) {
  asm volatile("" : "+r"(value));
  return value;
}

// Where 16 bytes of a row of a panel lie.
__device__ __forceinline__ int place_of(int row, int chunk) { return row * 64 + 16 * (kPlain ? chunk ^ (row / 2 % 4) : chunk); }

struct Tile {
  const u8* weight;
  const u8* gate;
  i64 row_bytes;
  int first_output;
  int outputs;
  int first_row;
};

// The output of a row of the tile, and its weights. Tiles of a fused gate alternate: 16 of the gate, the same 16 of the projection.
__device__ __forceinline__ int output_of(const Tile& tile, int row) {
  return tile.first_output + (kGate == Gate::kFused ? row / 32 * 16 + row % 16 : row);
}

__device__ __forceinline__ const u8* weights_of(const Tile& tile, int row) {
  // Past the end the last row is taken again: what comes of it is not stored.
  int output = min(output_of(tile, row), tile.outputs - 1);
  const u8* weight = kGate == Gate::kFused && row / 16 % 2 == 0 ? tile.gate : tile.weight;
  return weight + output * tile.row_bytes;
}

__device__ __forceinline__ void copy_stage(u8* inputs, u8* weights, const LinearParams& params, const Tile& tile, int stage) {
  int thread = kAsync ? unknown(threadIdx.x) : threadIdx.x, q = thread % 4;
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    int k = (stage * kStageSteps + step) * kStepInputs + 8 * q;
#pragma unroll
    for (int i = 0; i < kPieces; ++i) {
      int row = thread / 4 + i * (kThreads / 4);
      int place = step * kPanelBytes + place_of(row, q);
      bool valid = tile.first_row + row < params.rows;
      const u8* input = static_cast<const u8*>(params.input);
      i64 at = valid ? (static_cast<i64>(tile.first_row + row) * params.stride + k) * 2 : 0;
      copy_async_16(inputs + place, input + at, valid);
      if constexpr (kAsync) {
        bool inside = k < params.inputs;
        copy_async_16(weights + place, weights_of(tile, row) + (inside ? 2 * k : 0), inside);
      }
    }
  }
}

struct Staged {
  Piece piece[kPieces];
  StepScale scale;
};

// This thread's share of the weights of a step: a quarter of some rows, and the scales of one row.
__device__ __forceinline__ void load_weights(Staged& staged, const LinearParams& params, const Tile& tile, int step) {
  int thread = threadIdx.x, q = thread % 4;
#pragma unroll
  for (int i = 0; i < kPieces; ++i) {
    const u8* row = weights_of(tile, thread / 4 + i * (kThreads / 4));
    if constexpr (kPlain) {
#pragma unroll
      for (int pair = 0; pair < 4; ++pair) staged.piece[i].word[pair] = plain_pair(row, step * kStepInputs + 8 * q + 2 * pair, params.inputs);
    } else {
      staged.piece[i] = block_piece<kType>(row + static_cast<i64>(step / kBlockSteps) * block_bytes(kType), step % kBlockSteps, q);
    }
  }
  if constexpr (!kPlain) {
    if (thread < kTile) {
      const u8* row = weights_of(tile, thread);
      staged.scale = step_scale<kType>(row + static_cast<i64>(step / kBlockSteps) * block_bytes(kType), step % kBlockSteps);
    }
  }
}

__device__ __forceinline__ void store_weights(u8* panel, float* scales, const Staged& staged, int step) {
  int q = threadIdx.x % 4;
#pragma unroll
  for (int i = 0; i < kPieces; ++i) {
    uint4 slots;
    if constexpr (kPlain) {
      const u32* word = staged.piece[i].word;
      slots = make_uint4(word[0], word[1], word[2], word[3]);
    } else {
      slots = block_slots<kType>(staged.piece[i], step % kBlockSteps, q);
    }
    *reinterpret_cast<uint4*>(panel + place_of(threadIdx.x / 4 + i * (kThreads / 4), q)) = slots;
  }
  if constexpr (!kPlain) {
    if (threadIdx.x < kTile) {
      scales[threadIdx.x] = staged.scale.scale[0];
      if constexpr (units_of_step(kType) == 2) scales[kTile + threadIdx.x] = staged.scale.scale[1];
      if constexpr (has_minimum(kType)) scales[2 * kTile + threadIdx.x] = staged.scale.minimum;
    }
  }
}

// The slots of eight rows, of which a lane holds those of row lane / 4.
__device__ __forceinline__ uint4 read_slots(const u8* panel, int first_row, int lane) {
  if constexpr (kPlain) {
    u32 slots[4];
    ldmatrix_x4(slots, panel + place_of(first_row + lane % 8, lane / 8));
    return make_uint4(slots[0], slots[1], slots[2], slots[3]);
  } else {
    return *reinterpret_cast<const uint4*>(panel + place_of(first_row + lane / 4, lane % 4));
  }
}

__device__ __forceinline__ StepScale read_scale(const float* scales, int row) {
  StepScale scale = {};
  if constexpr (!kPlain) {
    scale.scale[0] = scales[row];
    if constexpr (units_of_step(kType) == 2) scale.scale[1] = scales[kTile + row];
    if constexpr (has_minimum(kType)) scale.minimum = scales[2 * kTile + row];
  }
  return scale;
}

struct Weights {
  uint4 upper, lower;
  StepScale upper_scale, lower_scale;
};

__device__ __forceinline__ Weights read_weights(const u8* panel, const float* scales, int first_output, int lane) {
  int output = first_output + lane / 4;
  return {read_slots(panel, first_output, lane), read_slots(panel, first_output + 8, lane), read_scale(scales, output), read_scale(scales, output + 8)};
}

using Sums = float[kOutputTiles][kRowTiles][4];

// A unit of plain weights that is under way; nothing of blocks.
using Units = StepProduct<kType>[kPlain ? kOutputTiles : 1][kPlain ? kRowTiles : 1];

__device__ __forceinline__ void start_units(Units& units) {
  if constexpr (kPlain) {
#pragma unroll
    for (int i = 0; i < kOutputTiles * kRowTiles; ++i) start_unit(units[i / kRowTiles][i % kRowTiles]);
  }
}

__device__ __forceinline__ void add_units(Sums& sums, Units& units) {
  if constexpr (kPlain) {
#pragma unroll
    for (int i = 0; i < kOutputTiles * kRowTiles; ++i) add_step(sums[i / kRowTiles][i % kRowTiles], units[i / kRowTiles][i % kRowTiles], {}, {});
    start_units(units);
  }
}

// Weights stay in registers while inputs pass by; with two scales a step the inputs are fewer registers.
__device__ __forceinline__ void compute_step(Sums& sums, Units& units, const u8* inputs, const u8* weights, const float* scales, int warp,
                                             int lane) {
  int output = warp / kRowWarps * kWarpOutputs, row = warp % kRowWarps * kWarpRows;
  if constexpr (units_of_step(kType) == 1) {
    Weights held[kOutputTiles];
#pragma unroll
    for (int m = 0; m < kOutputTiles; ++m) held[m] = read_weights(weights, scales, output + 16 * m, lane);
#pragma unroll
    for (int n = 0; n < kRowTiles; ++n) {
      uint4 share = read_slots(inputs, row + 8 * n, lane);
      StepProduct<kType> product;
      total_step(product, share);
#pragma unroll
      for (int m = 0; m < kOutputTiles; ++m) {
        if constexpr (kPlain) {
          multiply_step(units[m][n], held[m].upper, held[m].lower, share);
        } else {
          start_unit(product);
          multiply_step(product, held[m].upper, held[m].lower, share);
          add_step(sums[m][n], product, held[m].upper_scale, held[m].lower_scale);
        }
      }
    }
  } else {
    uint4 held[kRowTiles];
#pragma unroll
    for (int n = 0; n < kRowTiles; ++n) held[n] = read_slots(inputs, row + 8 * n, lane);
#pragma unroll
    for (int m = 0; m < kOutputTiles; ++m) {
      Weights weight = read_weights(weights, scales, output + 16 * m, lane);
#pragma unroll
      for (int n = 0; n < kRowTiles; ++n) {
        StepProduct<kType> product;
        start_unit(product);
        multiply_step(product, weight.upper, weight.lower, held[n]);
        add_step(sums[m][n], product, weight.upper_scale, weight.lower_scale);
      }
    }
  }
}

__device__ __forceinline__ void store_sums(const Sums& sums, const LinearParams& params,
                                           const LinearPart& part, const Tile& tile, int warp, int lane) {
  constexpr int kStride = kGate == Gate::kFused ? 2 : 1;
#pragma unroll
  for (int n = 0; n < kRowTiles; ++n) {
#pragma unroll
    for (int m = 0; m < kOutputTiles; m += kStride) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        int output = output_of(tile, warp / kRowWarps * kWarpOutputs + 16 * m + lane / 4 + 8 * (i / 2));
        int row = tile.first_row + warp % kRowWarps * kWarpRows + 8 * n + 2 * (lane % 4) + i % 2;
        if (output < tile.outputs && row < params.rows) {
          float sum = sums[m + kStride - 1][n][i];
          if constexpr (kGate == Gate::kFused) sum *= activate<kActivation>(sums[m][n][i]);
          finish<kGate, kActivation>(params, part, row, output, sum);
        }
      }
    }
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads)
winnow_linear_matmul(const LinearParams params) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
  LinearPart part = kGate == Gate::kFused ? params.parts[1] : part_of(params, blockIdx.y);
  Tile tile;
  tile.weight = part.weight;
  tile.gate = params.parts[0].weight;
  tile.row_bytes = row_bytes<kType>(params.inputs);
  tile.outputs = part.outputs;
  tile.first_output = (blockIdx.y - (kGate == Gate::kFused ? 0 : part.first_tile)) * kTileOutputs;
  tile.first_row = blockIdx.x * kTile;

  u8* weights = shared_memory + kInputRingBytes;
  float* scales = reinterpret_cast<float*>(weights + kWeightRingBytes);
  int steps = (params.inputs + kStepInputs - 1) / kStepInputs;
  int stages = (steps + kStageSteps - 1) / kStageSteps;
#pragma unroll 1
  for (int i = 0; i < kStages - 1; ++i) {
    int place = i * kStageSteps * kPanelBytes;
    if (i < stages) copy_stage(shared_memory + place, weights + (kAsync ? place : 0), params, tile, i);
    copy_async_commit();
  }

  Staged staged[kAhead];
  if constexpr (!kAsync) {
#pragma unroll
    for (int ahead = 0; ahead < kAhead; ++ahead) {
      if (ahead < stages) load_weights(staged[ahead], params, tile, ahead);
    }
  }
  Sums sums = {};
  Units units;
  start_units(units);
  int slot = 0;
  for (int base = 0; base < stages; base += kAhead) {
#pragma unroll
    for (int ahead = 0; ahead < kAhead; ++ahead) {
      int stage = base + ahead;
      if (stage < stages) {
        u8* panel = weights + (kAsync ? slot : stage % 2) * kStageSteps * kPanelBytes;
        float* panel_scales = scales + stage % 2 * kScaleFloats;
        copy_async_wait<kStages - 2>();
        if constexpr (!kAsync) store_weights(panel, panel_scales, staged[ahead], stage);
        __syncthreads();
        if (stage + kStages - 1 < stages) {
          int place = (slot == 0 ? kStages - 1 : slot - 1) * kStageSteps * kPanelBytes;
          copy_stage(shared_memory + place, weights + (kAsync ? place : 0), params, tile, stage + kStages - 1);
        }
        copy_async_commit();
        if constexpr (!kAsync) {
          if (stage + kAhead < stages) load_weights(staged[ahead], params, tile, stage + kAhead);
        }
#pragma unroll
        for (int step = 0; step < kStageSteps; ++step) {
          if (stage * kStageSteps + step < steps) {
            const u8* inputs = shared_memory + (slot * kStageSteps + step) * kPanelBytes;
            compute_step(sums, units, inputs, panel + step * kPanelBytes, panel_scales, warp, lane);
          }
        }
        if (kPlain && (stage + 1) % kUnitStages == 0) add_units(sums, units);
        slot = slot + 1 == kStages ? 0 : slot + 1;
      }
    }
  }
  copy_async_wait<0>();
  if (kPlain && stages % kUnitStages != 0) add_units(sums, units);
  // The part is looked up again, so that its addresses do not occupy registers in the loop.
  store_sums(sums, params, kGate == Gate::kFused ? params.parts[1] : part_of(params, unknown(blockIdx.y)), tile, warp, lane);
}
