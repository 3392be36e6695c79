using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CpuAttentionMaskTests
{
    [Test]
    public void Forward_AgreesForEveryMixOfMasks(
        [Values(0, 1, 16, 17, 40)] int window, [Values(0f, 3f)] float softCap, [Values] bool bidirectional, [Values] bool tree)
    {
        var random = new Random(1);
        var one = new AttentionCase { Window = window, SoftCap = softCap, Bidirectional = bidirectional, Type = DType.BF16 };
        one.Add(random, 9, 30, 51);
        one.Add(random, 35, 0, 7);
        one.Add(random, 1, 64);
        AttentionAssert.AgreesEverywhere(tree ? one.WithTree(random) : one);
    }

    [Test]
    public void Forward_AgreesForEveryMixOfSegments(
        [Values(1, 17, 40)] int window, [Values(0, 1, 30)] int sinks, [Values] bool distant, [Values] bool bidirectional, [Values] bool tree)
    {
        var random = new Random(1);
        var one = new AttentionCase { Window = window, Sinks = sinks, Distant = distant, Bidirectional = bidirectional, KeysElsewhere = distant };
        one.Add(random, 9, 30, 51);
        one.Add(random, 35, 0, 70);
        one.Add(random, 1, 640);
        AttentionAssert.AgreesEverywhere(tree ? one.WithTree(random) : one);
    }

    [Test]
    public void Forward_AgreesForWindowsThatGrow(
        [Values(1, 17)] int window, [Values(0, 4, 30)] int sinks, [Values(0.01f, 0.25f, 0.7f, 1f)] float share, [Values] bool distant, [Values] bool tree)
    {
        var random = new Random(1);
        var one = new AttentionCase { Window = window, Sinks = sinks, WindowShare = share, Distant = distant, KeysElsewhere = distant };
        one.Add(random, 9, 30, 51);
        one.Add(random, 35, 0, 70);
        one.Add(random, 1, 640);
        AttentionAssert.AgreesEverywhere(tree ? one.WithTree(random) : one);
    }

    [Test]
    public void Forward_SeesSiblingsOfATreeOnlyByTheMask()
    {
        // Two branches of equal positions behind one root: position alone would let each see the other.
        var one = new AttentionCase { KvHeads = 1, Group = 1 };
        AttentionCase.Sequence sequence = one.Add(new Random(1), 5, 20);
        int root = sequence.Positions[0];
        int[] positions = [root, root + 1, root + 1, root + 2, root + 2];
        positions.CopyTo(sequence.Positions, 0);
        positions.CopyTo(sequence.Heads[0].Positions, 20);
        int[] parents = [-1, 0, 0, 1, 2];
        one.Ancestors = [];
        for (int token = 0; token < 5; token++)
        {
            bool[] sees = new bool[5];
            for (int at = token; at >= 0; at = parents[at])
            {
                sees[at] = true;
            }

            one.Ancestors.Add(sees);
        }

        AttentionAssert.AgreesEverywhere(one);
    }

    [Test]
    public void Forward_OfAQueryThatSeesNothingGivesZerosAndMinusInfinity([Values(1, 16, 40)] int tokens)
    {
        var one = new AttentionCase();
        AttentionCase.Sequence sequence = one.Add(new Random(1), tokens, 0, 5);
        one.Ancestors = [.. Enumerable.Range(0, tokens).Select(_ => new bool[tokens])];
        using var device = new CpuDevice(2);
        using var rig = new AttentionRig(device, one);
        (float[] output, float[] logSumExp) = rig.Run();
        AttentionAssert.Agrees(one, output, logSumExp);
        for (int token = 0; token < sequence.Positions.Length; token++)
        {
            Assert.That(logSumExp[token * one.Heads], Is.EqualTo(float.NegativeInfinity), "the first KV head holds only the step itself");
            Assert.That(output.Skip(token * one.Heads * one.HeadDim).Take(one.HeadDim), Is.All.Zero);
        }
    }

    [Test]
    public void Forward_OfABrokenQueryIsBrokenNotEmpty()
    {
        var one = new AttentionCase();
        AttentionCase.Sequence sequence = one.Add(new Random(1), 2, 20);
        sequence.Queries[0] = float.NaN;
        using var device = new CpuDevice(1);
        using var rig = new AttentionRig(device, one);
        (float[] output, float[] logSumExp) = rig.Run();
        Assert.That(output[..one.HeadDim], Is.All.NaN);
        Assert.That(logSumExp[0], Is.NaN);
        Assert.That(output[one.HeadDim..], Is.All.Not.NaN);
    }

    [Test]
    public void Forward_OfHugeScoresStaysFinite()
    {
        var one = new AttentionCase();
        AttentionCase.Sequence sequence = one.Add(new Random(1), 3, 50);
        for (int i = 0; i < sequence.Queries.Length; i++)
        {
            sequence.Queries[i] *= 1e6f;
        }

        AttentionAssert.AgreesEverywhere(one);
    }
}
