using System;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Tests;

/// <summary>The device that tests of whole models run the kernels on: the simulator, or the GPU where <c>WINNOW_TEST_DEVICE=cuda</c> says so.</summary>
internal static class TestDevices
{
    /// <summary>The simulator, or the GPU.</summary>
    /// <param name="options">How the simulator works; null for all its checks.</param>
    public static CudaDevice Simulator(PtxSimulatorOptions? options = null)
    {
        NvrtcSupport.Require();
        bool gpu = Environment.GetEnvironmentVariable("WINNOW_TEST_DEVICE") == "cuda";
        return new CudaDevice(gpu ? CudaDriver.Open() : new PtxSimulator(options ?? new PtxSimulatorOptions()), ownsDriver: true);
    }
}
