using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CudaAttentionSignalTests : CudaAttentionFixture
{
    [Test]
    [Pairwise]
    public void Signals_AgreeWithTheFullMap(
        [Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values(0, 20)] int window, [Values(0f, 3f)] float softCap, [Values] bool tree)
    {
        var random = new Random(1);
        var one = new AttentionCase { Type = type, Window = window, SoftCap = softCap, Group = 3 };
        one.Add(random, 9, 30, 51);
        one.Add(random, 1, 64);
        one.Add(random, 20, 0, 300);
        Agrees(tree ? one.WithTree(random) : one, new SignalCase());
    }

    [Test]
    public void Signals_AgreeForEverySegment([Values(DType.F32, DType.F16)] DType type, [Values] bool distant, [Values(0, 0.4f)] float share)
    {
        var one = new AttentionCase { Type = type, Window = 40, Sinks = 30, WindowShare = share, Distant = distant, KeysElsewhere = true };
        one.Add(new Random(1), 9, 30, 251);
        Agrees(one, new SignalCase());
    }

    [Test]
    public void Signals_AgreeForEveryHeadSize([Values(DType.F32, DType.BF16)] DType type, [Values(8, 72, 128, 256)] int headDim)
    {
        var one = new AttentionCase { Type = type, HeadDim = headDim, KvHeads = 1 };
        one.Add(new Random(1), 20, 40);
        Agrees(one, new SignalCase());
    }

    [Test]
    public void Signals_WriteThePlanesThatAreAskedForOnly([Values(0, 1, 2, 3, 4)] int missing)
    {
        var one = new AttentionCase { Type = DType.F16 };
        one.Add(new Random(1), 5, 20);
        Agrees(one, new SignalCase { Missing = [missing], WindowTokens = 30 });
    }

    [Test]
    public void Signals_LeaveTheOutputAsItIs([Values(1, 40)] int tokens)
    {
        var one = new AttentionCase { Type = DType.F16 };
        one.Add(new Random(1), tokens, 300);
        using var with = new AttentionRig(Device, one, signals: new SignalCase());
        (float[] expected, float[] expectedSums) = Run(one);
        (float[] actual, float[] actualSums) = with.Run();
        Assert.That(actual, Is.EqualTo(expected).Using<float>(SameBits));
        Assert.That(actualSums, Is.EqualTo(expectedSums).Using<float>(SameBits));
    }

    [Test]
    public void Signals_OfASequenceAreTheSameAmongOthers([Values(DType.F32, DType.F16)] DType type)
    {
        AttentionCase Case(bool alone)
        {
            var one = new AttentionCase { Type = type, KvHeads = 1 };
            one.Add(new Random(1), 30, 100);
            if (!alone)
            {
                one.Add(new Random(2), 1, 300);
            }

            return one;
        }

        // The pages lie elsewhere, and with them what the planes held before; what sets a plane shows the sums as they are.
        List<float[]> alone = [.. RunSignals(Case(true)).Select(slot => slot.After[1..3])];
        List<float[]> among = [.. RunSignals(Case(false)).Where(slot => slot.Sequence == 0).Select(slot => slot.After[1..3])];
        Assert.That(among, Is.EqualTo(alone));
    }

    [Test]
    [Pairwise]
    public void Signals_OfADecodeStepAgree(
        [Values(DType.F16, DType.BF16)] DType type,
        [Values(1, 3, 4)] int group,
        [Values(1, 2, 4)] int tokens,
        [Values(0, 90)] int window,
        [Values(0f, 3f)] float softCap,
        [Values] bool tree,
        [Values] bool listed)
    {
        var one = new AttentionCase { Type = type, Group = group, Window = window, SoftCap = softCap, KvHeads = 1, HeadDim = 32 };
        one.Add(new Random(1), tokens, 530);
        one.Add(new Random(2), 1, 20);
        one = tree ? one.WithTree(new Random(3)) : one;
        Agrees(listed ? one.WithLists((_, _, slot) => slot % 5 != 3) : one, new SignalCase { WindowTokens = 2, HitThreshold = 0.003f });
    }

    [Test]
    [Pairwise]
    public void Signals_HaveTheSameBitsInOnePassAndInTwo(
        [Values(DType.F16, DType.BF16)] DType type, [Values(8, 72, 128, 256)] int headDim, [Values(1, 3)] int tokens, [Values(0, 90)] int window, [Values] bool listed)
    {
        AttentionCase Case(int others)
        {
            var one = new AttentionCase { Type = type, HeadDim = headDim, KvHeads = 1, Group = 5, Window = window };
            one.Add(new Random(1), tokens, 530);
            if (others > 0)
            {
                one.Add(new Random(2), others, 0);
            }

            return listed ? one.WithLists((_, _, slot) => slot % 5 != 3) : one;
        }

        // With many tokens beside it the step has more rows than one pass takes. The pages lie elsewhere then: what sets a plane shows the sums as they are.
        List<float[]> inOne = [.. RunSignals(Case(0)).Select(slot => slot.After[1..3])];
        List<float[]> inTwo = [.. RunSignals(Case(20)).Where(slot => slot.Sequence == 0).Select(slot => slot.After[1..3])];
        Assert.That(inOne, Is.EqualTo(inTwo));
    }

    [Test]
    public void Signals_OfManySlotsHaveTheSameBitsInOnePassAndInTwo()
    {
        AttentionCase Case(int others)
        {
            var one = new AttentionCase { Type = DType.F16, HeadDim = 8, KvHeads = 1, Group = 3 };
            one.Add(new Random(1), 1, 8500);
            if (others > 0)
            {
                one.Add(new Random(2), others, 0);
            }

            return one;
        }

        var signals = new SignalCase { HitThreshold = 0.0003f };
        List<SlotSignals> inOne = RunSignals(Case(0), signals), inTwo = RunSignals(Case(30), signals);
        Assert.That(inOne.Select(slot => slot.After[1..3]), Is.EqualTo(inTwo.Where(slot => slot.Sequence == 0).Select(slot => slot.After[1..3])));
        signals.Agrees(Case(0), inOne, DType.F16);
    }

    [Test]
    public void Signals_OfRecordedStepsFollowTheirLengths()
    {
        const int Longest = 600;
        AttentionCase.Sequence all = new AttentionCase { Type = DType.F16 }.Add(new Random(1), Longest, 0);
        AttentionCase Ending(int end)
        {
            var one = new AttentionCase { Type = DType.F16 };
            one.Sequences.Add(all.Part(end - 1, 1));
            return one;
        }

        var signals = new SignalCase();
        using var rig = new AttentionRig(Device, Ending(Longest), signals: signals);
        rig.RunSignals(signals);
        foreach (int end in new[] { 256, 40, 513, Longest })
        {
            rig.Become(Ending(end));
            List<SlotSignals> slots = [.. rig.RunSignals(signals).Where(slot => slot.Slot < end)];
            signals.Agrees(Ending(end), slots, DType.F16);
        }
    }

    private void Agrees(AttentionCase one, SignalCase signals)
    {
        using var rig = new AttentionRig(Device, one, signals: signals);
        signals.Agrees(one, rig.RunSignals(signals), one.Type);
    }

    private List<SlotSignals> RunSignals(AttentionCase one) => RunSignals(one, new SignalCase());

    private List<SlotSignals> RunSignals(AttentionCase one, SignalCase signals)
    {
        using var rig = new AttentionRig(Device, one, signals: signals);
        return rig.RunSignals(signals);
    }
}
