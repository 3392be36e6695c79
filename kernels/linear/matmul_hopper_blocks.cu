// matmul_hopper_blocks.cu - output[r, o] = residual[r, o] + bias[o] + sum_k input[r, k] * weight[o, k] for many rows; or act(gate) * up of two such
// sums. For compute capability 9.0a and block types.
//
// Arguments: LinearParams (params.cuh). maps: the input, f16 [rows, stride] in the order of fragments (pack.cu), boxes of 64 values of WINNOW_TILE rows
// with the 128-byte swizzle; then the weights of each part as pairs of bytes, rows on 16 bytes, boxes of kPitch bytes of as many rows as a tile has of
// it. totals: sums of the inputs of each step (totals.cu, in its order), float [steps, rows], boxes of 8 steps of WINNOW_TILE rows; of no meaning where a
// type has no minima. What a box has beyond an array is zero.
// Compile-time: WINNOW_WEIGHT (a block type of one scale a step, 256 inputs of it whole sixteens of bytes), WINNOW_TILE (rows of a tile, a multiple of 16), WINNOW_GATE and WINNOW_ACTIVATION (params.cuh; with a fused
// gate part 0 is the gate, part 1 the projection), WINNOW_STAGES (of the inputs). The arithmetic is that of pieces.cuh: the same bits as matvec.cu,
// because a chain of products of a warpgroup is a chain of those of a warp.
//
// A tile is 128 rows of weights (with a fused gate 64 outputs, of each the gate and the projection in the same lane). One thread copies blocks of 256
// inputs as they lie, and lines of 64 inputs, into two rings. Two warpgroups of 64 weight rows widen blocks to halves in registers, which are the first
// factor, and multiply them by the inputs in shared memory. A unit is summed from zero in registers of its own. While one is multiplied the one before
// it is scaled and added, and the next one widened. Blocks of the grid stay and take tile after tile. Grid: one block a multiprocessor, or one a tile; block: 384 threads.
// Bound by the tensor cores and the issue of what scales units: 2 * rows * outputs * inputs flops.
#include "linear/hopper_tiles.cuh"
#include "linear/pieces.cuh"

constexpr Weight kType = static_cast<Weight>(WINNOW_WEIGHT);
constexpr Gate kGate = static_cast<Gate>(WINNOW_GATE);
constexpr Activation kActivation = static_cast<Activation>(WINNOW_ACTIVATION);
constexpr int kTileRows = WINNOW_TILE;
static_assert(!is_plain(kType) && units_of_step(kType) == 1, "a unit is a step");

constexpr bool kFused = kGate == Gate::kFused;
constexpr int kGroupLines = 64;
constexpr int kTileLines = kGroups * kGroupLines;
constexpr int kTileOutputs = kFused ? kTileLines / 2 : kTileLines;

// Two units are under way, those of the two steps of a line of inputs.
constexpr int kUnitProducts = kStepInputs / kProductInputs;
constexpr int kLineSteps = kLineInputs / kStepInputs;
static_assert(kUnitProducts == 2 && kLineSteps == 2, "as below");

constexpr int kStageInputs = 256;
constexpr int kStageSteps = kStageInputs / kStepInputs;
constexpr int kBlockSteps = block_values(kType) / kStepInputs;
constexpr int kStageBlockBytes = kStageInputs / block_values(kType) * block_bytes(kType);
static_assert(kStageBlockBytes % 16 == 0, "boxes begin on 16 bytes of a row");
// Words of eight rows fill all banks where a row ends on an odd sixteen.
constexpr int kPitch = 16 * (kStageBlockBytes / 16 | 1);
constexpr int kTotalBytes = has_minimum(kType) ? kStageSteps * kTileRows * 4 : 0;
constexpr int kWeightStages = 3;
constexpr int kWeightBytes = kTileLines * kPitch + kTotalBytes;
constexpr int kInputStages = WINNOW_STAGES;
constexpr int kInputBytes = kTileRows * kLineBytes;
// Where blocks are of eight steps a warp makes floats of the scales of all steps of its lines when a stage comes, each lane those of four steps, and lanes
// read what they share from there.
constexpr bool kScalesFirst = kBlockSteps == kStageSteps;
constexpr int kWarpLines = 16;
constexpr int kWarpScales = kScalesFirst ? kStageSteps * kWarpLines : 0;
constexpr int kScaleBytes = kGroups * kWarpgroupSize / kWarpSize * kWarpScales * 8;
constexpr int kSharedBytes = kBoxAlignment + kInputStages * (kInputBytes + 16) + kWeightStages * (kWeightBytes + 16) + kScaleBytes;
static_assert(kSharedBytes == WINNOW_SHARED_BYTES, "the host reckons with other shared memory");

extern __shared__ u8 shared_memory[];

struct Rings {
  Ring<kInputStages, kInputBytes> inputs;
  Ring<kWeightStages, kWeightBytes> weights;
};

// One elected lane copies stage after stage of tile after tile.
__device__ __forceinline__ void copy_tiles(Rings rings, const LinearParams& params, const LinearMaps& maps, const TensorMap& totals, const Tiles& tiles) {
#pragma unroll 1
  for (int tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
    Place place = place_of(tiles, tile);
    int part = kFused ? 0 : part_number(params, place.output_tile);
    int output = (place.output_tile - (kFused ? 0 : params.parts[part].first_tile)) * kTileOutputs, row = place.row_tile * kTileRows;
#pragma unroll 1
    for (int k = 0; k < params.inputs; k += kLineInputs) {
      if (k % kStageInputs == 0) {
        barrier_wait(rings.weights.empty + rings.weights.slot, rings.weights.parity ^ 1);
        u64* full = rings.weights.full + rings.weights.slot;
        u8* stage = rings.weights.stage();
        int column = k / block_values(kType) * block_bytes(kType) / 2;
        barrier_expect(full, kWeightBytes);
        copy_box(stage, maps.weight[part], column, output, full);
        if constexpr (kFused) copy_box(stage + kTileOutputs * kPitch, maps.weight[1], column, output, full);
        if constexpr (has_minimum(kType)) copy_box(stage + kTileLines * kPitch, totals, row, k / kStepInputs, full);
        rings.weights.next();
      }
      barrier_wait(rings.inputs.empty + rings.inputs.slot, rings.inputs.parity ^ 1);
      u64* full = rings.inputs.full + rings.inputs.slot;
      barrier_expect(full, kInputBytes);
      copy_box(rings.inputs.stage(), maps.input, k, row, full);
      rings.inputs.next();
    }
  }
}

using Sums = float[kTileRows / 8][4];

// What is under way: the sums of a unit, the weights that are its first factor, and what it is scaled by, of lines g and g + 8.
struct Unit {
  Sums sums;
  u32 weights[kUnitProducts][4];
  float scale[2];
  float minimum[2];
  const float* totals;
};

// A scale and a minimum.
using Scale = Vec<float, 2>;

// The scales of this warp of one that multiplies, those of all lines of a step and then of the next. Found anew each time: a register that holds the place is one too many.
__device__ __forceinline__ Scale* scales_of_warp() {
  int warp = threadIdx.x / kWarpSize - kWarpgroupSize / kWarpSize;
  return reinterpret_cast<Scale*>(aligned_to_boxes(shared_memory) + kInputStages * kInputBytes + kWeightStages * kWeightBytes) + warp * kWarpScales;
}

// The blocks of a stage that this thread widens: where lines g and g + 8 of its warp begin, and the totals of its rows.
struct Blocks {
  const u8* starts[2];
  const float* totals;
};

// Makes the scales of a warp's lines.
__device__ __forceinline__ void make_scales(const Blocks& blocks) {
  int lane = threadIdx.x % kWarpSize, line = lane % kWarpLines, first = lane / kWarpLines * 4;
  StepScale four[4];
  four_scales<kType>(four, blocks.starts[0] + (line % 8 - lane / 4) * kPitch + line / 8 * (blocks.starts[1] - blocks.starts[0]), first);
  __syncwarp();
#pragma unroll
  for (int i = 0; i < 4; ++i) scales_of_warp()[(first + i) * kWarpLines + line] = {four[i].scale[0], four[i].minimum};
  __syncwarp();
}

// Waits for the next stage of blocks.
__device__ __forceinline__ void enter_blocks(Blocks& blocks, const Ring<kWeightStages, kWeightBytes>& ring, int line, int q) {
  barrier_wait(ring.full + ring.slot, ring.parity);
  const u8* stage = ring.stage();
  blocks.starts[0] = stage + line * kPitch;
  blocks.starts[1] = blocks.starts[0] + (kFused ? kTileOutputs : 8) * kPitch;
  blocks.totals = reinterpret_cast<const float*>(stage + kTileLines * kPitch) + 4 * q;
  if constexpr (kScalesFirst) make_scales(blocks);
}

// Widens step `step` of a stage for a unit of which no products are under way. Blocks of odd ones, whose words lie on two bytes in general, have them on four.
template <bool kOdd>
__device__ __forceinline__ void widen_step(Unit& unit, const Blocks& blocks, int step, int q) {
  // A stage is one block, or each step is.
  static_assert(kBlockSteps == kStageSteps || kBlockSteps == 1, "as below");
  int step_of_block = kBlockSteps == 1 ? 0 : step;
  uint4 slots[2];
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const u8* block = blocks.starts[half] + (kBlockSteps == 1 ? step : 0) * block_bytes(kType);
    slots[half] = block_slots<kType>(block_piece<kType>(block, step_of_block, q, kOdd), step_of_block, q);
    if constexpr (kScalesFirst) {
      Scale scale = scales_of_warp()[step * kWarpLines + threadIdx.x % kWarpSize / 4 + 8 * half];
      unit.scale[half] = scale.v[0];
      unit.minimum[half] = scale.v[1];
    } else {
      StepScale scale = step_scale<kType>(block, step_of_block);
      unit.scale[half] = scale.scale[0];
      unit.minimum[half] = scale.minimum;
    }
  }
  const uint4 &upper = slots[0], &lower = slots[1];
  u32 weights[kUnitProducts][4] = {{upper.x, lower.x, upper.y, lower.y}, {upper.z, lower.z, upper.w, lower.w}};
#pragma unroll
  for (int i = 0; i < kUnitProducts * 4; ++i) unit.weights[i / 4][i % 4] = weights[i / 4][i % 4];
  unit.totals = blocks.totals + step * kTileRows;
}

// Issues a unit: `step` is the place of its inputs.
__device__ __forceinline__ void multiply_unit(Unit& unit, u32 step) {
  u64 b = factor_by_k(step);
  product_fence();
  // Descriptors count in units of 16 bytes.
#pragma unroll
  for (int i = 0; i < kUnitProducts; ++i) product_registers<half_t>(unit.sums, unit.weights[i], b + 2 * i, i > 0);
  product_commit();
}

__device__ __forceinline__ void add_unit(Sums& sums, Unit& unit) {
  product_hold(unit.sums);
#pragma unroll
  for (int n = 0; n < kTileRows / 8; n += 2) {
    Vec<float, 4> totals = {};
    if constexpr (has_minimum(kType)) totals = load_vec<float, 4>(unit.totals + 8 * n);
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      float& sum = sums[n + i / 4][i % 4];
      sum = fmaf(unit.scale[i % 4 / 2], unit.sums[n + i / 4][i % 4], sum);
      if constexpr (has_minimum(kType)) sum = fmaf(unit.minimum[i % 4 / 2], totals.v[i / 4 * 2 + i % 2], sum);
    }
  }
  product_hold(unit.sums);
}

// Where the sums of this thread go: lines g and g + 8 of its warp, or of both its halves the same output; rows 8 n + 2 q and the next.
__device__ __forceinline__ void store_tile(Sums& sums, const LinearParams& params, const LinearPart& part, int first_output, int first_row) {
  constexpr int kHalves = kFused ? 1 : 2;
  int row = first_row + 2 * (threadIdx.x % 4);
  auto each = [&](auto action) {
#pragma unroll
    for (int i = 0; i < kTileRows / 8 * 2 * kHalves; ++i) {
      int n = i / (2 * kHalves), half = i / 2 % kHalves;
      action(sums[n][2 * half + i % 2], row + 8 * n + i % 2, first_output + 8 * half);
    }
  };
  if constexpr (kFused) {
#pragma unroll
    for (int i = 0; i < kTileRows / 4; ++i) {
      float(&four)[4] = sums[i / 2];
      four[i % 2] = four[2 + i % 2] * activate<kActivation>(four[i % 2]);
    }
  }
  // Past the end the last ones are taken again: what comes of them is not stored, and loads that depend on nothing are under way together.
  auto place = [&](int r, int output) { return static_cast<i64>(min(r, params.rows - 1)) * part.outputs + min(output, part.outputs - 1); };
  if constexpr (kGate == Gate::kStored) {
    each([&](float& sum, int r, int output) { sum = activate<kActivation>(params.gate[place(r, output)]) * sum; });
  } else {
    if (part.bias != nullptr) each([&](float& sum, int, int output) { sum += part.bias[min(output, part.outputs - 1)]; });
    if (part.residual != nullptr) each([&](float& sum, int r, int output) { sum += part.residual[place(r, output)]; });
  }
  each([&](float& sum, int r, int output) {
    if (r < params.rows && output < part.outputs) part.output[static_cast<i64>(r) * part.outputs + output] = sum;
  });
}

// Multiplies the lines of a tile. While the first unit of a line is multiplied the second one is widened, and while that is multiplied the first one is
// added and that of the next line widened. No products are under way at the end of a round, where an assembler would let each wait for the one before.
__device__ __forceinline__ void multiply_tile(Sums& sums, Unit (&units)[2], Rings& rings, int rounds, int line, int q) {
  Blocks blocks;
  enter_blocks(blocks, rings.weights, line, q);
  widen_step<false>(units[0], blocks, 0, q);
  // Counted by lines, so that a line's first step is known to be even.
  int line_of_stage = 0;
#pragma unroll 1
  for (int round = 1; round <= rounds; ++round) {
    int step = line_of_stage * kLineSteps;
    barrier_wait(rings.inputs.full + rings.inputs.slot, rings.inputs.parity);
    u32 first = shared_address(rings.inputs.stage());
    multiply_unit(units[0], first);
    widen_step<true>(units[1], blocks, step + 1, q);
    multiply_unit(units[1], first + kStepInputs * 2);
    product_wait<1>();
    add_unit(sums, units[0]);
    bool leaves = step == kStageSteps - kLineSteps || round == rounds;
    u64* weights = rings.weights.empty + rings.weights.slot;
    if (leaves) rings.weights.next();
    line_of_stage = leaves ? 0 : line_of_stage + 1;
    if (round < rounds) {
      if (leaves) enter_blocks(blocks, rings.weights, line, q);
      widen_step<false>(units[0], blocks, line_of_stage * kLineSteps, q);
    }
    product_wait<0>();
    add_unit(sums, units[1]);
    if (threadIdx.x % kWarpgroupSize == 0) barrier_arrive(rings.inputs.empty + rings.inputs.slot);
    rings.inputs.next();
    if (leaves) {
      __syncwarp();
      if (threadIdx.x % kWarpSize == 0) barrier_arrive(weights);
    }
  }
}

// A warpgroup multiplies its lines of tile after tile.
__device__ __forceinline__ void multiply_tiles(Rings rings, const LinearParams& params, const Tiles& tiles, int group) {
  int warp = threadIdx.x % kWarpgroupSize / kWarpSize, g = threadIdx.x % kWarpSize / 4, q = threadIdx.x % 4;
  int line = (kFused ? kGroupLines / 2 * group + 8 * warp : kGroupLines * group + 16 * warp) + g;
  int rounds = (params.inputs + kLineInputs - 1) / kLineInputs;
  Unit units[2] = {};
#pragma unroll 1
  for (int tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
    Sums sums = {};
    multiply_tile(sums, units, rings, rounds, line, q);
    Place place = place_of(tiles, tile);
    LinearPart part = kFused ? params.parts[1] : part_of(params, place.output_tile);
    int output = (place.output_tile - (kFused ? 0 : part.first_tile)) * kTileOutputs + line;
    store_tile(sums, params, part, output, place.row_tile * kTileRows);
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 1)
winnow_linear_matmul_hopper_blocks(const LinearParams params, const __grid_constant__ LinearMaps maps, const __grid_constant__ TensorMap totals) {
  u8* inputs = aligned_to_boxes(shared_memory);
  u8* weights = inputs + kInputStages * kInputBytes;
  u8* barriers = weights + kWeightStages * kWeightBytes + kScaleBytes;
  Rings rings = {ring_at<kInputStages, kInputBytes>(inputs, barriers), ring_at<kWeightStages, kWeightBytes>(weights, barriers + 16 * kInputStages)};
  if (threadIdx.x == 0) {
    rings.inputs.init(kGroups);
    rings.weights.init(kGroups * kWarpgroupSize / kWarpSize);
    barrier_init_fence();
  }
  __syncthreads();

  Tiles tiles = divide<kTileRows, kTileOutputs, kFused>(params);
  int group = static_cast<int>(threadIdx.x) / kWarpgroupSize - 1;
  if (group < 0) {
    give_registers<kCopyRegisters>();
    if (threadIdx.x < kWarpSize && elect_lane()) copy_tiles(rings, params, maps, totals, tiles);
  } else {
    take_registers<kProductRegisters>();
    multiply_tiles(rings, params, tiles, group);
  }
}
