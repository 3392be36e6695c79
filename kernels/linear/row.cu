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
// product, and a lane adds up one line. A warp has the units of a stage in registers, and the next stage on its way into the same slot, when it gets the
// tile's sums from the warp before, adds them in order and hands the sums on: a baton, so that nobody waits for all.
// Grid: as many blocks as run at once, or tiles of all parts; block: 256 to 384 threads a team; shared memory: WINNOW_SHARED_BYTES and what the inputs take.
// Bound by memory: the weights once.
#include "common/barrier.cuh"
#include "linear/row_stream.cuh"

// Sums of a lane: of one row, which is in all columns, one of a line that place_line tells; else of lines g and g + 8, of rows 2 q and the next, of
// each eight.
constexpr int kEights = kRows == 16 ? 2 : 1;
constexpr int kSums = kRows == 1 ? 1 : 4 * kEights;
constexpr int kLaneLines = kRows == 1 ? 1 : 2;
static_assert(kRows == 1 || kRows == 8 || (kRows == 16 && kPacked), "rows are one, or whole columns of products");
static_assert(kRows > 1 || !kPacked, "one row is rounded here");
constexpr int kBatonFloats = kSums * kWarpSize;
constexpr int kUnits = units_of_step(kType);
constexpr int kPlanes = kPlain ? 0 : kUnits + (has_minimum(kType) ? 1 : 0);
constexpr int kPlaneFloats = kLines * kStageSteps;
constexpr int kScaleFloats = kPlanes * kPlaneFloats;
constexpr int kSharedBytes = kWarps * (kRingBytes + 4 * (kBatonFloats + kScaleFloats));
// Blocks of a multiprocessor, CudaLinear.RowShape: of one row as many as have registers and shared memory.
constexpr int kBlocks = kTeams == 2 || kRows == 16 || (kPacked && !kAligned && has_minimum(kType)) ? 1 : 2;
static_assert(kSharedBytes == WINNOW_SHARED_BYTES, "the host reckons with other shared memory");

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

// The line of place p, in which two lanes leave its scales. Of one row those are the lanes that add it up.
__device__ __forceinline__ int place_line(int p) { return kRows == 1 ? p / 2 + p % 2 * 8 : p; }

// Rounds the inputs and adds up those of each step, what a thread has of them in few trips to memory. Steps past the inputs are zeros. What the lanes of a
// warp have are eight columns of a product.
__device__ __forceinline__ void round_inputs(const Shared& shared, const LinearParams& params, int steps, int lane) {
  constexpr int kAhead = 2;
  int items = 4 * kRows * steps;
  for (int first = threadIdx.x; first < items; first += kAhead * kThreads) {
    float share[kAhead][8];
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      int item = first + i * kThreads, row = item / 4 % kRows;
      const float* input = static_cast<const float*>(params.input) + static_cast<i64>(row) * params.inputs;
      load_share<kType, true>(share[i], input, item / (4 * kRows) * kStepInputs, item % 4, row < params.rows && item < items ? params.inputs : 0);
    }
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      int item = first + i * kThreads;
      if (item < items) {
        uint4 rounded = round_share<T>(share[i]);
        shared.inputs[item] = rounded;
        if constexpr (has_minimum(kType)) {
          __syncwarp();
          StepProduct<kType> product;
          total_step(product, rounded);
          if (lane < 4) store_vec<float, 2>(shared.totals + (item - lane) / 4 + 2 * lane, {product.total[0], product.total[1]});
        }
      }
    }
  }
}

// Where a lane finds what it reads and writes, as bytes of shared memory; of what stages have, in the first one. With one row there are registers to keep
// that in, with more it is made again in every round.
struct Addresses {
  int inputs;        // its share
  int totals;
  int weights;       // its row of matrices of weights, or line g
  int scales;        // the line that it takes scales of
  int planes;        // where it leaves those
  int factors;       // where it finds those that it adds with
  int mine, theirs;  // batons

  __device__ __forceinline__ Addresses(const Shared& shared, int warp, int next, int lane) {
    int ring = warp * kRingBytes, line = kPlain ? lane % 8 : block_alignment(kType) == 16 ? lane % 8 + lane / 16 * 8 : lane / 4;
    inputs = kept(bytes(shared.inputs + lane % (4 * kRows)));
    totals = kept(bytes(shared.totals));
    weights = kept(ring + line * kPitch + (kPlain ? 16 * (lane / 8 ^ line % 4) : block_alignment(kType) == 16 ? lane / 8 % 2 * 16 : 0));
    scales = kept(ring + place_line(lane / 2) * kPitch);
    planes = kept(bytes(shared.scales + warp * kScaleFloats + 4 * lane));
    factors = kept(bytes(shared.scales + warp * kScaleFloats + lane / (kRows == 1 ? 2 : 4) * kStageSteps));
    mine = kept(bytes(shared.batons + warp * kBatonFloats + lane * kSums));
    theirs = kept(bytes(shared.batons + next * kBatonFloats + lane * kSums));
  }

  // There are none left with a fused gate and Q4_0, whose instructions are fewer without, too.
  static __device__ __forceinline__ int kept(int value) {
    return kRows == 1 && !(kFused && kType == Weight::kQ4_0) ? opaque(value) : value;
  }

  static __device__ __forceinline__ int bytes(const void* place) { return static_cast<int>(static_cast<const u8*>(place) - shared_memory); }
};

template <typename V>
__device__ __forceinline__ V* shared_at(int bytes) {
  return reinterpret_cast<V*>(shared_memory + bytes);
}

// The stage that a warp has before it, as bytes of shared memory: its slot of the ring, and its inputs and their totals.
struct StagePlace {
  int slot;
  int inputs;
  int totals;
};

// The inputs of a step: of the rows in shared memory, or of eight of those in the warp's ring.
__device__ __forceinline__ uint4 read_inputs(const StagePlace& stage, int step, int eight, int lane) {
  if constexpr (!kPacked) {
    return shared_at<uint4>(stage.inputs)[4 * kRows * step];
  } else if constexpr (kPlain) {
    u32 slots[4];
    ldmatrix_x4(slots, shared_at<u8>(stage.inputs) + (8 * eight + lane % 8) * kInputPitch + 16 * (4 * step + lane / 8));
    return make_uint4(slots[0], slots[1], slots[2], slots[3]);
  } else {
    return shared_at<uint4>(stage.inputs)[4 * (step * kRows + 8 * eight) + lane];
  }
}

// The units of a stage that a lane adds up, and the sums of their inputs where these came packed.
struct Units {
  float unit[kPlain ? 1 : kStageSteps][kUnits][kSums];
  float total[kStageSteps][2 * kEights];

  __device__ __forceinline__ void keep(const StepProduct<kType>& product, int at, int eight, int lane) {
#pragma unroll
    for (int i = 0; i < kUnits; ++i) {
      const float(&four)[4] = product.unit[i];
      if constexpr (kRows == 1) {
        unit[at][i][0] = lane % 4 < 2 ? four[0] : four[2];
      } else {
#pragma unroll
        for (int j = 0; j < 4; ++j) unit[at][i][4 * eight + j] = four[j];
      }
    }
  }
};

// The one unit of a stage of plain weights.
__device__ __forceinline__ void multiply_plain(Units& units, const Addresses& at, const StagePlace& stage, int lane) {
  StepProduct<kType> products[kEights];
#pragma unroll
  for (int eight = 0; eight < kEights; ++eight) start_unit(products[eight]);
  // Sixteens 4 * step + lane / 8, exchanged by the number of the line: steps exchange the halves of 128 bytes of lines 4 to 7.
  const u8* row = shared_at<u8>(at.weights + stage.slot);
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    u32 upper[4], lower[4];
    const u8* piece = row + 128 * (step / 2) + 64 * (step % 2 ^ lane / 4 % 2);
    ldmatrix_x4(upper, piece);
    ldmatrix_x4(lower, piece + 8 * kPitch);
#pragma unroll
    for (int eight = 0; eight < kEights; ++eight) {
      multiply_step(products[eight], make_uint4(upper[0], upper[1], upper[2], upper[3]), make_uint4(lower[0], lower[1], lower[2], lower[3]),
                    read_inputs(stage, step, eight, lane));
    }
  }
#pragma unroll
  for (int eight = 0; eight < kEights; ++eight) units.keep(products[eight], 0, eight, lane);
}

// Two lanes take the scales of a line, to the warp's planes.
__device__ __forceinline__ void leave_scales(const Addresses& at, int bytes, int lane) {
  StepScale scales[4];
  four_scales<kType>(scales, shared_at<u8>(at.scales + bytes), lane % 2 * 4);
  float* planes = shared_at<float>(at.planes);
  store_vec<float, 4>(planes, {scales[0].scale[0], scales[1].scale[0], scales[2].scale[0], scales[3].scale[0]});
  if constexpr (kUnits == 2) {
    store_vec<float, 4>(planes + kPlaneFloats, {scales[0].scale[1], scales[1].scale[1], scales[2].scale[1], scales[3].scale[1]});
  }
  if constexpr (has_minimum(kType)) {
    store_vec<float, 4>(planes + kUnits * kPlaneFloats, {scales[0].minimum, scales[1].minimum, scales[2].minimum, scales[3].minimum});
  }
}

// The eight weights of lines g and g + 8 in slot order; with Q4_K, of which two steps lie in the same bytes, also those of the next step.
struct Slots {
  uint4 upper, lower;
  uint4 next_upper, next_lower;
};

// Rows that lie on 16 bytes are read as matrices, two steps at once.
__device__ __forceinline__ void read_weights(Slots& slots, u32 (&words)[4], u32 (&fifths)[4], const u8* rows, int step, int lane) {
  int q = lane % 4;
  if constexpr (block_alignment(kType) == 16) {
    if (kType == Weight::kQ5_K && step == 0) ldmatrix_x4(fifths, rows + 16);
    if (step % 2 == 0) ldmatrix_x4(words, rows + (kType == Weight::kQ4_K ? 16 : 48) + 16 * step);
    if constexpr (kType == Weight::kQ4_K) {
      if (step % 2 == 0) {
        two_slots(slots.upper, slots.next_upper, words[0], words[1]);
        two_slots(slots.lower, slots.next_lower, words[2], words[3]);
      } else {
        slots.upper = slots.next_upper, slots.lower = slots.next_lower;
      }
    } else {
      slots.upper = block_slots<kType>({{words[0], words[1], fifths[0], fifths[1]}}, step, q);
      slots.lower = block_slots<kType>({{words[2], words[3], fifths[2], fifths[3]}}, step, q);
    }
  } else {
    // Words of odd blocks lie on four bytes whatever the type, if the first one lies on 16.
    bool on_four = kLead == 0 && step % 2 == 1;
    const u8* block = rows + step / kBlockSteps * block_bytes(kType);
    slots.upper = block_slots<kType>(block_piece<kType>(block, step % kBlockSteps, q, on_four), step % kBlockSteps, q);
    slots.lower = block_slots<kType>(block_piece<kType>(block + 8 * kPitch, step % kBlockSteps, q, on_four), step % kBlockSteps, q);
  }
}

__device__ __forceinline__ void multiply_blocks(Units& units, const u8* rows, const StagePlace& stage, int lane) {
  u32 words[4] = {}, fifths[4] = {};
  Slots slots;
#pragma unroll
  for (int step = 0; step < kStageSteps; ++step) {
    read_weights(slots, words, fifths, rows, step, lane);
#pragma unroll
    for (int eight = 0; eight < kEights; ++eight) {
      StepProduct<kType> product;
      uint4 inputs = read_inputs(stage, step, eight, lane);
      multiply_step<kType, true>(product, slots.upper, slots.lower, inputs);
      units.keep(product, step, eight, lane);
      if constexpr (kPacked && has_minimum(kType)) {
        total_step(product, inputs);
        units.total[step][2 * eight] = product.total[0], units.total[step][2 * eight + 1] = product.total[1];
      }
    }
  }
}

// What units of four steps are added with.
struct Factors {
  Vec<float, 4> scale[kLaneLines][kPlain ? 1 : kPlanes];
  float total[4][2];
};

__device__ __forceinline__ void read_factors(Factors& factors, const Addresses& at, const StagePlace& stage, int first, int lane) {
#pragma unroll
  for (int i = 0; i < kLaneLines * kPlanes; ++i) {
    int half = i % kLaneLines, plane = i / kLaneLines;
    factors.scale[half][plane] = load_vec<float, 4>(shared_at<float>(at.factors) + 8 * half * kStageSteps + plane * kPlaneFloats + first);
  }
  if constexpr (has_minimum(kType) && !kPacked) {
    const float* totals = shared_at<float>(stage.totals) + first * kRows;
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
__device__ __forceinline__ void add_units(float (&sums)[kSums], const Units& units, int first, const Factors& factors) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float(&unit)[kUnits][kSums] = units.unit[first + i];
#pragma unroll
    for (int j = 0; j < kSums; ++j) {
      const Vec<float, 4>(&scale)[kPlain ? 1 : kPlanes] = factors.scale[j / 2 % kLaneLines];
      float total = !has_minimum(kType) ? 0.0f : kPacked ? units.total[first + i][j / 4 * 2 + j % 2] : factors.total[i][j % 2];
      sums[j] = add_step<kType>(sums[j], unit[0][j], unit[kUnits - 1][j], total, {{scale[0].v[i], scale[kUnits - 1].v[i]}, scale[kPlanes - 1].v[i]});
    }
  }
}

__device__ __forceinline__ void finish_tile(const LinearParams& params, const Tile& tile, const float (&sums)[kSums], int lane) {
  if constexpr (kRows == 1) {
    // Of a fused gate the other half of a quad has the gate's sum.
    float sum = sums[0], gate = kFused ? __shfl_xor_sync(kFullWarp, sum, 2) : 0.0f;
    int output = tile.first + (kFused ? lane / 4 : place_line(lane / 2));
    if constexpr (kFused) sum *= activate<kActivation>(gate);
    if (lane % (kFused ? 4 : 2) == (kFused ? 2 : 0) && output < tile.part.outputs) finish<kGate, kActivation>(params, tile.part, 0, output, sum);
  } else {
#pragma unroll
    for (int i = 0; i < kSums; ++i) {
      int half = i % 4 / 2, row = i / 4 * 8 + 2 * (lane % 4) + i % 2;
      int output = tile.first + lane / 4 + (kFused ? 0 : 8 * half);
      float sum = sums[i];
      if (kFused && half == 1) sum *= activate<kActivation>(sums[i - 2]);
      if ((!kFused || half == 1) && row < params.rows && output < tile.part.outputs) finish<kGate, kActivation>(params, tile.part, row, output, sum);
    }
  }
}

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kThreads, kBlocks)
winnow_linear_row(const LinearParams params, int tiles) {
  int warp = threadIdx.x / kWarpSize, lane = threadIdx.x % kWarpSize;
  int stages = (params.inputs + kStageInputs - 1) / kStageInputs, steps = stages * kStageSteps;
  Shared shared(steps);
  Stream stream(params, stages, tiles);
  Place place = stream.place;
#pragma unroll
  for (int i = 0; i < kStages; ++i) stream.advance(i * kStageRingBytes);
  if constexpr (!kPacked) {
    round_inputs(shared, params, steps, lane);
    __syncthreads();
  }

  using Sums = Vec<float, kSums>;
  int next = warp / kTeam * kTeam + (warp + 1) % kTeam, slot = 0;
  Addresses at(shared, warp, next, lane);
  // The team's first warp finds its first baton as if there had been one before.
  if (next % kTeam == 0 && stream.first_tile() < tiles) named_barrier_arrive(next, 2 * kWarpSize);
#pragma unroll 1
  while (place.tile < tiles) {
    copy_async_wait<kStages - 1>();
    __syncwarp();
    if constexpr (kRows > 1) at = Addresses(shared, opaque(warp), next, opaque(lane));
    StagePlace stage;
    stage.slot = slot;
    stage.inputs = kPacked ? warp * kRingBytes + slot + kLines * kPitch : at.inputs + place.stage * kStageSteps * kRows * kStepInputs * 2;
    stage.totals = at.totals + place.stage * kStageSteps * kRows * 4;
    Units units;
    Factors factors;
    if constexpr (kPlain) {
      multiply_plain(units, at, stage, lane);
      __syncwarp();
    } else {
      leave_scales(at, slot + stream.lead_of(place_line(lane / 2), place.stage), lane);
      multiply_blocks(units, shared_at<u8>(at.weights + slot + stream.lead_of(lane / 4, place.stage)), stage, lane);
      __syncwarp();
      if constexpr (kRows == 1) read_factors(factors, at, stage, 0, lane);
    }
    if constexpr (kRows == 1) stream.advance(slot);

    // The baton also says that the one to pass on is free: it has gone all the way round since.
    named_barrier_sync(warp, 2 * kWarpSize);
    Sums sums = {};
    if (place.stage > 0) sums = *shared_at<Sums>(at.mine);
    if constexpr (kPlain) {
#pragma unroll
      for (int i = 0; i < kSums; ++i) sums.v[i] = add_step<kType>(sums.v[i], units.unit[0][0][i], 0.0f, 0.0f, {});
    } else {
#pragma unroll
      for (int first = 0; first < kStageSteps; first += 4) {
        if (first > 0 || kRows > 1) read_factors(factors, at, stage, first, lane);
        add_units(sums.v, units, first, factors);
      }
    }
    bool done = place.stage == stages - 1;
    if (!done) *shared_at<Sums>(at.theirs) = sums;
    if (!done || place.tile + Place::next_tile() < tiles) named_barrier_arrive(next, 2 * kWarpSize);
    if (done) finish_tile(params, Tile(params, place.tile), sums.v, lane);
    // More rows have their units in the registers that this takes, until here.
    if constexpr (kRows > 1) stream.advance(slot);
    place.move(stream.distance, stages);
    slot = slot + kStageRingBytes == kRingBytes ? 0 : slot + kStageRingBytes;
  }
}
