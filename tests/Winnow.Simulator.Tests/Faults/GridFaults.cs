using Winnow.Gpu;

namespace Winnow.Simulator.Tests.Faults;

/// <summary>Blocks that find what others wrote in device memory: the one that takes the last ticket reads what all wrote.</summary>
internal static class GridFaults
{
    private const string TheOtherBlock = "block";

    public static readonly FaultCase[] Cases =
    [
        LastBlock("last_block_without_a_fence", "", ""),
        LastBlock("last_block_without_a_fence_before_its_ticket", "", "__threadfence();"),
        LastBlock("last_block_without_a_fence_after_its_ticket", "__threadfence();", ""),
        LastBlock("last_block_with_fences_of_its_block_alone", "__threadfence_block();", "__threadfence_block();"),
        new("""
            extern "C" __global__ void sum_of_what_nobody_fenced(int* out, int* in, int n) {
              __shared__ int last;
              int i = threadIdx.x;
              atomicAdd(&in[32 + i % 4], 1);
              out[2 * i + blockIdx.x] = i;
              __syncthreads();
              if (i == 0) {
                if (!FAULT) __threadfence();
                last = atomicAdd(&in[0], 1);
                if (!FAULT) __threadfence();
              }
              __syncthreads();
              if (last == 1) in[i] = *(volatile int*)&in[32 + i % 4] + out[2 * i + 1 - blockIdx.x];  // <- missing-fence
            }
            """) { Shape = LaunchShape.Linear(2, 32), Blocks = [0, 1], Says = TheOtherBlock },
    ];

    private static FaultCase LastBlock(string name, string before, string after) => new($$"""
        extern "C" __global__ void {{name}}(int* out, int* in, int n) {
          __shared__ int last;
          int i = threadIdx.x;
          out[16 * blockIdx.x + i] = i;
          __syncthreads();
          if (i == 0) {
            if (FAULT) { {{before}} } else __threadfence();
            last = atomicAdd(&in[0], 1);
            if (FAULT) { {{after}} } else __threadfence();
          }
          __syncthreads();
          if (last != 3) return;
          int sum = 0;
          for (int block = 0; block < 4; ++block) sum += out[16 * block + i];  // <- missing-fence
          in[i] = sum;
        }
        """)
    {
        Shape = LaunchShape.Linear(4, 16),
        Blocks = [0, 1, 2, 3],
        Says = TheOtherBlock,
    };
}
