// tensor.cu - products of 16 x 16 and 16 x 8 matrices of halves, summed in 32 bits, from registers alone: the rate of tensor cores through mma.sync.
//   out       one float a thread, so that nothing is left out
//   turns     products of each of 8 independent sums
//   grid      any number of blocks of 256 threads
// Bound by tensor cores: 8 * turns * 4096 operations for each warp.
constexpr int kThreads = 256;
constexpr int kSums = 8;

// PTX ISA 9.7.14.5 (mma.m16n8k16)
__device__ __forceinline__ void multiply(float (&sum)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

extern "C" __global__ void __launch_bounds__(kThreads) winnow_peak_tensor(float* out, int turns) {
  // 2^-8 twice in a register, and as many signs as lanes: sums stay small however long it takes.
  unsigned a[4] = {0x1c001c00u, 0x9c001c00u, 0x1c009c00u, 0x9c009c00u};
  unsigned b[2] = {0x1c001c00u ^ (threadIdx.x << 15), 0x9c001c00u};
  float sums[kSums][4] = {};
  for (int turn = 0; turn < turns; ++turn) {
#pragma unroll
    for (int i = 0; i < kSums; ++i) multiply(sums[i], a, b);
  }

  float total = 0;
#pragma unroll
  for (int i = 0; i < kSums; ++i) total += sums[i][0] + sums[i][1] + sums[i][2] + sums[i][3];
  out[blockIdx.x * kThreads + threadIdx.x] = total;
}
