// totals.cu - totals[s, r] = the sum of the inputs of step s in row r, as products with ones add them (pieces.cuh): for types with minima.
//
// totals: float [steps, pitch], pitch a multiple of 16 that holds all rows; zeros past the last one. Of 16 rows those of a lane of both products of 8 are
// beside each other: 2 q, 2 q + 1, 8 + 2 q and 9 + 2 q at 4 q. packed: f16 [rows, stride] in the order of
// fragments (pack.cu), steps * 32 <= stride.
// One warp per 8 rows and step; grid (pitch / 8, ceil(steps / 8)), block: 256 threads. Bound by memory: 2 bytes an input.
#include "linear/pieces.cuh"

constexpr int kRows = 8;
constexpr int kWarps = 8;

// ---- entry points -------------------------------------------------------------------------------------------
extern "C" __global__ void __launch_bounds__(kWarps * kWarpSize)
winnow_linear_totals(float* totals, const u32* packed, int rows, int stride, int steps, int pitch) {
  int lane = threadIdx.x % kWarpSize, q = lane % 4;
  int step = blockIdx.y * kWarps + threadIdx.x / kWarpSize, row = blockIdx.x * kRows + lane / 4;
  if (step >= steps) return;
  uint4 inputs = {};
  if (row < rows) {
    const u32* words = packed + (static_cast<i64>(row) * stride + step * kStepInputs) / 2 + q;
    inputs = make_uint4(words[0], words[4], words[8], words[12]);
  }
  StepProduct<Weight::kQ4_K> product;
  total_step(product, inputs);
  if (lane < 4) {
    int place = blockIdx.x / 2 * 2 * kRows + 4 * q + blockIdx.x % 2 * 2;
    store_vec<float, 2>(totals + static_cast<i64>(step) * pitch + place, {product.total[0], product.total[1]});
  }
}
