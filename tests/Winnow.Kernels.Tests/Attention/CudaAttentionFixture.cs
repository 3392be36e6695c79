using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Tests of the CUDA form share one device, and with it the kernels that it has loaded.</summary>
public abstract class CudaAttentionFixture
{
    private CudaDevice? _device;

    private protected CudaDevice Device => _device!;

    /// <summary>What the simulator is.</summary>
    private protected virtual string Architecture => "compute_80";

    [OneTimeSetUp]
    public void OpenDevice() => _device = TestDevices.Simulator(architecture: Architecture);

    [OneTimeTearDown]
    public void CloseDevice() => _device?.Dispose();

    private protected void Check(AttentionCase one, bool hints = false)
    {
        (float[] output, float[] logSumExp) = Run(one, hints: hints);
        AttentionAssert.Agrees(one, output, logSumExp, one.Type);
    }

    private protected (float[] Output, float[] LogSumExp) Run(AttentionCase one, int seed = 7, bool hints = false)
    {
        using var rig = new AttentionRig(Device, one, seed, hints: hints);
        return rig.Run();
    }

    private protected static bool SameBits(float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);
}
