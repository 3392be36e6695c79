// gather.cu - moving rows of floats.
//
//   gather:  output[i] = input[indices[i]]; an index outside the input gives a row of NaN
//   scatter: output[indices[i]] = input[i]; a row with an index outside the output is left out; no index may occur twice
//
// input, output [rows, columns] f32; indices [rows of the other side] i32. Plain alignment.
// grid (indices, columns in pieces of 1024), block (256). Bound by bytes: each value is read once and written once.
#include "common/types.cuh"
#include "reduction/columns.cuh"

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_gather_rows(float* output, const float* input, const i32* indices, i64 input_rows, i32 columns) {
  i64 row = blockIdx.x;
  i64 index = indices[row];
  bool exists = index >= 0 && index < input_rows;
  float value[kPerThread];
  each_column(columns, [&](int i, int column) { value[i] = exists ? input[(index * columns) + column] : __uint_as_float(0x7fc00000u); });
  each_column(columns, [&](int i, int column) { output[(row * columns) + column] = value[i]; });
}

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_scatter_rows(float* output, const float* input, const i32* indices, i64 output_rows, i32 columns) {
  i64 row = blockIdx.x;
  i64 index = indices[row];
  if (index < 0 || index >= output_rows) return;
  float value[kPerThread];
  each_column(columns, [&](int i, int column) { value[i] = input[(row * columns) + column]; });
  each_column(columns, [&](int i, int column) { output[(index * columns) + column] = value[i]; });
}
