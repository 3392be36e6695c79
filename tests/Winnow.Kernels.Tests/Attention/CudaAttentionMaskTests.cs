using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CudaAttentionMaskTests : CudaAttentionFixture
{
    // Every mix is a variant to compile: all pairs of settings are taken, and the CPU's tests take all mixes.
    [Test]
    [Pairwise]
    public void Forward_AgreesForEveryPairOfMasks(
        [Values(DType.F32, DType.BF16)] DType type,
        [Values(0, 1, 17, 40)] int window,
        [Values(0f, 3f)] float softCap,
        [Values] bool bidirectional,
        [Values] bool tree)
    {
        var random = new Random(1);
        var one = new AttentionCase { Window = window, SoftCap = softCap, Bidirectional = bidirectional, Type = type };
        one.Add(random, 9, 30, 51);
        one.Add(random, 35, 0, 70);
        one.Add(random, 1, 64);
        Check(tree ? one.WithTree(random) : one);
    }

    [Test]
    [Pairwise]
    public void Forward_AgreesForEveryPairOfSegments(
        [Values(DType.F32, DType.BF16)] DType type,
        [Values(1, 17, 40)] int window,
        [Values(0, 1, 30)] int sinks,
        [Values] bool distant,
        [Values] bool bidirectional,
        [Values] bool tree,
        [Values] bool elsewhere)
    {
        var random = new Random(1);
        var one = new AttentionCase
        {
            Window = window, Sinks = sinks, Distant = distant, Bidirectional = bidirectional, Type = type, KeysElsewhere = elsewhere,
        };
        one.Add(random, 9, 30, 51);
        one.Add(random, 35, 0, 70);
        one.Add(random, 1, 340);
        Check(tree ? one.WithTree(random) : one);
    }

    [Test]
    [Pairwise]
    public void Forward_AgreesForWindowsThatGrow(
        [Values(DType.F32, DType.BF16)] DType type,
        [Values(1, 17)] int window,
        [Values(0, 4, 30)] int sinks,
        [Values(0.01f, 0.25f, 0.7f, 1f)] float share,
        [Values] bool distant,
        [Values] bool tree,
        [Values] bool elsewhere)
    {
        var random = new Random(1);
        var one = new AttentionCase { Window = window, Sinks = sinks, WindowShare = share, Distant = distant, Type = type, KeysElsewhere = elsewhere };
        one.Add(random, 9, 30, 51);
        one.Add(random, 35, 0, 70);
        one.Add(random, 1, 340);
        Check(tree ? one.WithTree(random) : one);
    }

    [Test]
    public void Forward_SkipsTheBlocksThatASegmentHides(
        [Values(DType.F32, DType.F16)] DType type, [Values(1, 40)] int tokens, [Values] bool distant, [Values(0, 0.35f)] float share)
    {
        const int Block = 64;
        var one = new AttentionCase { Type = type, KvHeads = 1, Window = share > 0 ? 1 : 300, Sinks = 200, WindowShare = share, Distant = distant };
        AttentionCase.Head head = one.Add(new Random(1), tokens, 700).Heads[0];
        float[] expected = Run(one).Output;
        int hidden = 0;
        for (int first = 0; first < head.Count; first += Block)
        {
            int end = Math.Min(first + Block, head.Count);
            if (!Enumerable.Range(0, tokens).Any(token => Enumerable.Range(first, end - first).Any(slot => one.Sees(token, head, slot))))
            {
                hidden++;
                head.Values.AsSpan(first * one.HeadDim, (end - first) * one.HeadDim).Fill(float.NaN);
            }
        }

        Assert.That(hidden, Is.AtLeast(2));
        Assert.That(Run(one).Output, Is.EqualTo(expected).Using<float>(SameBits));
    }

    [Test]
    public void Forward_OfAWindowOverLongContextsAgrees([Values(DType.F32, DType.F16)] DType type, [Values(1, 40)] int tokens, [Values(1, 100)] int window)
    {
        var one = new AttentionCase { Window = window, Type = type, KvHeads = 1 };
        one.Add(new Random(1), tokens, 700);
        Check(one);
    }

    [Test]
    public void Forward_OfAQueryThatSeesNothingGivesZerosAndMinusInfinity([Values(1, 16, 40)] int tokens, [Values(DType.F32, DType.F16)] DType type)
    {
        var one = new AttentionCase { Type = type };
        one.Add(new Random(1), tokens, 0, 5);
        one.Ancestors = [.. Enumerable.Range(0, tokens).Select(_ => new bool[tokens])];
        (float[] output, float[] logSumExp) = Run(one);
        AttentionAssert.Agrees(one, output, logSumExp, type);
        Assert.That(logSumExp[0], Is.EqualTo(float.NegativeInfinity), "the first KV head holds only the step itself");
        Assert.That(output.Take(one.HeadDim), Is.All.Zero);
    }

    [Test]
    public void Forward_OverSlotsOutOfOrderAgrees([Values(1, 40)] int tokens, [Values(0, 30)] int window)
    {
        var one = new AttentionCase { Type = DType.BF16, KvHeads = 1, Window = window };
        AttentionCase.Sequence sequence = one.Add(new Random(1), tokens, 500);
        new Random(2).Shuffle(sequence.Heads[0].Positions.AsSpan(0, 500));
        Check(one);
    }

    [Test]
    public void Forward_OfABrokenQueryIsBrokenNotEmpty([Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values(2, 40)] int tokens)
    {
        var one = new AttentionCase { Type = type };
        AttentionCase.Sequence sequence = one.Add(new Random(1), tokens, 300);
        sequence.Queries[0] = float.NaN;
        (float[] output, float[] logSumExp) = Run(one);
        Assert.That(output[..one.HeadDim], Is.All.NaN);
        Assert.That(logSumExp[0], Is.NaN);
        Assert.That(output[one.HeadDim..], Is.All.Not.NaN);
    }

    [Test]
    public void Forward_OfHugeScoresStaysFinite([Values(DType.F32, DType.BF16)] DType type)
    {
        var one = new AttentionCase { Type = type, QueryType = type };
        AttentionCase.Sequence sequence = one.Add(new Random(1), 3, 50);
        for (int i = 0; i < sequence.Queries.Length; i++)
        {
            sequence.Queries[i] *= 1 << 20;
        }

        Check(one);
    }
}
