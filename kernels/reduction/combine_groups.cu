// combine_groups.cu - the rows of a group made one, entry by entry; all of them get it.
//
//   output[r, e] = KIND of the input[i, e] of the `group` consecutive rows that r is one of, in ascending i
//   KIND 0: sum, 1: sum over the number of rows, 2: the greatest, NaN where one is
//
//   output [rows, entries] f32, may be the input; input [rows, entries] f32. Plain alignment.
// grid (groups, entries in pieces of 1024), block (256). Bound by bytes: each value is read once and written once.
#include "common/types.cuh"
#include "reduction/columns.cuh"

#ifndef KIND
#define KIND 0
#endif

extern "C" __global__ void __launch_bounds__(kThreads) winnow_combine_groups(float* output, const float* input, i32 group, i32 entries) {
  i64 first = static_cast<i64>(blockIdx.x) * group * entries;
  float combined[kPerThread];
  each_column(entries, [&](int i, int entry) { combined[i] = input[first + entry]; });
  for (i64 r = 1; r < group; ++r) {
    float value[kPerThread];
    each_column(entries, [&](int i, int entry) { value[i] = input[first + (r * entries) + entry]; });
#pragma unroll
    for (int i = 0; i < kPerThread; ++i) {
      combined[i] = KIND == 2 ? (value[i] > combined[i] || value[i] != value[i] ? value[i] : combined[i]) : __fadd_rn(combined[i], value[i]);
    }
  }
  each_column(entries, [&](int i, int entry) {
    float result = KIND == 1 ? __fdiv_rn(combined[i], static_cast<float>(group)) : combined[i];
    for (i64 r = 0; r < group; ++r) output[first + (r * entries) + entry] = result;
  });
}
