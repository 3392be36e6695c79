// decode_cluster.cuh - how blocks that have the splits of a tile, and are one cluster, make its result together: each tells all others the states that its
// rows have, and the one that owns a group of eight columns what it has of those. Then every block merges its own columns in ascending order of splits,
// and knows all log-sum-exps. Nothing goes through device memory, and no block waits for the last one to do the rest alone.
// Where there are more splits than blocks, block b has splits b, b + blocks, b + 2 * blocks and so on, and tells of each when it has it.
#pragma once
#include "attention/decode_merge.cuh"
#include "common/cluster.cuh"

// Blocks of a cluster: a power of two, no fewer than there are splits. Those that have none merge columns, too.
constexpr int kMostClusterBlocks = 16;

// Rows times splits that a block may have where it has several.
constexpr int kSeveralStates = 32;

struct ClusterStates {
  static constexpr int kColumns = 8;
  static constexpr int kGroups = kHeadDim / kColumns;
  static constexpr int kParts = (kGroups + kMostClusterBlocks - 1) / kMostClusterBlocks * kMostClusterBlocks;

  static constexpr int kStates = kSeveral ? kSeveralStates : kDecodeRows;

  alignas(16) float parts[kParts * kStates][kColumns];  // of a block's groups, of each all splits, of each all rows
  float2 states[kMostClusterBlocks * kStates];          // of each row all splits
  float shifts[kDecodeRows];                            // log-sum-exps in units of scores

  static __device__ __forceinline__ u32 blocks() { return gridDim.x; }
  static __device__ __forceinline__ int logarithm() { return __ffs(gridDim.x) - 1; }

  // Of one split, by its block. All have begun when it is called: cluster_wait.
  template <typename Tile>
  __device__ __forceinline__ void tell(Tile& tile, const float (&sum)[Tile::kOwnedRows], int split, int splits, int rows) {
    int shift = logarithm();
    tile.visit([&](int i, int column, float a, float b) {
      u32 group = column / kColumns;
      float* part = &parts[((group >> shift) * splits + split) * rows + Tile::row_of(i)][column % kColumns];
      if (Tile::row_of(i) < rows) store_in_block(address_in_block(shared_address(part), group & (blocks() - 1)), make_float2(a, b));
    });
    // The four lanes that know of a row share the blocks.
    if (threadIdx.x >= kWarpSize) return;
#pragma unroll 1
    for (u32 block = threadIdx.x % 4; block < blocks(); block += 4) {
#pragma unroll
      for (int i = 0; i < Tile::kOwnedRows; ++i) {
        int row = Tile::row_of(i);
        if (row < rows) store_in_block(address_in_block(shared_address(&states[row * splits + split]), block), make_float2(tile.greatest[i], sum[i]));
      }
    }
  }

  // All threads, when all blocks have told. The first block writes log-sum-exps.
  template <typename T, typename Table>
  __device__ __forceinline__ void merge(Table& table, const AttentionParameters& p, const HeadView& view, int first_row, int rows, int splits) {
    constexpr int kMost = kSeveral ? kWarpSize : kMostClusterBlocks;
    table.template fill<T, kRoundThreads, kMost>(rows, splits, 0, splits, [&](int row, int split) { return states[row * splits + split]; });
    __syncthreads();
    if constexpr (LOG_SUM_EXP != 0) {
      if (threadIdx.x >= kRoundThreads - kWarpSize) finish_row<T>(table, p, view, first_row, threadIdx.x % kWarpSize, rows, splits);
    }
    constexpr int kPairs = kColumns / 2;
    int shift = logarithm();
#pragma unroll 1
    for (u32 item = threadIdx.x;; item += kRoundThreads) {
      int own_group = item / (kDecodeRows * kPairs);
      u32 group = (own_group << shift) + blockIdx.x;
      if (group >= kGroups) break;
      int row = item / kPairs % kDecodeRows, column = item % kPairs * 2;
      if (row >= rows) continue;
      const float* part = &parts[own_group * splits * rows + row][column];
      float2 value = make_float2(0.0f, 0.0f);
      float sum = 0.0f;
#pragma unroll 4
      for (int split = 0; split < splits; ++split) {
        float4 entry = table.entries[row * splits + split];
        MergeFactors factors = {entry.w, entry.x, entry.y};
        float2 other = *reinterpret_cast<const float2*>(part + split * rows * kColumns);
        sum = merge_value(sum, entry.z, factors);
        value = make_float2(merge_value(value.x, other.x, factors), merge_value(value.y, other.y, factors));
      }
      float inverse = inverse_of(sum);
      value = make_float2(finish_value(value.x, inverse), finish_value(value.y, inverse));
      *reinterpret_cast<float2*>(p.output + query_of(p, view, first_row + row) * kHeadDim + group * kColumns + column) = value;
    }
  }

 private:
  template <typename T, typename Table>
  __device__ __forceinline__ void finish_row(const Table& table, const AttentionParameters& p, const HeadView& view, int first_row, int row, int rows,
                                             int splits) {
    if (row >= rows) return;
    float sum = 0.0f;
#pragma unroll 4
    for (int split = 0; split < splits; ++split) {
      float4 entry = table.entries[row * splits + split];
      sum = merge_value(sum, entry.z, MergeFactors{entry.w, entry.x, entry.y});
    }
    float log_sum_exp = log_sum_exp_of<T>(table.greatest[row], sum);
    if (blockIdx.x == 0) p.log_sum_exp[query_of(p, view, first_row + row)] = log_sum_exp;
    shifts[row] = log_sum_exp * ScoreUnits<T>::per_natural();
  }
};
