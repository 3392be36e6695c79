using System;
using NUnit.Framework;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CpuAttentionArgumentTests
{
    private const int HeadDim = 8;

    [TestCase("none", true)]
    [TestCase("layer", false)]
    [TestCase("head size", false)]
    [TestCase("heads", false)]
    [TestCase("output", false)]
    [TestCase("log-sum-exp", false)]
    [TestCase("row", false)]
    [TestCase("starts", false)]
    [TestCase("count", false)]
    [TestCase("page", false)]
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
    [TestCase("list count", false)]
    [TestCase("list order", false)]
    [TestCase("listed slot", false)]
    public void Forward_StatesTheRuleThatIsBroken(string broken, bool accepted)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        AttentionOperands operands = AttentionOperands.With(broken, tensors);
        Action call = () => device.Attention.Forward(operands.Output, operands.Queries, operands.Cache, operands.Batch, operands.Arguments);
        Assert.That(call, accepted ? Throws.Nothing : Throws.ArgumentException.With.Message.Length.GreaterThan(20));
    }

    [Test]
    public void Forward_OfNoTokensDoesNothing()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        Tensor keys = tensors.Of(new float[16 * HeadDim], 1, 16, HeadDim);
        var cache = new PagedKv
        {
            Keys = keys,
            Values = keys,
            Positions = tensors.Of(new int[16], 1, 16),
            PageTable = tensors.Of([0], 1, 1, 1, 1),
            Counts = tensors.Of([0], 1, 1, 1),
        };
        var batch = new RaggedBatch { Rows = tensors.Of(new int[1]).Rows(0, 0), Starts = tensors.Of([0]), Positions = tensors.Of(new int[1]).Rows(0, 0) };
        Tensor nothing = tensors.Of(new float[HeadDim], 1, HeadDim).Rows(0, 0);
        Assert.That(() => device.Attention.Forward(nothing, nothing, cache, batch, new AttentionArguments { Layer = 0, Scale = 1 }), Throws.Nothing);
    }
}
