// copy.cu - out[i] = in[i], 64 bytes a thread: the rate that memory-bound kernels are held against.
//   out, in   n quadruples of 32 bits, aligned to 16 bytes; n a multiple of 4 * 512
//   grid      n / (4 * 512) blocks of 512 threads
// Bound by memory: 32 bytes for each quadruple, one half read and one half written.
constexpr int kThreads = 512;
constexpr int kTurns = 4;

extern "C" __global__ void __launch_bounds__(kThreads) winnow_peak_copy(uint4* __restrict__ out, const uint4* __restrict__ in) {
  long long first = static_cast<long long>(blockIdx.x) * kThreads * kTurns + threadIdx.x;
  uint4 values[kTurns];
#pragma unroll
  for (int i = 0; i < kTurns; ++i) values[i] = __ldcs(in + first + i * kThreads);
#pragma unroll
  for (int i = 0; i < kTurns; ++i) __stcs(out + first + i * kThreads, values[i]);
}
