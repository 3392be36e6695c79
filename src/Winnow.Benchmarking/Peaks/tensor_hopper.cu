// tensor_hopper.cu - products of 64 x 16 and 16 x 256 matrices of halves, summed in 32 bits, from shared memory: the rate of tensor cores through wgmma.
// For compute capability 9.0a.
//   out       one float a thread, so that nothing is left out
//   turns     of 4 products each
//   grid      any number of blocks of 256 threads, two warpgroups, each with sums of its own
// Bound by tensor cores: 4 * turns * 524288 operations for each warpgroup.
constexpr int kThreads = 256;
constexpr int kSums = 128;
constexpr int kProducts = 4;
constexpr int kLineBytes = 128;
constexpr int kLines = 64 + 256;

// Eight operands.
#define WINNOW_EIGHT(i) \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])

// PTX ISA 9.7.15.5.2 (wgmma.mma_async)
__device__ __forceinline__ void multiply(float (&d)[kSums], unsigned long long a, unsigned long long b) {
  asm volatile(
      "wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
      "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
      "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "
      "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "
      "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "
      "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "
      "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127}, "
      "%128, %129, 1, 1, 1, 0, 0;"
      : WINNOW_EIGHT(0), WINNOW_EIGHT(8), WINNOW_EIGHT(16), WINNOW_EIGHT(24),
        WINNOW_EIGHT(32), WINNOW_EIGHT(40), WINNOW_EIGHT(48), WINNOW_EIGHT(56),
        WINNOW_EIGHT(64), WINNOW_EIGHT(72), WINNOW_EIGHT(80), WINNOW_EIGHT(88),
        WINNOW_EIGHT(96), WINNOW_EIGHT(104), WINNOW_EIGHT(112), WINNOW_EIGHT(120)
      : "l"(a), "l"(b));
}

// Lines of 128 bytes with a swizzle of 128, eight of them 1024 bytes. PTX ISA 9.7.15.5.1 (matrix descriptor)
__device__ __forceinline__ unsigned long long descriptor(unsigned address) {
  return (address & 0x3FFFFu) >> 4 | 1ull << 16 | 64ull << 32 | 1ull << 62;
}

extern "C" __global__ void __launch_bounds__(kThreads, 1) winnow_peak_tensor_hopper(float* out, int turns) {
  __shared__ __align__(1024) unsigned lines[kLines * kLineBytes / 4];
  // Halves from 2^-9 to 2^-8 of random mantissas and signs, as operands have them: sums stay small however long it takes.
  unsigned random = threadIdx.x * 2654435761u + 1;
  for (int i = threadIdx.x; i < kLines * kLineBytes / 4; i += kThreads) {
    random = random * 1664525u + 1013904223u;
    lines[i] = 0x18001800u | (random & 0x80008000u) | (random >> 7 & 0x03ff03ffu);
  }
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();

  unsigned address = static_cast<unsigned>(__cvta_generic_to_shared(lines));
  unsigned long long a = descriptor(address), b = descriptor(address + 64 * kLineBytes);
  float sums[kSums] = {};
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll 1
  for (int turn = 0; turn < turns; ++turn) {
#pragma unroll
    for (int i = 0; i < kProducts; ++i) multiply(sums, a + 2 * i, b + 2 * i);
    asm volatile("wgmma.commit_group.sync.aligned;\n wgmma.wait_group.sync.aligned 0;" ::: "memory");
  }

  float total = 0;
#pragma unroll
  for (int i = 0; i < kSums; ++i) total += sums[i];
  out[blockIdx.x * kThreads + threadIdx.x] = total;
}
