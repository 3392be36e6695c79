using System;
using NUnit.Framework;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Tests.Norm;

public sealed class CpuRopeTests
{
    [TestCase(1f)]
    [TestCase(1.2079441f)]
    public void RopeTable_IsExactToTheLastBitOfTheFloatAngle(float magnitude)
    {
        using var device = new CpuDevice(2);
        NormCases.RopeTable(device, magnitude);
    }

    [Test]
    public void Rope_AgreesWithDoublePrecision(
        [Values(128, 256, 512)] int bits, [Values] RopeLayout layout, [Values(false, true)] bool norm, [Values(8, 24, 64, 80, 128, 256)] int headDim, [Values(1, 2)] int part)
    {
        using var device = new CpuDevice(2, (SimdWidth)bits);
        NormCases.Rope(device, layout, norm, headDim, headDim / part);
    }

    [Test]
    public void Rope_LeavesElementsPastTheRotaryOnesAlone([Values] RopeLayout layout)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        float[] input = TestTensors.Random(new Random(1), 40);
        Tensor heads = tensors.Of(input, 1, 40);
        Tensor table = tensors.Of(TestTensors.Random(new Random(2), 12), 1, 6, 2);
        device.Norm.Rope(heads, 20, table, layout);
        float[] actual = tensors.Floats(heads);
        Assert.That(actual[12..20], Is.EqualTo(input[12..20]));
        Assert.That(actual[32..], Is.EqualTo(input[32..]));
        Assert.That(actual[..12], Is.Not.EqualTo(input[..12]));
    }

    [Test]
    public void Rope_OfATokenDependsOnNeitherOtherTokensNorThreads([Values] RopeLayout layout)
    {
        const int Tokens = 300;
        float[] input = TestTensors.Random(new Random(1), Tokens * 256);
        float[] entries = TestTensors.Random(new Random(2), Tokens * 64);
        float[] Run(int threads, int tokens)
        {
            using var device = new CpuDevice(threads);
            using var tensors = new TestTensors(device);
            Tensor heads = tensors.Of(input[..(tokens * 256)], tokens, 256);
            device.Norm.Rope(heads, 64, tensors.Of(entries[..(tokens * 64)], tokens, 32, 2), layout);
            return tensors.Floats(heads);
        }

        float[] all = Run(1, Tokens);
        Assert.That(Run(3, Tokens), Is.EqualTo(all));
        Assert.That(Run(2, 1), Is.EqualTo(all[..256]));
    }
}
