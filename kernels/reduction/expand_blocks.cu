// expand_blocks.cu - from lists of blocks to lists of their entries, a row's last entries besides
//
//   selected[r] = the entries e of the listed blocks b = e / width, and the last ones of the row, e >= lengths[r] - last; ascending, each once
//   counts[r] = how many they are
//
//   selected [rows, capacity] i32, what exceeds the capacity is not written; counts [rows] i32; blocks [rows, block_capacity] i32 ascending, of which the first
//   block_counts [rows] i32 are read; lengths [rows] i32. Plain alignment.
// grid (rows), block (256). Bound by bytes: 4 for each entry of a list.
#include "common/types.cuh"

constexpr int kThreads = 256;

extern "C" __global__ void __launch_bounds__(kThreads)
    winnow_expand_blocks(i32* selected, i32* counts, const i32* blocks, const i32* block_counts, const i32* lengths, i32 capacity, i32 block_capacity,
                         i32 width, i32 last) {
  i64 row = blockIdx.x;
  selected += row * capacity;
  blocks += row * block_capacity;
  int length = max(0, lengths[row]), tail = max(0, length - last);
  // Blocks that begin before the tail; all but the last of them end before it, too.
  int low = 0, high = max(0, min(block_capacity, block_counts[row]));
  while (low < high) {
    int middle = (low + high) / 2;
    if (static_cast<i64>(blocks[middle]) * width < tail) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  int before = low == 0 ? 0 : (low - 1) * width + min(width, tail - blocks[low - 1] * width);
  for (int e = threadIdx.x; e < min(before, capacity); e += kThreads) selected[e] = blocks[e / width] * width + e % width;
  for (int e = threadIdx.x; e < min(length - tail, capacity - before); e += kThreads) selected[before + e] = tail + e;
  if (threadIdx.x == 0) counts[row] = before + length - tail;
}
