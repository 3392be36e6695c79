using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CpuBlockHistoryTests
{
    [Test]
    [Pairwise]
    public void BlockHistory_AgreesWithTheFullMap(
        [Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values(0, 20)] int window, [Values(0f, 3f)] float softCap, [Values] bool tree)
    {
        AttentionCase one = BlockHistoryCases.Three(new AttentionCase { Type = type, Window = window, SoftCap = softCap, Group = 3 });
        Agrees(tree ? one.WithTree(new Random(2)) : one);
    }

    [Test]
    public void BlockHistory_IsZeroWhereNothingIsListed(
        [Values(DType.F32, DType.F16)] DType type, [Values(1, 20)] int tokens, [Values(3, 40)] int oneIn, [Values] bool elsewhere) =>
        Agrees(ListCases.Random(new AttentionCase { Type = type, KeysElsewhere = elsewhere }, tokens, 700, oneIn));

    [Test]
    public void BlockHistory_ReadsNothingThatIsNotListed()
    {
        AttentionCase one = ListCases.Random(new AttentionCase(), 1, 300, 5);
        float[] expected = Values(one, 2);
        ListCases.Poison(one);
        Assert.That(Values(one, 2), Is.EqualTo(expected));
    }

    [Test]
    public void BlockHistory_LeavesTheOutputAsItIs()
    {
        var one = new AttentionCase { Type = DType.F16 };
        one.Add(new Random(1), 40, 20);
        using var device = new CpuDevice(2);
        using var with = new AttentionRig(device, one, history: true);
        using var without = new AttentionRig(device, one);
        (float[] expected, float[] expectedSums) = without.Run();
        (float[] actual, float[] actualSums) = with.Run();
        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(actualSums, Is.EqualTo(expectedSums));
    }

    [Test]
    public void BlockHistory_IsTheSameForAnyNumberOfThreads([Values(2, 3)] int threads)
    {
        var one = new AttentionCase();
        one.Add(new Random(1), 40, 500, 3);
        Assert.That(Values(one, threads), Is.EqualTo(Values(one, 1)));
    }

    [Test]
    public void Forward_RefusesAHistoryOfAnotherSize()
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        AttentionOperands operands = AttentionOperands.Small(tensors);
        Tensor plane = tensors.Of(new float[operands.Cache.Positions.Shape.ElementCount]);
        Assert.That(
            () => device.Attention.Forward(operands.Output, operands.Queries, operands.Cache, operands.Batch, operands.Arguments with { Signals = new() { BlockHistory = plane } }),
            Throws.ArgumentException.With.Message.Length.GreaterThan(20));
    }

    private static void Agrees(AttentionCase one)
    {
        using var device = new CpuDevice(2);
        BlockHistoryCases.Agrees(device, one);
    }

    private static float[] Values(AttentionCase one, int threads)
    {
        using var device = new CpuDevice(threads);
        return BlockHistoryCases.Values(device, one);
    }
}
