using System;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using Winnow.Kernels.Attention;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CudaAttentionArgumentTests
{
    [TestCase("none", true)]
    [TestCase("layer", false)]
    [TestCase("head size", false)]
    [TestCase("heads", false)]
    [TestCase("output", false)]
    [TestCase("log-sum-exp", false)]
    [TestCase("mask words", false)]
    [TestCase("window", false)]
    [TestCase("scale", false)]
    [TestCase("values", false)]
    [TestCase("key layer", false)]
    [TestCase("sinks", false)]
    [TestCase("distant", false)]
    [TestCase("share", false)]
    [TestCase("share alone", false)]
    [TestCase("share of no number", false)]
    [TestCase("lists alone", false)]
    [TestCase("list counts alone", false)]
    [TestCase("list shape", false)]
    [TestCase("list counts", false)]
    public void Forward_StatesTheRuleThatIsBroken(string broken, bool accepted)
    {
        using CudaDevice device = TestDevices.Simulator();
        using var tensors = new TestTensors(device);
        Action call = Call(device, AttentionOperands.With(broken, tensors));
        Assert.That(call, accepted ? Throws.Nothing : Throws.ArgumentException.With.Message.Length.GreaterThan(20));
    }

    [TestCase("page")]
    [TestCase("count")]
    [TestCase("list count")]
    [TestCase("listed slot")]
    public void Forward_OfContentsThatBreakARuleStopsTheKernel(string broken)
    {
        using CudaDevice device = TestDevices.Simulator();
        using var tensors = new TestTensors(device);
        Faults.AssertStops(device, Call(device, AttentionOperands.With(broken, tensors)));
    }

    [Test]
    public void Forward_OfMisalignedQueriesSaysSo()
    {
        using CudaDevice device = TestDevices.Simulator();
        using var tensors = new TestTensors(device);
        AttentionOperands operands = AttentionOperands.Small(tensors);
        Tensor queries = tensors.Of(new float[9], 9, 1).Rows(1, 8).Reshape(new Shape(1, 8));
        Assert.That(Call(device, operands with { Queries = queries }), Throws.ArgumentException.With.Message.Contains("16 bytes"));
    }

    [Test]
    public void Parameters_HaveTheSizesThatKernelsExpect()
    {
        Assert.That(Unsafe.SizeOf<CudaAttentionParameters>(), Is.EqualTo(CudaAttentionParameters.Bytes));
        Assert.That(Unsafe.SizeOf<CudaSignalParameters>(), Is.EqualTo(CudaSignalParameters.Bytes));
        Assert.That(Unsafe.SizeOf<CudaDecodeSignalParameters>(), Is.EqualTo(CudaDecodeSignalParameters.Bytes));
    }

    private static Action Call(CudaDevice device, AttentionOperands operands) =>
        () => device.Attention.Forward(operands.Output, operands.Queries, operands.Cache, operands.Batch, operands.Arguments);
}
