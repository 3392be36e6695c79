using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Tests.Linear;

namespace Winnow.Kernels.Tests.Norm;

public sealed class CpuNormTests
{
    private static readonly int[] Sizes = [1, 3, 4, 5, 15, 16, 17, 31, 63, 64, 65, 521, 2048];

    [Test]
    public void Norms_AgreeWithDoublePrecision([Values(128, 256, 512)] int bits, [ValueSource(nameof(Sizes))] int columns)
    {
        using var device = new CpuDevice(2, (SimdWidth)bits);
        NormCases.Norms(device, 5, columns);
    }

    [Test]
    public void Norms_OfARowAloneHaveItsBits([Values(128, 256, 512)] int bits, [Values(5, 64, 1031)] int columns)
    {
        using var device = new CpuDevice(2, (SimdWidth)bits);
        NormCases.RowsAlone(device, 50, columns);
    }

    [Test]
    public void RmsNorm_OfARowDependsOnNeitherRowsNorThreads([Values(128, 256, 512)] int bits)
    {
        var width = (SimdWidth)bits;
        var random = new Random(1);
        const int Columns = 1031;
        float[] input = TestTensors.Random(random, 200 * Columns);
        float[] weight = TestTensors.Random(random, Columns);
        float[] Run(int threads, int rows)
        {
            using var device = new CpuDevice(threads, width);
            using var tensors = new TestTensors(device);
            Tensor x = tensors.Of(input[..(rows * Columns)], rows, Columns);
            device.Norm.RmsNorm(x, x, tensors.Of(weight), 1e-6f);
            return tensors.Floats(x);
        }

        float[] all = Run(1, 200);
        Assert.That(Run(2, 200), Is.EqualTo(all));
        Assert.That(Run(3, 200), Is.EqualTo(all));
        Assert.That(Run(3, 1), Is.EqualTo(all[..Columns]));
    }

    [Test]
    public void RmsNorm_OfZerosIsZeroAndOfNaNIsNaN()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        Tensor x = tensors.Of([0f, 0f, 0f, float.NaN, 1f, 1f], 2, 3);
        device.Norm.RmsNorm(x, x, tensors.Of([1f, 1f, 1f]), 1e-6f);
        Assert.That(tensors.Floats(x), Is.EqualTo(new[] { 0, 0, 0, float.NaN, float.NaN, float.NaN }));
    }

    [Test]
    public void Embed_ScalesTheRowsOfEveryType([ValueSource(typeof(WeightReference), nameof(WeightReference.Types))] DType type, [Values(1f, 55.5f)] float scale)
    {
        using var device = new CpuDevice(2);
        NormCases.Embed(device, type, scale, 256);
    }

    [Test]
    public void Embed_ReadsRowsInTheOrderOfProducts([ValueSource(typeof(WeightReference), nameof(WeightReference.Types))] DType type, [Values(256, 2304)] int hidden)
    {
        using var device = new CpuDevice(2);
        NormCases.Embed(device, type, 1f, hidden, isArranged: true);
    }

    [TestCase(-1)]
    [TestCase(4)]
    public void Embed_RefusesATokenOutsideTheVocabulary(int token)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        Tensor table = tensors.Of(new float[8], 4, 2);
        Assert.That(() => device.Norm.Embed(tensors.Of(new float[2], 1, 2), table, tensors.Of([token]), 1f), Throws.ArgumentException);
    }

    [Test]
    public void SoftCap_AgreesWithDoublePrecision([Values(128, 256, 512)] int bits, [Values(1, 15, 16, 17, 4095, 4097, 70_001)] int count)
    {
        using var device = new CpuDevice(2, (SimdWidth)bits);
        NormCases.SoftCap(device, count);
    }

    [Test]
    public void Activate_AgreesWithDoublePrecision([Values(128, 256, 512)] int bits, [Values] Activation activation, [Values(1, 15, 16, 17, 4097, 70_001)] int count)
    {
        using var device = new CpuDevice(2, (SimdWidth)bits);
        NormCases.Activate(device, activation, count);
    }

    [Test]
    public void SoftCap_RefusesACapOfZero()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        Assert.That(() => device.Norm.SoftCap(tensors.Of([1f]), 0f), Throws.ArgumentException);
    }

    [Test]
    public void Operations_RefuseOperandsThatDoNotFit()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        Tensor x = tensors.Of(new float[6], 2, 3);
        Assert.That(() => device.Norm.RmsNorm(x, x, tensors.Of(new float[2]), 1e-5f), Throws.ArgumentException.With.Message.Contains("weight"));
        Assert.That(() => device.Norm.RmsNorm(tensors.Of(new float[5]), x, tensors.Of(new float[3]), 1e-5f), Throws.ArgumentException);
        Assert.That(() => device.Norm.RmsNorm(x, default, tensors.Of(new float[3]), 1e-5f), Throws.ArgumentException);
        Assert.That(() => device.Norm.AddRmsNorm(x, tensors.Of(new int[6], 2, 3), tensors.Of(new float[3]), 1e-5f), Throws.ArgumentException);
        Assert.That(() => device.Norm.AddThenRmsNorm(x, x, x, tensors.Of(new float[3]), 1e-5f), Throws.ArgumentException.With.Message.Contains("residual"));
        Assert.That(() => device.Norm.LayerNorm(x, x, tensors.Of(new float[3]), tensors.Of(new float[2]), 1e-5f), Throws.ArgumentException.With.Message.Contains("bias"));
        Assert.That(() => device.Norm.Activate(x, (Activation)7), Throws.ArgumentException.With.Message.Contains("7"));
        Assert.That(() => device.Norm.Activate(tensors.Of([1]), Activation.Relu), Throws.ArgumentException);
        Assert.That(() => device.Norm.Rope(x, 2, tensors.Of(new float[4], 2, 1, 2), RopeLayout.HalfSplit), Throws.ArgumentException);
        Assert.That(() => device.Norm.Rope(x, 3, tensors.Of(new float[8], 2, 2, 2), RopeLayout.HalfSplit), Throws.ArgumentException);
    }

    [Test]
    public void Operations_AllocateNothing()
    {
        using var device = new CpuDevice(2);
        using var tensors = new TestTensors(device);
        Tensor x = tensors.Of(TestTensors.Random(new Random(1), 64 * 2048), 64, 2048);
        Tensor y = tensors.Of(new float[64 * 2048], 64, 2048);
        Tensor weight = tensors.Of(new float[2048]);
        Tensor table = tensors.Of(new float[64 * 64], 64, 32, 2);
        Tensor tokens = tensors.Of([.. Enumerable.Range(0, 64)]);
        Tensor frequencies = tensors.Of(new float[32]);
        void Step()
        {
            device.Norm.RmsNorm(x, x, weight, 1e-5f);
            device.Norm.AddRmsNorm(x, x, weight, 1e-5f);
            device.Norm.RopeTable(table, tokens, frequencies, 1f);
            device.Norm.Rope(x, 64, table, RopeLayout.Interleaved);
            device.Norm.SoftCap(x, 30f);
            device.Norm.AddThenRmsNorm(y, x, y, weight, 1e-5f);
            device.Norm.LayerNorm(x, x, weight, weight, 1e-5f);
            device.Norm.Activate(x, Activation.Gelu);
            device.Norm.Embed(x, x, tokens, 2f);
        }

        Allocations.AssertNone(Step);
    }
}
