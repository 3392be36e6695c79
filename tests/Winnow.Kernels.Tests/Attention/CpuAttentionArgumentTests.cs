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
    [TestCase("values", false)]
    public void Forward_StatesTheRuleThatIsBroken(string broken, bool accepted)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        int headDim = broken == "head size" ? 12 : HeadDim;
        int columns = broken == "heads" ? 3 * headDim : 4 * headDim;
        const int Tokens = 33;
        Tensor keys = tensors.Of(new float[4 * 16 * headDim], 4, 16, headDim);
        var cache = new PagedKv
        {
            Keys = keys,
            Values = broken == "values" ? tensors.Of(new float[16 * headDim], 1, 16, headDim) : keys,
            Positions = tensors.Of(new int[64], 4, 16),
            PageTable = tensors.Of([0, 1, broken == "page" ? 4 : 2, 3, 0, 1], 1, 1, 2, 3),
            Counts = tensors.Of([broken == "count" ? 49 : 48, 40], 1, 1, 2),
        };
        var batch = new RaggedBatch
        {
            Rows = tensors.Of([broken == "row" ? 1 : 0]),
            Starts = tensors.Of([broken == "starts" ? 1 : 0, Tokens]),
            Positions = tensors.Of(new int[Tokens]),
        };
        var arguments = new AttentionArguments
        {
            Layer = broken == "layer" ? 1 : 0,
            Scale = 1,
            Window = broken == "window" ? -1 : 0,
            LogSumExp = tensors.Of(new float[broken == "log-sum-exp" ? 1 : Tokens * 4]),
            AncestorMask = tensors.Of(new int[Tokens * 2], Tokens, 2).Reshape(broken == "mask words" ? new Shape(Tokens * 2, 1) : new Shape(Tokens, 2)),
        };
        Tensor queries = tensors.Of(new float[Tokens * columns], Tokens, columns);
        Tensor output = broken == "output" ? tensors.Of(new float[columns], 1, columns) : tensors.Of(new float[Tokens * columns], Tokens, columns);
        Action call = () => device.Attention.Forward(output, queries, cache, batch, arguments);
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
