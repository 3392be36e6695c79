using System;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>The result of a sequence depends on nothing but the sequence, bit for bit.</summary>
public sealed class CpuAttentionInvarianceTests
{
    private const int LongContext = 1300;

    [Test]
    public void Forward_GivesTheSameBitsAloneAndAmongOthers([Values(128, 256, 512)] int bits, [Values(DType.F32, DType.F16)] DType type)
    {
        var width = (SimdWidth)bits;
        AttentionCase Case(bool alone)
        {
            var one = new AttentionCase { Type = type, HeadDim = 40, Group = 3 };
            if (!alone)
            {
                one.Add(new Random(2), 70, 3);
                one.Add(new Random(3), 1, 600);
            }

            one.Add(new Random(1), 6, 531, 40);
            if (!alone)
            {
                one.Add(new Random(4), 19, 16);
            }

            return one;
        }

        (float[] alone, float[] aloneSums) = Run(Case(true), 2, width);
        (float[] among, float[] amongSums) = Run(Case(false), 2, width);
        Assert.That(among.Skip(71 * 6 * 40).Take(alone.Length), Is.EqualTo(alone).Using<float>(SameBits));
        Assert.That(amongSums.Skip(71 * 6).Take(aloneSums.Length), Is.EqualTo(aloneSums).Using<float>(SameBits));
    }

    [Test]
    public void Forward_GivesTheSameBitsForAnyNumberOfThreadsAndAnyWidth([Values(1, 5, 100)] int tokens, [Values(0, 200)] int window)
    {
        AttentionCase one = new() { HeadDim = 72, Window = window, Type = DType.BF16 };
        one.Add(new Random(1), tokens, LongContext, 70);
        (float[] expected, float[] sums) = Run(one, 1, SimdWidth.Bits128);
        foreach (SimdWidth width in Enum.GetValues<SimdWidth>())
        {
            foreach (int threads in new[] { 1, 2, 3 })
            {
                (float[] actual, float[] actualSums) = Run(one, threads, width);
                Assert.That(actual, Is.EqualTo(expected).Using<float>(SameBits), $"{threads} threads, {width}");
                Assert.That(actualSums, Is.EqualTo(sums).Using<float>(SameBits));
            }
        }
    }

    [Test]
    public void Forward_GivesTheSameBitsForAPromptInChunks([Values(128, 256, 512)] int bits, [Values(0, 100)] int window, [Values(1, 3, 4)] int group)
    {
        var width = (SimdWidth)bits;
        const int Tokens = 700;
        AttentionCase whole = new() { HeadDim = 24, Window = window, Group = group, SoftCap = 20 };
        AttentionCase.Sequence all = whole.Add(new Random(1), Tokens, 0);
        (float[] expected, float[] expectedSums) = Run(whole, 2, width);
        int rowFloats = whole.Heads * whole.HeadDim;
        int done = 0;
        foreach (int chunk in new[] { 1, 1, 15, 16, 100, 33, 7, 340, 1, 186 })
        {
            AttentionCase part = new() { HeadDim = 24, Window = window, Group = group, SoftCap = 20 };
            part.Sequences.Add(all.Part(done, chunk));
            (float[] actual, float[] actualSums) = Run(part, 2, width);
            Assert.That(actual, Is.EqualTo(expected[(done * rowFloats)..((done + chunk) * rowFloats)]).Using<float>(SameBits), $"at {done}");
            Assert.That(actualSums, Is.EqualTo(expectedSums[(done * whole.Heads)..((done + chunk) * whole.Heads)]).Using<float>(SameBits));
            done += chunk;
        }

        Assert.That(done, Is.EqualTo(Tokens));
    }

    [Test]
    public void Forward_GivesTheSameBitsWhereverThePagesLie()
    {
        AttentionCase one = new() { Type = DType.F16 };
        one.Add(new Random(1), 7, 90, 33);
        using var device = new CpuDevice(2);
        using var first = new AttentionRig(device, one, seed: 5);
        using var second = new AttentionRig(device, one, seed: 6);
        Assert.That(second.Run().Output, Is.EqualTo(first.Run().Output).Using<float>(SameBits));
        Assert.That(first.Run().Output, Is.EqualTo(second.Run().Output).Using<float>(SameBits), "a second run");
    }

    [Test]
    public void Forward_OverLongContextsAgreesWithDoublePrecision([Values(1, 3)] int threads, [Values(511, 512, 513, 1024, 1300)] int earlier)
    {
        AttentionCase one = new() { KvHeads = 1, Group = 2 };
        one.Add(new Random(1), 2, earlier);
        (float[] output, float[] sums) = Run(one, threads, SimdWidth.Bits256);
        AttentionAssert.Agrees(one, output, sums);
    }

    [Test]
    public void LogSumExp_MergesSegmentsIntoTheWhole()
    {
        AttentionCase whole = new() { KvHeads = 1, Group = 2, Bidirectional = true };
        AttentionCase.Sequence all = whole.Add(new Random(1), 3, 60);
        AttentionCase.Head head = all.Heads[0];
        (float[] expected, float[] expectedSums) = Run(whole, 1, SimdWidth.Bits512);
        (float[] left, float[] leftSums) = Run(Segment(all, head, 0, 21), 1, SimdWidth.Bits512);
        (float[] right, float[] rightSums) = Run(Segment(all, head, 21, 63), 1, SimdWidth.Bits512);
        for (int row = 0; row < expectedSums.Length; row++)
        {
            double sum = Math.Log(Math.Exp(leftSums[row]) + Math.Exp(rightSums[row]));
            Assert.That(expectedSums[row], Is.EqualTo(sum).Within(2 * Tolerance.Ulp(sum)));
            for (int c = 0; c < whole.HeadDim; c++)
            {
                int at = (row * whole.HeadDim) + c;
                double merged = (left[at] * Math.Exp(leftSums[row] - sum)) + (right[at] * Math.Exp(rightSums[row] - sum));
                Assert.That(expected[at], Is.EqualTo(merged).Within(8 * Tolerance.Ulp(1)));
            }
        }
    }

    [Test]
    public void Forward_AllocatesNothingAfterTheFirstCall([Values(1, 40)] int tokens, [Values(1, 3)] int threads)
    {
        AttentionCase one = new() { Type = DType.F16, HeadDim = 64 };
        one.Add(new Random(1), tokens, LongContext, 70);
        using var device = new CpuDevice(threads);
        using var rig = new AttentionRig(device, one);
        Allocations.AssertNone(rig.RunOnly);
    }

    private static (float[] Output, float[] LogSumExp) Run(AttentionCase one, int threads, SimdWidth width)
    {
        using var device = new CpuDevice(threads, width);
        using var rig = new AttentionRig(device, one);
        return rig.Run();
    }

    // All queries over a part of the slots.
    private static AttentionCase Segment(AttentionCase.Sequence all, AttentionCase.Head head, int start, int end)
    {
        AttentionCase one = new() { KvHeads = 1, Group = 2, Bidirectional = true };
        one.Sequences.Add(new AttentionCase.Sequence
        {
            Positions = all.Positions,
            Queries = all.Queries,
            Heads =
            [
                new AttentionCase.Head
                {
                    Positions = head.Positions[start..end],
                    Keys = head.Keys[(start * 16)..(end * 16)],
                    Values = head.Values[(start * 16)..(end * 16)],
                },
            ],
        });
        return one;
    }

    private static bool SameBits(float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);
}
