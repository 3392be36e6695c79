// matvec.cu - output[r, o] = residual[r, o] + bias[o] + sum_k input[r, k] * weight[o, k] for few rows; or act(gate) * up of two such sums.
// Where row.cu has no room: devices with less shared memory, and 16-bit weights whose rows do not lie on 16 bytes.
//
// Arguments: LinearParams (params.cuh). input: float [rows <= WINNOW_ROWS, inputs]. weight: 16-byte aligned, the rows one after the other.
// Compile-time: WINNOW_WEIGHT (16-bit or block type), WINNOW_ALIGNED (input and weight rows on 16 bytes, inputs % 8 == 0; else element by
// element), WINNOW_ROWS (8 or 16), WINNOW_GATE and WINNOW_ACTIVATION (params.cuh; with a fused gate part 0 is the gate, part 1 the projection),
// WINNOW_SPLIT: how many warps share one tile of 16 outputs, 1 (plenty of outputs) or 4. The arithmetic is that of pieces.cuh: the same bits.
//
// Weights stream through a ring of each warp's own in shared memory, by 16-byte asynchronous copies of whole runs of a row, 12 to 20 KB deep.
// With a split the warps take stages of the inputs in turn, each leaves its units before scales in shared memory, and after every round each
// thread, who owns one output of one row, adds them up in order. Grid: tiles of 16 outputs / (tiles a block); block: 32 * kWarps threads.
// Bound by memory: the weights once; a KB of bf16 weights is two products of 4096 flops.
#include "common/async.cuh"
#include "linear/params.cuh"
#include "linear/pieces.cuh"

constexpr Weight kType = static_cast<Weight>(WINNOW_WEIGHT);
constexpr bool kAligned = WINNOW_ALIGNED;
constexpr Gate kGate = static_cast<Gate>(WINNOW_GATE);
constexpr Activation kActivation = static_cast<Activation>(WINNOW_ACTIVATION);
constexpr int kTiles = WINNOW_ROWS / 8;
constexpr int kSplit = WINNOW_SPLIT;

using T = MatrixElement<kType>::Type;
constexpr bool kPlain = is_plain(kType);
constexpr int kMatrices = kGate == Gate::kFused ? 2 : 1;
constexpr int kWarps = kSplit == 1 ? 2 : kSplit;
constexpr int kUnits = units_of_step(kType);

constexpr int kStageInputs = block_values(kType) == 256 ? 256 : 128;
constexpr int kStageSteps = kStageInputs / kStepInputs;
constexpr int kStageBytes = kStageInputs / block_values(kType) * block_bytes(kType);
constexpr int kBlockSteps = kPlain ? 1 : block_values(kType) / kStepInputs;
constexpr bool kCopied = kPlain && kAligned;
static_assert(!kPlain || kStageSteps == kPlainUnitSteps, "a stage of plain weights is one unit");

// A stage of a row starts up to kLead bytes before its first block, on 16 bytes.
constexpr int kLead = kCopied ? 0 : 16 - block_alignment(kType);
constexpr int kChunks = (kLead + kStageBytes + 15) / 16;
// 16 bytes, or single words, of eight rows fill all banks where a row ends on an odd sixteen.
constexpr int kPitch = 16 * (kChunks | 1);
constexpr int kStageRingBytes = kMatrices * 16 * kPitch;
constexpr int kWished = (kSplit == 1 ? 20480 : !kPlain ? 12288 : kTiles == 1 ? 20480 : 16384) / kStageRingBytes;
constexpr int kStages = kWished < 3 ? 3 : kWished > 8 ? 8 : kWished;
constexpr int kRingBytes = kWarps * kStages * kStageRingBytes;

// What one unit of plain weights, or step of blocks, leaves for the merge: units [kTiles, kUnits, 4 pairs of rows, 32 and padding], so that neither the warps that write them nor
// the one that reads a pair of rows meet in a bank; totals [kTiles, 8]; scales [3, 16].
constexpr int kPairFloats = 40;
constexpr int kUnitFloats = 4 * kPairFloats;
constexpr int kStageUnits = kPlain ? 1 : kStageSteps;
constexpr int kRoundUnits = kSplit * kStageUnits;
constexpr int kStepFloats = kTiles * (kUnits * kUnitFloats + (has_minimum(kType) ? 8 : 0)) + (kPlain ? 0 : 16 * 3);
constexpr int kSharedBytes = kRingBytes + (kSplit == 1 ? 0 : kRoundUnits * kStepFloats * 4);
static_assert(kSplit == 1 || (kSplit == 4 && kMatrices == 1), "four warps have as many threads as a tile has sums");
static_assert(kSharedBytes == WINNOW_SHARED_BYTES, "the host reckons with other shared memory");

extern __shared__ __align__(16) u8 shared_memory[];

struct Tile {
  const u8* weight[kMatrices];
  i64 row_bytes;
  int first;
  int outputs;
};

// Where stage `stage` of output `row` of the tile starts.
__device__ __forceinline__ const u8* stage_start(const Tile& tile, int matrix, int row, int stage) {
  return tile.weight[matrix] + (tile.first + row) * tile.row_bytes + static_cast<i64>(stage) * kStageBytes;
}

__device__ __forceinline__ int lead_of(const u8* start) {
  return kLead == 0 ? 0 : static_cast<int>(reinterpret_cast<u64>(start) & 15);
}

__device__ __forceinline__ void copy_stage(u8* ring, const Tile& tile, int stage, int lane) {
  constexpr int kCopies = 16 * kChunks;
#pragma unroll
  for (int matrix = 0; matrix < kMatrices; ++matrix) {
#pragma unroll
    for (int first = 0; first < kCopies; first += kWarpSize) {
      int copy = first + lane;
      if (kCopies % kWarpSize == 0 || copy < kCopies) {
        int row = copy / kChunks, chunk = copy % kChunks;
        const u8* start = stage_start(tile, matrix, row, stage);
        const u8* source = start - lead_of(start) + 16 * chunk;
        i64 left = stage_start(tile, matrix, row, 0) + tile.row_bytes - source;
        int bytes = tile.first + row >= tile.outputs || left <= 0 ? 0 : left < 16 ? static_cast<int>(left) : 16;
        // On 16 bytes, as blocks are from the start.
        const u8* nothing = tile.weight[matrix] - (kPlain ? lead_of(tile.weight[matrix]) : 0);
        copy_async_16_part(ring + (matrix * 16 + row) * kPitch + 16 * chunk, bytes == 0 ? nothing : source, bytes);
      }
    }
  }
}

// Eight weights in slot order and their scale, out of the ring. `start` is the row's first byte of the stage there; where rows are copied as they lie, a
// lane gives the address of 16 bytes of one of eight rows.
__device__ __forceinline__ uint4 read_weights(StepScale& scale, const u8* start, int step, int q, int inputs_left) {
  if constexpr (kCopied) {
    u32 slots[4];
    ldmatrix_x4(slots, start + step * kStepInputs * 2);
    return make_uint4(slots[0], slots[1], slots[2], slots[3]);
  } else if constexpr (kPlain) {
    int k = step * kStepInputs + 2 * q;
    return make_uint4(plain_pair(start, k, inputs_left), plain_pair(start, k + 8, inputs_left), plain_pair(start, k + 16, inputs_left),
                      plain_pair(start, k + 24, inputs_left));
  } else {
    const u8* block = start + step / kBlockSteps * block_bytes(kType);
    scale = step_scale<kType>(block, step % kBlockSteps);
    return block_slots<kType>(block_piece<kType>(block, step % kBlockSteps, q), step % kBlockSteps, q);
  }
}

struct Shares {
  float value[kTiles][8];
};

// Inputs are loaded so many steps before they are multiplied, also into the warp's next stage: they come from the second-level cache.
constexpr int kAhead = kTiles == 1 ? 4 : 2;
static_assert(kStageSteps % kAhead == 0, "a step finds its inputs where an earlier stage left them");

__device__ __forceinline__ void load_shares(Shares& shares, const LinearParams& params, int k, int g, int q) {
  const float* input = static_cast<const float*>(params.input);
#pragma unroll
  for (int tile = 0; tile < kTiles; ++tile) {
    int row = 8 * tile + g;
    load_share<kType, kAligned>(shares.value[tile], input + static_cast<i64>(row) * params.inputs, k, q, row < params.rows ? params.inputs : 0);
  }
}

// Leaves what one unit of plain weights, or step of blocks, came to for the merge.
__device__ __forceinline__ void leave_step(float* at, const StepProduct<kType>& product, int tile, int lane) {
  float* units = at + tile * kUnits * kUnitFloats + lane % 4 * kPairFloats + lane / 4 * 4;
#pragma unroll
  for (int unit = 0; unit < kUnits; ++unit) {
    *reinterpret_cast<float4*>(units + unit * kUnitFloats) =
        make_float4(product.unit[unit][0], product.unit[unit][1], product.unit[unit][2], product.unit[unit][3]);
  }
  if constexpr (has_minimum(kType)) {
    float* totals = at + kTiles * kUnits * kUnitFloats + 8 * tile;
    if (lane < 4) *reinterpret_cast<float2*>(totals + 2 * lane) = make_float2(product.total[0], product.total[1]);
  }
}

__device__ __forceinline__ void leave_scale(float* at, const StepScale& scale, int output) {
  float* scales = at + kStepFloats - 16 * 3;
  scales[output] = scale.scale[0];
  if constexpr (kUnits == 2) scales[16 + output] = scale.scale[1];
  if constexpr (has_minimum(kType)) scales[32 + output] = scale.minimum;
}

// With a split, the output and the row, within tiles of 16 and 8, that a thread adds up.
__device__ __forceinline__ int merged_output(int lane) { return lane / 4 + lane % 4 / 2 * 8; }

__device__ __forceinline__ int merged_row(int warp, int lane) { return 2 * warp + lane % 2; }

// Adds the first `units_left` units, or steps, of a round to this thread's sum of each tile of rows. Warps whose rows do not exist have nothing to do.
__device__ __forceinline__ void merge_round(float (&sums)[kTiles], const float* round, int units_left, int rows, int warp, int lane) {
  int output = merged_output(lane);
#pragma unroll 4
  for (int unit = 0; unit < units_left; ++unit) {
    const float* at = round + unit * kStepFloats;
    StepScale scale = {};
    if constexpr (!kPlain) {
      const float* scales = at + kStepFloats - 16 * 3;
      scale.scale[0] = scales[output];
      if constexpr (kUnits == 2) scale.scale[1] = scales[16 + output];
      if constexpr (has_minimum(kType)) scale.minimum = scales[32 + output];
    }
#pragma unroll
    for (int tile = 0; tile < kTiles; ++tile) {
      if (8 * tile + 2 * warp < rows) {
        const float* units = at + tile * kUnits * kUnitFloats + warp * kPairFloats + lane;
        float total = has_minimum(kType) ? at[kTiles * kUnits * kUnitFloats + 8 * tile + merged_row(warp, lane)] : 0.0f;
        sums[tile] = add_step<kType>(sums[tile], units[0], units[(kUnits - 1) * kUnitFloats], total, scale);
      }
    }
  }
}

// A unit of plain weights, or a step of blocks, is complete.
__device__ __forceinline__ void end_unit(float (&sum)[4], float* left, const StepProduct<kType>& product, const StepScale& upper, const StepScale& lower,
                                         int tile, int lane) {
  if constexpr (kSplit == 1) {
    add_step(sum, product, upper, lower);
  } else {
    leave_step(left, product, tile, lane);
  }
}

// The steps of one stage: into the sums, or with a split to where the merge finds them.
__device__ __forceinline__ void compute_stage(float (&sums)[kMatrices][kTiles][4], float* left, const u8* ring, const LinearParams& params,
                                              const Tile& tile, Shares (&ahead)[kAhead], int stage, int lane) {
  int g = lane / 4, q = lane % 4;
  int first = stage * kStageInputs;
  const u8* rows[kMatrices][2];
#pragma unroll
  for (int matrix = 0; matrix < kMatrices; ++matrix) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      int row = (kCopied ? lane % 8 : g) + 8 * half;
      int lead = kCopied ? 16 * (lane / 8) : lead_of(stage_start(tile, matrix, row, stage));
      rows[matrix][half] = ring + (matrix * 16 + row) * kPitch + lead;
    }
  }
  StepProduct<kType> product[kPlain ? kMatrices : 1][kTiles];
  if constexpr (kPlain) {
#pragma unroll
    for (int i = 0; i < kMatrices * kTiles; ++i) start_unit(product[i / kTiles][i % kTiles]);
  }
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    int k = first + step * kStepInputs;
    if (k < params.inputs) {
      uint4 inputs[kTiles];
#pragma unroll
      for (int t = 0; t < kTiles; ++t) inputs[t] = round_share<T>(ahead[step % kAhead].value[t]);
      int later = k + kAhead * kStepInputs + (step + kAhead < kStageSteps ? 0 : (kSplit - 1) * kStageInputs);
      if (later < params.inputs) load_shares(ahead[step % kAhead], params, later, g, q);
#pragma unroll
      for (int t = 0; t < kTiles; ++t) total_step(product[0][t], inputs[t]);
#pragma unroll
      for (int matrix = 0; matrix < kMatrices; ++matrix) {
        StepProduct<kType>(&products)[kTiles] = product[kPlain ? matrix : 0];
        StepScale upper = {}, lower = {};
        uint4 high = read_weights(upper, rows[matrix][0], step, q, params.inputs - first);
        uint4 low = read_weights(lower, rows[matrix][1], step, q, params.inputs - first);
#pragma unroll
        for (int t = 0; t < kTiles; ++t) {
          if constexpr (!kPlain) start_unit(products[t]);
          multiply_step(products[t], high, low, inputs[t]);
          if constexpr (!kPlain) end_unit(sums[matrix][t], left + step * kStepFloats, products[t], upper, lower, t, lane);
        }
        if constexpr (kSplit > 1 && !kPlain) {
          if (q == 0) leave_scale(left + step * kStepFloats, upper, g);
          if (q == 1) leave_scale(left + step * kStepFloats, lower, g + 8);
        }
      }
    }
  }
  if constexpr (kPlain) {
#pragma unroll
    for (int i = 0; i < kMatrices * kTiles; ++i) end_unit(sums[i / kTiles][i % kTiles], left, product[i / kTiles][i % kTiles], {}, {}, i % kTiles, lane);
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kWarps * kWarpSize)
winnow_linear_matvec(const LinearParams params) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
  int number = kSplit == 1 ? blockIdx.x * kWarps + warp : blockIdx.x;
  LinearPart part = kGate == Gate::kFused ? params.parts[1] : part_of(params, number);
  Tile tile;
  tile.weight[0] = kGate == Gate::kFused ? params.parts[0].weight : part.weight;
  if constexpr (kMatrices == 2) tile.weight[kMatrices - 1] = part.weight;
  tile.row_bytes = row_bytes<kType>(params.inputs);
  tile.outputs = part.outputs;
  tile.first = (number - (kGate == Gate::kFused ? 0 : part.first_tile)) * 16;
  if (kSplit == 1 && tile.first >= tile.outputs) return;

  u8* ring = shared_memory + warp * kStages * kStageRingBytes;
  float* round = reinterpret_cast<float*>(shared_memory + kRingBytes);
  int stages = (params.inputs + kStageInputs - 1) / kStageInputs;
  int units = kPlain ? stages : (params.inputs + kStepInputs - 1) / kStepInputs;
  int first = kSplit == 1 ? 0 : warp;
#pragma unroll 1
  for (int i = 0; i < kStages - 1; ++i) {
    if (first + i * kSplit < stages) copy_stage(ring + i * kStageRingBytes, tile, first + i * kSplit, lane);
    copy_async_commit();
  }

  float sums[kMatrices][kTiles][4] = {};
  float merged[kTiles] = {};
  Shares ahead[kAhead] = {};
#pragma unroll
  for (int i = 0; i < kAhead; ++i) {
    int k = first * kStageInputs + i * kStepInputs;
    if (k < params.inputs) load_shares(ahead[i], params, k, lane / 4, lane % 4);
  }
  int slot = 0;
  for (int base = 0; base < stages; base += kSplit) {
    int stage = base + first;
    copy_async_wait<kStages - 2>();
    __syncwarp();
    int next = stage + (kStages - 1) * kSplit;
    if (next < stages) copy_stage(ring + (slot == 0 ? kStages - 1 : slot - 1) * kStageRingBytes, tile, next, lane);
    copy_async_commit();
    if (stage < stages) {
      compute_stage(sums, round + warp * kStageUnits * kStepFloats, ring + slot * kStageRingBytes, params, tile, ahead, stage, lane);
    }
    slot = slot + 1 == kStages ? 0 : slot + 1;
    if constexpr (kSplit > 1) {
      __syncthreads();
      if (2 * warp < params.rows) {
        merge_round(merged, round, min(kRoundUnits, units - base * kStageUnits), params.rows, warp, lane);
      }
      __syncthreads();
    }
  }

#pragma unroll
  for (int t = 0; t < kTiles; ++t) {
    if constexpr (kSplit > 1) {
      int output = tile.first + merged_output(lane), row = 8 * t + merged_row(warp, lane);
      if (output < tile.outputs && row < params.rows) finish<kGate, kActivation>(params, part, row, output, merged[t]);
    } else {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        int output = tile.first + lane / 4 + 8 * (i / 2);
        int row = 8 * t + 2 * (lane % 4) + i % 2;
        if (output < tile.outputs && row < params.rows) {
          float sum = sums[kMatrices - 1][t][i];
          if constexpr (kGate == Gate::kFused) sum *= activate<kActivation>(sums[0][t][i]);
          finish<kGate, kActivation>(params, part, row, output, sum);
        }
      }
    }
  }
}
