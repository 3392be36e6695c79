using System;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>The prefill kernel for Hopper: a warpgroup that loads, two that multiply.</summary>
public sealed class CudaAttentionHopperTests : CudaAttentionFixture
{
    private const string Hopper = "compute_90a";

    private static readonly int[] Counts = [0, 1, 15, 16, 26, 27, 28, 63, 64, 127, 190, 219, 220, 255, 256, 511, 600];
    private static readonly int[] Chunks = [1, 1, 15, 16, 60, 3, 100, 64, 1, 39];

    private protected override string Architecture => Hopper;

    [Test]
    public void Forward_AgreesAtEveryLength([ValueSource(nameof(Counts))] int earlier)
    {
        var one = new AttentionCase { Type = DType.BF16, KvHeads = 1, HeadDim = 64 };
        one.Add(new Random(1), 37, earlier);
        Check(one);
    }

    [Test]
    public void Forward_AgreesForEveryHeadSizeTypeAndGroup(
        [Values(DType.F16, DType.BF16)] DType type, [Values(64, 128)] int headDim, [Values(1, 4, 5, 71)] int group)
    {
        var one = new AttentionCase { Type = type, HeadDim = headDim, Group = group, KvHeads = 2 };
        one.Add(new Random(1), (140 / group) + 1, 61, 120);
        Check(one);
    }

    [Test]
    public void Forward_OfLongContextsAgrees([Values(64, 128)] int headDim, [Values(0, 100)] int window, [Values] bool bidirectional)
    {
        // Past the blocks that are looked at before the first ones are loaded, and around the ring more than once.
        var one = new AttentionCase { Type = DType.BF16, HeadDim = headDim, Group = 2, KvHeads = 1, Window = window, Bidirectional = bidirectional };
        one.Add(new Random(1), 40, 1700);
        Check(one);
    }

    [Test]
    public void Forward_OfManySequencesAgrees([Values] bool hints)
    {
        var random = new Random(1);
        var one = new AttentionCase { Type = DType.BF16, HeadDim = 64 };
        one.Add(random, 1, 300, 5);
        one.Add(random, 40, 3);
        one.Add(random, 0, 30);
        one.Add(random, 32, 0);
        one.Add(random, 133, 0, 270);
        Check(one, hints);
    }

    [Test]
    public void Forward_OfMoreTilesThanMultiprocessorsAgrees()
    {
        // A thread block takes three or four tiles, of several sequences, and the counters must be as they were before.
        var random = new Random(1);
        var one = new AttentionCase { Type = DType.BF16, HeadDim = 64, KvHeads = 64, Group = 1 };
        one.Add(random, 130, 20);
        one.Add(random, 1, 300);
        one.Add(random, 65, 0, 90);
        one.Add(random, 257, 0);
        using var rig = new AttentionRig(Device, one);
        (float[] output, float[] logSumExp) = rig.Run();
        AttentionAssert.Agrees(one, output, logSumExp, one.Type);
        Assert.That(rig.Run().Output, Is.EqualTo(output).Using<float>(SameBits), "a second run");
    }

    [Test]
    [Pairwise]
    public void Forward_AgreesForEveryPairOfMasks(
        [Values(DType.F16, DType.BF16)] DType type,
        [Values(0, 1, 17, 40)] int window,
        [Values(0f, 3f)] float softCap,
        [Values] bool bidirectional,
        [Values] bool tree)
    {
        var random = new Random(1);
        var one = new AttentionCase { Window = window, SoftCap = softCap, Bidirectional = bidirectional, Type = type, HeadDim = 64 };
        one.Add(random, 49, 30, 51);
        one.Add(random, 85, 0, 170);
        one.Add(random, 1, 64);
        Check(tree ? one.WithTree(random) : one);
    }

    [Test]
    [Pairwise]
    public void Forward_AgreesForEveryPairOfSegments(
        [Values(1, 17, 40)] int window,
        [Values(0, 1, 30)] int sinks,
        [Values(0f, 0.25f)] float share,
        [Values] bool distant,
        [Values] bool tree,
        [Values] bool elsewhere)
    {
        var random = new Random(1);
        var one = new AttentionCase
        {
            Window = window, Sinks = sinks, WindowShare = share, Distant = distant, Type = DType.F16, HeadDim = 64, KeysElsewhere = elsewhere,
        };
        one.Add(random, 9, 30, 51);
        one.Add(random, 75, 0, 270);
        Check(tree ? one.WithTree(random) : one);
    }

    [Test]
    public void Forward_SkipsTheBlocksThatASegmentHides([Values] bool distant)
    {
        const int Block = 64;
        var one = new AttentionCase { Type = DType.F16, HeadDim = 64, KvHeads = 1, Window = 300, Sinks = 200, Distant = distant };
        AttentionCase.Head head = one.Add(new Random(1), 40, 700).Heads[0];
        float[] expected = Run(one).Output;
        for (int first = 0; first < head.Count; first += Block)
        {
            int end = Math.Min(first + Block, head.Count);
            if (!Enumerable.Range(0, 40).Any(token => Enumerable.Range(first, end - first).Any(slot => one.Sees(token, head, slot))))
            {
                head.Values.AsSpan(first * one.HeadDim, (end - first) * one.HeadDim).Fill(float.NaN);
            }
        }

        Assert.That(head.Values, Has.Some.NaN);
        Assert.That(Run(one).Output, Is.EqualTo(expected).Using<float>(SameBits));
    }

    [Test]
    public void Forward_OfAQueryThatSeesNothingGivesZerosAndMinusInfinity()
    {
        const int Tokens = 70;
        var one = new AttentionCase { Type = DType.F16, HeadDim = 64 };
        one.Add(new Random(1), Tokens, 0, 5);
        one.Ancestors = [.. Enumerable.Range(0, Tokens).Select(_ => new bool[Tokens])];
        (float[] output, float[] logSumExp) = Run(one);
        AttentionAssert.Agrees(one, output, logSumExp, DType.F16);
        Assert.That(logSumExp[0], Is.EqualTo(float.NegativeInfinity), "the first KV head holds only the step itself");
        Assert.That(output.Take(one.HeadDim), Is.All.Zero);
    }

    [Test]
    public void Forward_OverSlotsOutOfOrderAgrees([Values(0, 30)] int window)
    {
        var one = new AttentionCase { Type = DType.BF16, HeadDim = 64, KvHeads = 1, Window = window };
        AttentionCase.Sequence sequence = one.Add(new Random(1), 40, 500);
        new Random(2).Shuffle(sequence.Heads[0].Positions.AsSpan(0, 500));
        Check(one);
    }

    [Test]
    public void Forward_OfABrokenQueryIsBrokenNotEmpty([Values(DType.F16, DType.BF16)] DType type)
    {
        var one = new AttentionCase { Type = type, HeadDim = 64 };
        AttentionCase.Sequence sequence = one.Add(new Random(1), 40, 300);
        sequence.Queries[0] = float.NaN;
        (float[] output, float[] logSumExp) = Run(one);
        Assert.That(output[..one.HeadDim], Is.All.NaN);
        Assert.That(logSumExp[0], Is.NaN);
        Assert.That(output[one.HeadDim..], Is.All.Not.NaN);
    }

    [Test]
    public void Forward_GivesTheBitsOfTheUsualKernel([Values(DType.F16, DType.BF16)] DType type, [Values(64, 128)] int headDim, [Values(0f, 20f)] float softCap)
    {
        // Calls with lists have the usual kernel, and a list of all slots changes no bits.
        AttentionCase Case()
        {
            var one = new AttentionCase { Type = type, HeadDim = headDim, Group = 3, SoftCap = softCap };
            one.Add(new Random(1), 70, 531, 340);
            return one;
        }

        (float[] output, float[] sums) = Run(Case());
        (float[] expected, float[] expectedSums) = Run(Case().WithLists((_, _, _) => true));
        Assert.That(output, Is.EqualTo(expected).Using<float>(SameBits));
        Assert.That(sums, Is.EqualTo(expectedSums).Using<float>(SameBits));
    }

    [Test]
    public void Forward_GivesTheSameBitsForAPromptInChunks(
        [Values(DType.F16, DType.BF16)] DType type, [Values(64, 128)] int headDim, [Values(0, 100)] int window, [Values(1, 3)] int group)
    {
        AttentionCase Case() => new() { Type = type, HeadDim = headDim, KvHeads = 1, Window = window, Group = group };
        AttentionCase whole = Case();
        AttentionCase.Sequence all = whole.Add(new Random(1), Chunks.Sum(), 0);
        (float[] expected, float[] expectedSums) = Run(whole);
        int rowFloats = whole.Heads * whole.HeadDim;
        int done = 0;
        foreach (int chunk in Chunks)
        {
            AttentionCase part = Case();
            part.Sequences.Add(all.Part(done, chunk));
            (float[] actual, float[] sums) = Run(part);
            Assert.That(actual, Is.EqualTo(expected[(done * rowFloats)..((done + chunk) * rowFloats)]).Using<float>(SameBits), $"at {done}");
            Assert.That(sums, Is.EqualTo(expectedSums[(done * whole.Heads)..((done + chunk) * whole.Heads)]).Using<float>(SameBits));
            done += chunk;
        }
    }

    [Test]
    public void Forward_GivesTheSameBitsWhereverThePagesLie([Values(64, 128)] int headDim, [Values(6, 1000)] int run, [Values] bool elsewhere)
    {
        // Of runs of six pages every third block of four lies in two of them; the others, or all of them, come in one piece.
        AttentionCase one = new() { Type = DType.F16, HeadDim = headDim, KeysElsewhere = elsewhere };
        one.Add(new Random(1), 70, 690, 433);
        using var pieces = new AttentionRig(Device, one);
        using var runs = new AttentionRig(Device, one, seed: 8, run: run);
        (float[] output, float[] sums) = runs.Run();
        AttentionAssert.Agrees(one, output, sums, one.Type);
        Assert.That(pieces.Run().Output, Is.EqualTo(output).Using<float>(SameBits));
    }

    [Test]
    public void Forward_HasTheSameBitsUnderEverySchedule()
    {
        AttentionCase one = new() { Type = DType.BF16, HeadDim = 64 };
        one.Add(new Random(1), 70, 300, 33);
        Schedules.AssertEqualBits(
            device =>
            {
                using var rig = new AttentionRig(device, one);
                (float[] output, float[] sums) = rig.Run();
                return [.. MemoryMarshal.AsBytes<float>(output), .. MemoryMarshal.AsBytes<float>(sums)];
            },
            Hopper);
    }

    [Test]
    public void Forward_RecordedOnceServesOtherLengths()
    {
        const int Longest = 600;
        const int Tokens = 34;
        AttentionCase.Sequence all = new AttentionCase { Type = DType.BF16, HeadDim = 64 }.Add(new Random(1), Longest, 0);
        AttentionCase Ending(int end)
        {
            var one = new AttentionCase { Type = DType.BF16, HeadDim = 64 };
            one.Sequences.Add(all.Part(end - Tokens, Tokens));
            return one;
        }

        using var rig = new AttentionRig(Device, Ending(Longest));
        rig.RunOnly();
        using DeviceRecording recording = Device.Record(rig.RunOnly);
        foreach (int end in new[] { 255, 257, 40, 512, Longest })
        {
            AttentionCase one = Ending(end);
            rig.Become(one);
            recording.Launch();
            Assert.That(rig.Results().Output, Is.EqualTo(Run(one).Output).Using<float>(SameBits), $"{end} slots");
        }
    }

    [Test]
    public void Forward_AllocatesNothingOnTheHostOnceWarm()
    {
        AttentionCase one = new() { Type = DType.F16, HeadDim = 64, KvHeads = 1 };
        one.Add(new Random(1), 40, 300);
        using var silent = new SilentDevice(Hopper);
        using var rig = new AttentionRig(silent.Device, one);
        silent.AssertAllocatesNothing(rig.RunOnly, launches: 1);
    }
}
