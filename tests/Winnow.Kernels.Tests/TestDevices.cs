using System;
using Winnow.Gpu;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests;

/// <summary>The device that the tests of CUDA forms run on: the simulator, or the GPU where <c>WINNOW_TEST_DEVICE=cuda</c> says so.</summary>
internal static class TestDevices
{
    // One for all tests, so that a variant is compiled once.
    private static readonly KernelCompiler Compiler = new();

    /// <summary>Whether the tests run on a GPU.</summary>
    public static bool IsGpu { get; } = Environment.GetEnvironmentVariable("WINNOW_TEST_DEVICE") == "cuda";

    /// <summary>The simulator with all its checks, or the GPU.</summary>
    /// <param name="seed">What the simulator draws the order of warps from.</param>
    /// <param name="architecture">What the simulator is; a GPU is what it is.</param>
    /// <param name="threads">Threads of the host that run blocks: with one blocks come one after the other. 0 for one for each core.</param>
    public static CudaDevice Simulator(int seed = 1, string architecture = "compute_80", int threads = 0)
    {
        NvrtcSupport.Require();
        return new CudaDevice(
            IsGpu ? CudaDriver.Open() : new PtxSimulator(new PtxSimulatorOptions { Seed = seed, Architecture = architecture, Threads = threads }), Compiler, ownsDriver: true);
    }
}
