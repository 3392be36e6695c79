using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>
/// The decode kernels for Hopper whose blocks are clusters, held against those whose last block merges, which a step takes where it has more blocks than the device
/// multiprocessors: the same bits.
/// </summary>
public sealed class CudaAttentionClusterTests : CudaAttentionFixture
{
    private const string Hopper = "compute_90a";

    private static readonly int[] Counts = [0, 1, 255, 256, 257, 511, 600, 1023, 1100, 2049, 4095];

    // With seven short ones beside it a long sequence has a cluster whose blocks have several splits, with twenty blocks apart.
    private const int FewOthers = 7;
    private const int ManyOthers = 20;

    private const int SplitSlots = 256;
    private const int MoreThanMultiprocessors = 160;

    private protected override string Architecture => Hopper;

    [Test]
    public void Forward_AgreesAtEveryLength([ValueSource(nameof(Counts))] int earlier)
    {
        AttentionCase One(bool crowd) => Case(new() { Type = DType.BF16, HeadDim = 64, KvHeads = 1, Group = 4 }, 1, earlier, crowd, tree: false, listed: false);
        Check(One(false));
        HasTheBitsOfBlocksApart(One);
    }

    [Test]
    public void Forward_OfOneSplitAmongEmptyBlocksAgrees()
    {
        // A grid for 4096 slots: fifteen blocks of a cluster have nothing of their own, and the sequences without tokens no cluster.
        var one = new AttentionCase { Type = DType.F16, HeadDim = 40, KvHeads = 1, Group = 2 };
        one.Add(new Random(1), 1, 4000);
        one.Add(new Random(2), 2, 30);
        one.Add(new Random(3), 0, 700);
        one.Add(new Random(4), 1, 0);
        Check(one);
    }

    [TestCase(136, 2000)]
    [TestCase(192, 2000)]
    [TestCase(192, 4200)]
    [TestCase(208, 2000)]
    public void Forward_OfSplitsOfEightBlocksAgrees(int headDim, int slots)
    {
        // A split of such heads lies in shared memory as a whole, and is made of eight blocks of 32 slots.
        var one = new AttentionCase { Type = DType.F16, HeadDim = headDim, KvHeads = 1, Group = 2 };
        one.Add(new Random(1), 1, slots);
        Check(one);
    }

    [Test]
    [Pairwise]
    public void Forward_HasTheBitsOfBlocksApart(
        [Values(DType.F16, DType.BF16)] DType type,
        [Values(8, 24, 64, 72, 128, 144, 192, 256)] int headDim,
        [Values(1, 3, 16)] int group,
        [Values(1, 2, 9)] int tokens,
        [Values(0, 90)] int window,
        [Values(0f, 3f)] float softCap,
        [Values] bool tree,
        [Values] bool listed)
    {
        AttentionCase One(bool crowd) =>
            Case(new() { Type = type, HeadDim = headDim, Group = group, KvHeads = 1, Window = window, SoftCap = softCap }, tokens, 1290, crowd, tree, listed);
        HasTheBitsOfBlocksApart(One);
    }

    [Test]
    [Pairwise]
    public void Signals_HaveTheBitsOfBlocksApart(
        [Values(DType.F16, DType.BF16)] DType type,
        [Values(8, 72, 128, 144, 192, 256)] int headDim,
        [Values(1, 3, 5)] int group,
        [Values(1, 3)] int tokens,
        [Values(0, 90)] int window,
        [Values] bool tree,
        [Values] bool listed)
    {
        AttentionCase One(bool crowd) =>
            Case(new() { Type = type, HeadDim = headDim, Group = group, KvHeads = 1, Window = window }, tokens, 530, crowd, tree, listed);
        SignalsHaveTheBitsOfBlocksApart(One, new SignalCase { WindowTokens = 2, HitThreshold = 0.003f, Fresh = true });
    }

    [Test]
    [Pairwise]
    public void Forward_OfSeveralSplitsABlockHasTheBitsOfBlocksApart(
        [Values(DType.F16, DType.BF16)] DType type,
        [Values(8, 64, 72, 128, 256)] int headDim,
        [Values(1, 4, 16)] int group,
        [Values(4097, 4400, 6500, 8192)] int slots,
        [Values(0, 90, 5000)] int window,
        [Values] bool tree)
    {
        AttentionCase One(bool crowd) =>
            Long(new() { Type = type, HeadDim = headDim, Group = group, KvHeads = 1, Window = window }, slots, crowd, tree);
        HasTheBitsOfBlocksApart(One);
    }

    [Test]
    public void Forward_OfEightSplitsABlockHasTheBitsOfBlocksApart()
    {
        static AttentionCase One(bool crowd) => Long(new() { Type = DType.BF16, HeadDim = 8, Group = 4, KvHeads = 1 }, 128 * SplitSlots, crowd, tree: false);
        HasTheBitsOfBlocksApart(One);
    }

    [Test]
    [Pairwise]
    public void Signals_OfSeveralSplitsABlockHaveTheBitsOfBlocksApart(
        [Values(8, 128, 256)] int headDim,
        [Values(1, 5, 16)] int group,
        [Values(4097, 6500, 8192)] int slots,
        [Values(0, 5000)] int window,
        [Values] bool tree)
    {
        AttentionCase One(bool crowd) =>
            Long(new() { Type = DType.BF16, HeadDim = headDim, Group = group, KvHeads = 1, Window = window }, slots, crowd, tree);
        SignalsHaveTheBitsOfBlocksApart(One, new SignalCase { WindowTokens = 2, HitThreshold = 0.0003f, Fresh = true });
    }

    [Test]
    public void Signals_HaveTheBitsOfBlocksApartWhateverIsWanted([Values(0, 1, 2, 3, 4)] int missing)
    {
        static AttentionCase One(bool crowd) => Case(new() { Type = DType.BF16, KvHeads = 1, Group = 4 }, 1, 3800, crowd, tree: false, listed: false);
        SignalsHaveTheBitsOfBlocksApart(One, new SignalCase { Missing = [missing], HitThreshold = 0.0003f, Fresh = true });
        SignalsHaveTheBitsOfBlocksApart(One, new SignalCase { Missing = [.. Enumerable.Range(0, 5).Where(plane => plane != missing)], Fresh = true });
    }

    [Test]
    public void Signals_AgreeWithTheFullMap([Values(1, 4)] int tokens)
    {
        var one = new AttentionCase { Type = DType.BF16, KvHeads = 1, Group = 4, HeadDim = 128 };
        one.Add(new Random(1), tokens, 1200);
        var signals = new SignalCase { HitThreshold = 0.001f };
        using var rig = new AttentionRig(Device, one, signals: signals);
        signals.Agrees(one, rig.RunSignals(signals), one.Type);
    }

    [Test]
    public void Forward_HasTheSameBitsUnderEverySchedule([Values] bool severalSplits)
    {
        var signals = new SignalCase();
        AttentionCase one = new() { Type = DType.BF16, KvHeads = 1, HeadDim = severalSplits ? 8 : 64 };
        if (severalSplits)
        {
            Long(one, 4200, crowd: false, tree: false);
        }
        else
        {
            one.Add(new Random(1), 3, 700);
        }

        Schedules.AssertEqualBits(
            device =>
            {
                using var rig = new AttentionRig(device, one, signals: signals);
                (float[] output, float[] sums) = rig.Run();
                float[] slots = [.. rig.RunSignals(signals).SelectMany(slot => slot.After)];
                return [.. MemoryMarshal.AsBytes<float>(output), .. MemoryMarshal.AsBytes<float>(sums), .. MemoryMarshal.AsBytes<float>(slots)];
            },
            Hopper);
    }

    [Test]
    public void Forward_RecordedOnceServesOtherLengths()
    {
        const int Longest = 1100;
        AttentionCase.Sequence all = new AttentionCase { Type = DType.BF16 }.Add(new Random(1), Longest, 0);
        AttentionCase Ending(int end)
        {
            var one = new AttentionCase { Type = DType.BF16 };
            one.Sequences.Add(all.Part(end - 1, 1));
            return one;
        }

        using var rig = new AttentionRig(Device, Ending(Longest));
        rig.Run();
        using DeviceRecording recording = Device.Record(rig.RunOnly);
        foreach (int end in new[] { 255, 257, 40, 1024, Longest })
        {
            AttentionCase one = Ending(end);
            rig.Become(one);
            recording.Launch();
            Assert.That(rig.Results().Output, Is.EqualTo(Run(one).Output).Using<float>(SameBits), $"{end} slots");
        }
    }

    private static AttentionCase Long(AttentionCase one, int slots, bool crowd, bool tree)
    {
        one.Add(new Random(1), 1, slots - 1);
        for (int i = 0; i < (crowd ? ManyOthers : FewOthers); i++)
        {
            one.Add(new Random(i), i % 3 == 0 ? 0 : 1, 40 * i);
        }

        return tree ? one.WithTree(new Random(2)) : one;
    }

    private static AttentionCase Case(AttentionCase one, int tokens, int earlier, bool crowd, bool tree, bool listed)
    {
        one.Add(new Random(1), tokens, earlier);
        int others = crowd ? MoreThanMultiprocessors / ((tokens + earlier + SplitSlots - 1) / SplitSlots) : 0;
        for (int i = 0; i < others; i++)
        {
            one.Add(new Random(i), 1, i % 20);
        }

        one = tree ? one.WithTree(new Random(2)) : one;
        return listed ? one.WithLists((_, _, slot) => slot % 5 != 3) : one;
    }

    private void HasTheBitsOfBlocksApart(Func<bool, AttentionCase> one)
    {
        (float[] expected, float[] expectedSums) = Run(one(true));
        (float[] actual, float[] actualSums) = Run(one(false));
        Assert.That(actual, Is.EqualTo(expected.Take(actual.Length)).Using<float>(SameBits));
        Assert.That(actualSums, Is.EqualTo(expectedSums.Take(actualSums.Length)).Using<float>(SameBits));
    }

    private void SignalsHaveTheBitsOfBlocksApart(Func<bool, AttentionCase> one, SignalCase signals)
    {
        List<SlotSignals> Signals(bool crowd)
        {
            using var rig = new AttentionRig(Device, one(crowd), signals: signals);
            return [.. rig.RunSignals(signals).Where(slot => slot.Sequence == 0)];
        }

        List<SlotSignals> expected = Signals(true), actual = Signals(false);
        Assert.That(actual.Select(slot => (slot.KvHead, slot.Slot)), Is.EqualTo(expected.Select(slot => (slot.KvHead, slot.Slot))));
        Assert.That(actual.SelectMany(slot => slot.After), Is.EqualTo(expected.SelectMany(slot => slot.After)).Using<float>(SameBits));
    }
}
