using NUnit.Framework;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Prediction;

public sealed class ProfiledKernelTests
{
    [Test]
    public void Run_CountsWhatTheKernelDidAndPredictsFromIt()
    {
        NvrtcSupport.Require();

        ProfiledKernel kernel = ProfiledKernel.Run(Kernels.Compiler, Kernels.Saxpy);
        KernelPrediction prediction = kernel.Predict(Kernels.Compiler, GpuSpecification.Find("a100"));

        Assert.That((kernel.Profile.Kernel, kernel.Profile.Launches, kernel.Profile.Blocks, kernel.Profile.Flops), Is.EqualTo(("saxpy", 1L, 4L, 2000L)));
        Assert.That((kernel.Profile.GlobalLoads.Bytes, kernel.Profile.GlobalStores.Bytes), Is.EqualTo((8000L, 4000L)));
        Assert.That((prediction.MemoryBytes, prediction.Flops, prediction.Blocks), Is.EqualTo((12_000.0, 2000.0, 4L)));
        Assert.That((prediction.Occupancy!.Blocks, prediction.Waves), Is.EqualTo((8, (double?)(4 / 864.0))));
    }

    [Test]
    public void Run_OfAKernelForHopperNeedsASimulatorOfIt()
    {
        NvrtcSupport.Require();
        KernelDescription hopper = Kernels.Describe(
            """
            #if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 900
            #error "needs Hopper"
            #endif
            __global__ void k(int* out) {
              asm volatile("setmaxnreg.inc.sync.aligned.u32 128;");
              out[threadIdx.x] = __CUDA_ARCH__;
            }
            """,
            "\"grid\": 1, \"block\": 128, \"arguments\": [\"out out: i32[128]\"]");

        Assert.That(() => ProfiledKernel.Run(Kernels.Compiler, hopper), Throws.TypeOf<KernelCompileException>());
        Assert.That(ProfiledKernel.Run(Kernels.Compiler, hopper, architecture: "compute_90a").Profile.GlobalStores.Bytes, Is.EqualTo(512));
    }

    [Test]
    public void Run_OfAKernelWhoseClustersAreLargeAllowsThem()
    {
        NvrtcSupport.Require();
        KernelDescription clusters = Kernels.Describe(
            """
            __global__ void __cluster_dims__(16) k(int* out) {
              int rank;
              asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
              if (threadIdx.x == 0) out[blockIdx.x] = rank;
            }
            """,
            "\"grid\": 32, \"block\": 32, \"arguments\": [\"out out: i32[32]\"]");

        Assert.That(ProfiledKernel.Run(Kernels.Compiler, clusters, architecture: "compute_90a").Profile.GlobalStores.Bytes, Is.EqualTo(128));
    }
}
