// matmul_hopper.cu - output[r, o] = residual[r, o] + bias[o] + sum_k input[r, k] * weight[o, k] for many rows; or act(gate) * up of two such sums.
// For compute capability 9.0a and 16-bit weights.
//
// Arguments: LinearParams (params.cuh; tiles are numbered as wide as here). maps: boxes of 64 inputs with the 128-byte swizzle; the input, which is
// what pack.cu made, [rows, stride] in the matrix type, 128 rows a box; then the weights of each part, 16-byte aligned, inputs % 8 == 0, as many
// rows a box as a tile has of it. What a box has beyond an array is zero. outputs: boxes of lines of 128 bytes of 64 rows of each part, with the
// 128-byte swizzle, rows on 16 bytes; only looked at where tiles are staged.
// Compile-time: WINNOW_WEIGHT (16-bit), WINNOW_TILE (columns of a tile, a multiple of 16), WINNOW_GATE and WINNOW_ACTIVATION (params.cuh; with a fused
// gate part 0 is the gate, part 1 the projection, and half the columns of a tile are gates), WINNOW_PAIRS (whether blocks are paired; tiles of rows are an even number then),
// WINNOW_OUTPUT (F32; with a fused gate also F16 or BF16, rounded as pack.cu
// does, for products to come), WINNOW_STAGED: whether sums go through shared memory, from
// where they are copied while the next tile is multiplied, instead of being stored by all lanes, which holds everything up. The arithmetic is that of pieces.cuh: the same bits as
// matvec.cu, because a chain of products of a warpgroup is a chain of those of a warp.
//
// A tile is 128 rows. One thread copies stages of 64 inputs of both operands into a ring in shared memory; two warpgroups of 64 rows multiply what came,
// input rows by weight rows, both as they lie. A unit is two stages, summed by the tensor cores from zero in registers of its own; then it is added to
// the sums. Registers go from the copying warpgroup to the others. Blocks stay and take tile after tile, so that copies run ahead over the end of
// a tile. With pairs two blocks, a cluster, have the same columns of two row tiles side by side: each copies half of the columns for both. Tiles that run
// at the same time are a band of rows and their outputs, which lets the second-level cache read each operand about once.
// Grid: one block a multiprocessor, or one a tile, in clusters of two where blocks are paired; block: 384 threads.
// Bound by the tensor cores: 2 * rows * outputs * inputs flops.
#include "linear/hopper_tiles.cuh"
#include "linear/pieces.cuh"

constexpr Weight kType = static_cast<Weight>(WINNOW_WEIGHT);
constexpr Gate kGate = static_cast<Gate>(WINNOW_GATE);
constexpr Activation kActivation = static_cast<Activation>(WINNOW_ACTIVATION);
constexpr int kColumns = WINNOW_TILE;

using T = MatrixElement<kType>::Type;
static_assert(is_plain(kType), "blocks are widened by other kernels");
constexpr bool kFused = kGate == Gate::kFused;
constexpr int kGroupRows = 64;
constexpr int kTileRows = kGroups * kGroupRows;
constexpr int kTileOutputs = kFused ? kColumns / 2 : kColumns;
constexpr Weight kOutput = static_cast<Weight>(WINNOW_OUTPUT);
using Output = ElementOf<kOutput>::Type;
static_assert(kFused || kOutput == Weight::kF32, "what is added comes in floats");

// A stage is a line of inputs of all rows and columns.
constexpr int kUnitStages = kPlainUnitSteps * kStepInputs / kLineInputs;
static_assert(kUnitStages == 2, "a unit is two stages below");
constexpr int kInputBytes = kTileRows * kLineBytes;
constexpr int kStageBytes = kInputBytes + kColumns * kLineBytes;
constexpr int kStages = WINNOW_STAGES;
constexpr bool kPaired = WINNOW_PAIRS;
// Each box of columns has half of them where two blocks or two parts bring them.
constexpr int kHalfColumns = kColumns / 2, kHalfBytes = kHalfColumns * kLineBytes;
static_assert(kHalfBytes % kBoxAlignment == 0, "boxes begin with eight lines");
// Where sums are staged: boxes of which each row is a line of 128 bytes.
constexpr bool kStaged = WINNOW_STAGED;
constexpr int kBoxOutputs = kLineBytes / sizeof(Output);
constexpr int kBoxBytes = kGroupRows * kLineBytes;
constexpr int kGroupBoxes = kTileOutputs / kBoxOutputs;
static_assert(!kStaged || kTileOutputs % kBoxOutputs == 0, "whole boxes are copied");
constexpr int kStagedBytes = kStaged ? kGroups * kGroupBoxes * kBoxBytes : 0;
constexpr int kSharedBytes = kBoxAlignment + kStages * (kStageBytes + 16) + kStagedBytes;
static_assert(kSharedBytes == WINNOW_SHARED_BYTES, "the host reckons with other shared memory");

extern __shared__ u8 shared_memory[];

using Stages = Ring<kStages, kStageBytes>;

// Named barriers: one for each warpgroup alone, and its turn.
constexpr int kGroupBarrier = 1;
constexpr int kTurnBarrier = kGroupBarrier + kGroups;

// Warpgroups take turns in issuing a unit: while one waits for its own and adds it up, the tensor cores have the other's.
__device__ __forceinline__ void await_turn(int group) { named_barrier_sync(kTurnBarrier + group, kGroups * kWarpgroupSize); }

__device__ __forceinline__ void pass_turn(int group) { named_barrier_arrive(kTurnBarrier + 1 - group, kGroups * kWarpgroupSize); }

// Copies the columns of a stage: all of this block, or half of them for both blocks of a pair.
__device__ __forceinline__ void copy_columns(u8* columns, const LinearMaps& maps, int part, int input, int output, u64* full) {
  if constexpr (kPaired) {
    int half = blockIdx.x % kPairBlocks;
    const TensorMap& map = maps.weight[kFused ? half : part];
    copy_box_to_pair(columns + half * kHalfBytes, map, input, kFused ? output : output + half * kHalfColumns, full);
  } else {
    copy_box(columns, maps.weight[part], input, output, full);
    if constexpr (kFused) copy_box(columns + kHalfBytes, maps.weight[1], input, output, full);
  }
}

// One elected lane copies stage after stage of tile after tile.
__device__ __forceinline__ void copy_tiles(Stages ring, const LinearParams& params, const LinearMaps& maps, const Tiles& tiles, int stages) {
#pragma unroll 1
  for (int tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
    Place place = place_of(tiles, tile);
    int part = kFused ? 0 : part_number(params, place.output_tile);
    int output = (place.output_tile - (kFused ? 0 : params.parts[part].first_tile)) * kTileOutputs, row = place.row_tile * kTileRows;
#pragma unroll 1
    for (int stage = 0; stage < stages; ++stage) {
      barrier_wait(ring.empty + ring.slot, ring.parity ^ 1);
      u64* full = ring.full + ring.slot;
      barrier_expect(full, kStageBytes);
      copy_box(ring.stage(), maps.input, stage * kLineInputs, row, full);
      copy_columns(ring.stage() + kInputBytes, maps, part, stage * kLineInputs, output, full);
      ring.next();
    }
  }
}

// Hands a stage back for a warpgroup, to all who copy into it: a thread to each.
__device__ __forceinline__ void release(u64* empty) {
  int thread = threadIdx.x % kWarpgroupSize;
  if constexpr (kPaired) {
    if (thread % kWarpSize == 0 && thread < kPairBlocks * kWarpSize) barrier_arrive_in_block(empty, thread / kWarpSize);
  } else {
    if (thread == 0) barrier_arrive(empty);
  }
}

using Sums = float[kColumns / 8][4];

// The lower halves of both factors of a stage; the upper ones are those of all.
struct Factors {
  u32 rows;
  u32 columns;
};

// Waits for a stage.
__device__ __forceinline__ Factors await_stage(const Stages& ring, int group) {
  barrier_wait(ring.full + ring.slot, ring.parity);
  u32 stage = shared_address(ring.stage());
  return {static_cast<u32>(factor_by_k(stage + group * kGroupRows * kLineBytes)), static_cast<u32>(factor_by_k(stage + kInputBytes))};
}

// Issues the products of a stage.
__device__ __forceinline__ void multiply_stage(Sums& unit, const Factors& factors, bool adds) {
  constexpr u64 kUpper = factor_by_k(0) >> 32 << 32;
  product_fence();
#pragma unroll
  for (int k = 0; k < kLineInputs / kProductInputs; ++k) {
    // Descriptors count in units of 16 bytes.
    product_shared<T>(unit, kUpper | (factors.rows + 2 * k), kUpper | (factors.columns + 2 * k), adds || k > 0);
  }
  product_commit();
}

// Two values beside each other where they lie on 8 bytes, or one by one. Past the end the last ones are taken again: what comes of them is not stored,
// and loads that depend on nothing are under way together.
template <bool kPairs>
__device__ __forceinline__ Vec<float, 2> load_outputs(const float* values, int output, int outputs) {
  if constexpr (kPairs) {
    return load_vec<float, 2>(values + min(output, outputs - 2));
  } else {
    return {values[min(output, outputs - 1)], values[min(output + 1, outputs - 1)]};
  }
}

// What becomes of a row's sums: params.cuh's finish without the store, so that loads do not wait for stores.
template <bool kPairs>
__device__ __forceinline__ void finish_row(Sums& sums, int half, const LinearParams& params, const LinearPart& part, int row, int first_output) {
  i64 at = static_cast<i64>(row) * part.outputs;
  auto combine = [&](const float* values, auto with) {
#pragma unroll
    for (int n = 0; n < kTileOutputs / 8; ++n) {
      Vec<float, 2> pair = load_outputs<kPairs>(values, first_output + 8 * n, part.outputs);
      sums[n][2 * half] = with(sums[n][2 * half], pair.v[0]);
      sums[n][2 * half + 1] = with(sums[n][2 * half + 1], pair.v[1]);
    }
  };
  if constexpr (kGate == Gate::kStored) {
    combine(params.gate + at, [](float sum, float gate) { return activate<kActivation>(gate) * sum; });
  } else {
    auto add = [](float sum, float value) { return sum + value; };
    if (part.bias != nullptr) combine(part.bias, add);
    if (part.residual != nullptr) combine(part.residual + at, add);
  }
}

// Two outputs beside each other.
__device__ __forceinline__ void store_pair(float* to, float first, float second) { store_vec<float, 2>(to, {first, second}); }

template <typename Rounded>
__device__ __forceinline__ void store_pair(Rounded* to, float first, float second) {
  *reinterpret_cast<u32*>(to) = pack<Rounded>(first, second);
}

template <bool kPairs>
__device__ __forceinline__ void store_row(const Sums& sums, int half, const LinearPart& part, int row, int first_output) {
#pragma unroll
  for (int n = 0; n < kTileOutputs / 8; ++n) {
    int output = first_output + 8 * n;
    Output* to = reinterpret_cast<Output*>(part.output) + static_cast<i64>(row) * part.outputs + output;
    if constexpr (kPairs) {
      if (output < part.outputs) store_pair(to, sums[n][2 * half], sums[n][2 * half + 1]);
    } else {
      if (output < part.outputs) to[0] = from_float<Output>(sums[n][2 * half]);
      if (output + 1 < part.outputs) to[1] = from_float<Output>(sums[n][2 * half + 1]);
    }
  }
}

// Puts the sums of a warpgroup where one of its lanes, always the same, copies them from. The copies before have long read that place.
__device__ __forceinline__ void stage_sums(const Sums& sums, u8* staged, const TensorMap& map, const LinearPart& part, int first_row, int first_output,
                                           int group) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x % kWarpgroupSize / kWarpSize, g = lane / 4, q = lane % 4;
  bool first = warp == 0;
  if (first && elect_lane()) copy_back_wait_read<0>();
  named_barrier_sync(kGroupBarrier + group, kWarpgroupSize);
#pragma unroll
  for (int i = 0; i < 2 * (kTileOutputs / 8); ++i) {
    // A piece of 16 bytes of a line is exchanged by the number of the line, of which g is what counts.
    int n = i / 2, half = i % 2;
    constexpr int kBoxEights = kBoxOutputs / 8, kEightBytes = 8 * sizeof(Output), kPairBytes = 2 * sizeof(Output);
    int at = n % kBoxEights * kEightBytes + q * kPairBytes;
    int place = n / kBoxEights * kBoxBytes + (16 * warp + g + 8 * half) * kLineBytes + (at ^ (16 * g));
    store_pair(reinterpret_cast<Output*>(staged + place), sums[n][2 * half], sums[n][2 * half + 1]);
  }
  fence_async();
  named_barrier_sync(kGroupBarrier + group, kWarpgroupSize);
  if (first && elect_lane()) {
    for (int box = 0; box < kGroupBoxes; ++box) {
      int output = first_output + box * kBoxOutputs;
      if (output < part.outputs) copy_box_back(map, output, first_row, staged + box * kBoxBytes);
    }
    copy_back_commit();
  }
}

// Whether pairs of outputs lie on 8 bytes wherever they are read or written.
__device__ __forceinline__ bool has_pairs(const LinearParams& params, const LinearPart& part) {
  u64 places = reinterpret_cast<u64>(part.output) | reinterpret_cast<u64>(part.bias) | reinterpret_cast<u64>(part.residual);
  if (kGate == Gate::kStored) places |= reinterpret_cast<u64>(params.gate);
  return part.outputs % 2 == 0 && places % 8 == 0;
}

__device__ __forceinline__ void store_tile(Sums& sums, const LinearParams& params, const LinearPart& part, u8* staged, const TensorMap& map, int first_row,
                                           int first_output, int group) {
  int lane = threadIdx.x % kWarpSize, warp = threadIdx.x % kWarpgroupSize / kWarpSize;
  int row = first_row + 16 * warp + lane / 4, output = first_output + 2 * (lane % 4);
  if constexpr (kFused) {
    constexpr int kEights = kTileOutputs / 8;
#pragma unroll
    for (int i = 0; i < 4 * kEights; ++i) {
      sums[i / 4][i % 4] = sums[kEights + i / 4][i % 4] * activate<kActivation>(sums[i / 4][i % 4]);
    }
  }
  if constexpr (kStaged) {
#pragma unroll
    for (int half = 0; half < 2; ++half) finish_row<true>(sums, half, params, part, min(row + 8 * half, params.rows - 1), output);
    stage_sums(sums, staged, map, part, first_row, first_output, group);
  } else {
    bool pairs = has_pairs(params, part);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      int at = row + 8 * half;
      if (at >= params.rows) continue;
      if (pairs) {
        finish_row<true>(sums, half, params, part, at, output);
        store_row<true>(sums, half, part, at, output);
      } else {
        finish_row<false>(sums, half, params, part, at, output);
        store_row<false>(sums, half, part, at, output);
      }
    }
  }
}

// A warpgroup multiplies its rows of tile after tile.
__device__ __forceinline__ void multiply_tiles(Stages ring, const LinearParams& params, const OutputMaps& outputs, const Tiles& tiles, u8* staged, int stages,
                                               int group) {
  if (group == 1) pass_turn(group);
  Sums unit = {};
#pragma unroll 1
  for (int tile = blockIdx.x; tile < tiles.count(); tile += gridDim.x) {
    Place place = place_of(tiles, tile);
    int first_row = place.row_tile * kTileRows + group * kGroupRows;
    if (first_row >= params.rows) {
      // Only the second warpgroup can have no rows: the first one has the tensor cores for itself. All have seen a stage before one hands it back.
#pragma unroll 1
      for (int stage = 0; stage < stages; ++stage) {
        if (stage % kUnitStages == 0) {
          await_turn(group);
          pass_turn(group);
        }
        barrier_wait(ring.full + ring.slot, ring.parity);
        named_barrier_sync(kGroupBarrier + group, kWarpgroupSize);
        release(ring.empty + ring.slot);
        ring.next();
      }
      continue;
    }
    Sums sums = {};
#pragma unroll 1
    for (int stage = 0; stage < stages; stage += kUnitStages) {
      // What the other one's products hide comes before the turn.
      Factors first = await_stage(ring, group);
      u64* first_empty = ring.empty + ring.slot;
      ring.next();
      Factors second = await_stage(ring, group);
      u64* second_empty = ring.empty + ring.slot;
      ring.next();
      await_turn(group);
      multiply_stage(unit, first, false);
      multiply_stage(unit, second, true);
      pass_turn(group);
      product_wait<1>();
      release(first_empty);
      product_wait<0>();
      release(second_empty);
      product_hold(unit);
#pragma unroll
      for (int i = 0; i < kColumns / 2; ++i) sums[i / 4][i % 4] = __fadd_rn(sums[i / 4][i % 4], unit[i / 4][i % 4]);
      product_hold(unit);
    }
    LinearPart part = kFused ? params.parts[1] : part_of(params, place.output_tile);
    int output = (place.output_tile - (kFused ? 0 : part.first_tile)) * kTileOutputs;
    const TensorMap& map = outputs.part[kFused ? 1 : part_number(params, place.output_tile)];
    store_tile(sums, params, part, staged, map, first_row, output, group);
  }
  // The other one's last turn was passed on, too.
  if (group == 0) await_turn(group);
  if (kStaged && threadIdx.x % kWarpgroupSize < kWarpSize && elect_lane()) copy_back_wait_read<0>();
}

// Waits until the barriers of this block, or of both of a pair, are there.
__device__ __forceinline__ void await_barriers() {
  if constexpr (kPaired) {
    __syncwarp();
    cluster_arrive_relaxed();
    cluster_wait();
  } else {
    __syncthreads();
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, 1)
winnow_linear_matmul_hopper(const LinearParams params, const __grid_constant__ LinearMaps maps, const __grid_constant__ OutputMaps outputs) {
  u8* start = aligned_to_boxes(shared_memory);
  u8* staged = start + kStages * kStageBytes;
  Stages ring = ring_at<kStages, kStageBytes>(start, staged + kStagedBytes);
  if (threadIdx.x == 0) {
    ring.init(kPaired ? kPairBlocks * kGroups : kGroups);
    barrier_init_fence();
  }
  await_barriers();

  Tiles tiles = divide<kTileRows, kTileOutputs, kFused>(params);
  // Pairs of row tiles are of the same band.
  if constexpr (kPaired) tiles.band_tiles = (tiles.band_tiles + 1) / kPairBlocks * kPairBlocks;
  // Stages past the last input are zeros, which change no sum: whole units.
  int stages = (params.inputs + kUnitStages * kLineInputs - 1) / (kUnitStages * kLineInputs) * kUnitStages;
  int group = static_cast<int>(threadIdx.x) / kWarpgroupSize - 1;
  if (group < 0) {
    give_registers<kCopyRegisters>();
    if (threadIdx.x < kWarpSize && elect_lane()) copy_tiles(ring, params, maps, tiles, stages);
  } else {
    take_registers<kProductRegisters>();
    multiply_tiles(ring, params, outputs, tiles, staged + group * kGroupBoxes * kBoxBytes, stages, group);
  }
  // The other block may still copy to this one, and hand stages back to it.
  if constexpr (kPaired) {
    __syncwarp();
    cluster_arrive();
    cluster_wait();
  }
}
