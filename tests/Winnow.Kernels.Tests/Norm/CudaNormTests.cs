using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Tests.Linear;

namespace Winnow.Kernels.Tests.Norm;

public sealed class CudaNormTests
{
    [Test]
    public void Norms_AgreeWithDoublePrecision([Values(1, 3, 4, 5, 31, 128, 129, 521, 2048, 2052, 8197)] int columns)
    {
        using ComputeDevice device = TestDevices.Simulator(columns);
        NormCases.Norms(device, 3, columns);
    }

    [Test]
    public void Norms_OfARowAloneHaveItsBits([Values(64, 521)] int columns)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.RowsAlone(device, 7, columns);
    }

    [Test]
    public void Norms_HaveTheSameBitsWhereverTheyLie([Values(128, 260)] int columns)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.Offset(device, columns);
    }

    [Test]
    public void RmsNorm_OfZerosIsZeroAndOfNaNIsNaN()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var tensors = new TestTensors(device);
        Tensor x = tensors.Of([0f, 0f, 0f, float.NaN, 1f, 1f], 2, 3);
        device.Norm.RmsNorm(x, x, tensors.Of([1f, 1f, 1f]), 1e-6f);
        Assert.That(tensors.Floats(x), Is.EqualTo(new[] { 0, 0, 0, float.NaN, float.NaN, float.NaN }));
    }

    [Test]
    public void SoftCap_AgreesWithDoublePrecision([Values(1, 3, 4, 5, 1025)] int count)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.SoftCap(device, count);
    }

    [Test]
    public void Activate_AgreesWithDoublePrecision([Values] Activation activation, [Values(5, 1031)] int count)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.Activate(device, activation, count);
    }

    [Test]
    public void Embed_ScalesTheRowsOfEveryType([ValueSource(typeof(WeightReference), nameof(WeightReference.Types))] DType type, [Values(1f, 55.5f)] float scale)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.Embed(device, type, scale, 256, 7);
    }

    [TestCase(DType.BF16, 1)]
    [TestCase(DType.F16, 66)]
    [TestCase(DType.F32, 1031)]
    public void Embed_TakesRowsOfAnyLength(DType type, int hidden)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.Embed(device, type, 1f, hidden, 5);
    }

    [TestCase(-1)]
    [TestCase(4)]
    public void Embed_StopsAtATokenOutsideTheVocabulary(int token)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(new float[2], 1, 2);
        Tensor table = tensors.Of(new float[8], 4, 2);
        Tensor tokens = tensors.Of([token]);
        Faults.AssertStops(device, () => device.Norm.Embed(output, table, tokens, 1f));
    }

    [TestCase(1f)]
    [TestCase(1.2079441f)]
    public void RopeTable_IsExactToTheLastBitOfTheFloatAngle(float magnitude)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.RopeTable(device, magnitude);
    }

    [Test]
    public void RopeTable_HasTheBitsOfTheProcessors()
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var cpu = new CpuDevice(1);
        float[] Run(ComputeDevice on)
        {
            using var tensors = new TestTensors(on);
            Tensor table = tensors.Of(new float[NormCases.Positions.Length * 64], NormCases.Positions.Length, 32, 2);
            on.Norm.RopeTable(table, tensors.Of(NormCases.Positions), tensors.Of(NormCases.Frequencies(64)), 1.25f);
            return tensors.Floats(table);
        }

        Assert.That(Run(device), Is.EqualTo(Run(cpu)));
    }

    [Test]
    [Pairwise]
    public void Rope_AgreesWithDoublePrecision([Values] RopeLayout layout, [Values(false, true)] bool norm, [Values(8, 24, 80, 128)] int headDim, [Values(1, 2)] int part)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.Rope(device, layout, norm, headDim, headDim / part);
    }

    [TestCase(256, 256, RopeLayout.HalfSplit)]
    [TestCase(256, 64, RopeLayout.Interleaved)]
    [TestCase(15, 6, RopeLayout.Interleaved)]
    [TestCase(127, 126, RopeLayout.HalfSplit)]
    public void Rope_TakesHeadsOfAnySize(int headDim, int rotary, RopeLayout layout)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        NormCases.Rope(device, layout, norm: true, headDim, rotary, heads: 2);
    }

    [Test]
    public void Rope_OfATokenAloneHasItsBits([Values] RopeLayout layout)
    {
        using ComputeDevice device = TestDevices.Simulator(1);
        using var tensors = new TestTensors(device);
        float[] input = TestTensors.Random(new Random(1), 9 * 3 * 64);
        float[] table = TestTensors.Random(new Random(2), 9 * 64);
        Tensor weight = tensors.Of(TestTensors.Random(new Random(3), 64));
        float[] Run(int first, int tokens)
        {
            Tensor heads = tensors.Of(input[(first * 192)..((first + tokens) * 192)], tokens, 192);
            device.Norm.Rope(heads, 64, tensors.Of(table[(first * 64)..((first + tokens) * 64)], tokens, 32, 2), layout, weight, 1e-6f);
            return tensors.Floats(heads);
        }

        float[] all = Run(0, 9);
        Assert.That(Enumerable.Range(0, 9).SelectMany(token => Run(token, 1)), Is.EqualTo(all));
        Assert.That(Run(0, 9), Is.EqualTo(all), "again");
    }

    [Test]
    public void Operations_AllocateNothingOnceWarm()
    {
        using var silent = new SilentDevice();
        CudaDevice device = silent.Device;
        using var tensors = new TestTensors(device);
        Tensor x = tensors.Of(new float[4 * 128], 4, 128);
        Tensor y = tensors.Of(new float[4 * 128], 4, 128);
        Tensor weight = tensors.Of(new float[128]);
        Tensor table = tensors.Of(new float[4 * 64], 4, 32, 2);
        Tensor tokens = tensors.Of([0, 1, 2, 3]);
        Tensor frequencies = tensors.Of(new float[32]);
        void Step()
        {
            device.Norm.RmsNorm(x, x, weight, 1e-5f);
            device.Norm.AddRmsNorm(x, x, weight, 1e-5f);
            device.Norm.AddThenRmsNorm(y, x, y, weight, 1e-5f);
            device.Norm.LayerNorm(x, x, weight, weight, 1e-5f);
            device.Norm.RopeTable(table, tokens, frequencies, 1f);
            device.Norm.Rope(x, 64, table, RopeLayout.Interleaved);
            device.Norm.SoftCap(x, 30f);
            device.Norm.Activate(x, Activation.Gelu);
            device.Norm.Embed(x, y, tokens, 2f);
        }

        silent.AssertAllocatesNothing(Step, launches: 9);
    }

    [Test]
    public void Operations_RefuseOperandsThatDoNotFitBeforeAnyLaunch() => SilentDevice.AssertNoLaunch(device =>
    {
        using var tensors = new TestTensors(device);
        Tensor x = tensors.Of(new float[6], 2, 3);
        Assert.That(() => device.Norm.RmsNorm(x, x, tensors.Of(new float[2]), 1e-5f), Throws.ArgumentException.With.Message.Contains("weight"));
        Assert.That(() => device.Norm.AddThenRmsNorm(x, x, x, tensors.Of(new float[3]), 1e-5f), Throws.ArgumentException.With.Message.Contains("residual"));
        Assert.That(() => device.Norm.Rope(x, 2, tensors.Of(new float[4], 2, 1, 2), RopeLayout.HalfSplit), Throws.ArgumentException);
        Tensor large = tensors.Of(new float[600], 1, 600);
        Assert.That(() => device.Norm.Rope(large, 600, tensors.Of(new float[2], 1, 1, 2), RopeLayout.HalfSplit), Throws.ArgumentException.With.Message.Contains("512"));
        Assert.That(() => device.Norm.Embed(x, tensors.Of([1, 2, 3], 1, 3), tensors.Of([0, 0]), 1f), Throws.ArgumentException.With.Message.Contains("table"));
    });
}
