using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Signals of prompts, whose rows make several sections that blocks share.</summary>
public sealed class CudaAttentionSignalSectionTests : CudaAttentionFixture
{
    // With every plane; with those that a few last tokens make.
    private static readonly int[][] Missing = [[], [0, 3, 4], [0, 1, 3, 4]];

    [Test]
    [Pairwise]
    public void Signals_OfPromptsAgree(
        [Values(DType.F32, DType.F16, DType.BF16)] DType type,
        [Values(24, 128, 256)] int headDim,
        [Values(0, 60)] int window,
        [Values(1, 3)] int group,
        [Values] bool listed,
        [Values(0, 1, 2)] int missing)
    {
        var one = new AttentionCase { Type = type, HeadDim = headDim, Group = group, Window = window, KvHeads = 1 };
        one.Add(new Random(1), 130, 70);
        one.Add(new Random(2), 5, 40);
        Agrees(listed ? one.WithLists((_, _, slot) => slot % 5 != 3) : one, new SignalCase { Missing = Missing[missing], WindowTokens = 25 });
    }

    [Test]
    public void Signals_OfPromptsThatAreTreesAgree([Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values] bool listed, [Values(1, 900)] int seed)
    {
        var one = new AttentionCase { Type = type, HeadDim = 24, Group = 2 };
        one.Add(new Random(seed), 100, 30);
        one.Add(new Random(seed + 1), 70, 90);
        one = one.WithTree(new Random(seed + 2));
        Agrees(listed ? one.WithLists((_, _, slot) => slot % 5 != 3) : one, new SignalCase());
    }

    [Test]
    public void Signals_OfManySlotsThatEightWarpsReadAgree([Values(DType.F16, DType.BF16)] DType type)
    {
        // 28 blocks of 256 slots for each of 8 heads: two for each multiprocessor.
        var one = new AttentionCase { Type = type, HeadDim = 8, Group = 1, KvHeads = 8 };
        one.Add(new Random(1), 40, 6950);
        Agrees(one, new SignalCase { WindowTokens = 25, HitThreshold = 0.0003f });
    }

    [Test]
    public void Signals_OfPromptsThatSeeBackwardsAgree([Values(0, 2)] int missing)
    {
        var one = new AttentionCase { Type = DType.F16, HeadDim = 24, Group = 2, KvHeads = 1, Bidirectional = true };
        one.Add(new Random(1), 100, 30);
        Agrees(one, new SignalCase { Missing = Missing[missing] });
    }

    [Test]
    public void Signals_OfMoreRowsThanSectionsOfTheLeastSizeHoldAgree([Values(0, 1)] int missing)
    {
        // 2160 rows make 27 sections of 80.
        var one = new AttentionCase { Type = DType.F16, HeadDim = 8, Group = 3, KvHeads = 1 };
        one.Add(new Random(1), 720, 0);
        Agrees(one, new SignalCase { Missing = Missing[missing], WindowTokens = 100, HitThreshold = 0.003f });
    }

    [Test]
    public void Signals_OfAPromptAreTheSameHoweverManyBlocksShareIt([Values(DType.F32, DType.F16)] DType type, [Values(140, 600)] int others)
    {
        AttentionCase Case(int count)
        {
            var one = new AttentionCase { Type = type, HeadDim = 8, Group = 3, KvHeads = 1 };
            one.Add(new Random(1), 100, 500);
            for (int i = 0; i < count; i++)
            {
                one.Add(new Random(i), 1, i % 20);
            }

            return one;
        }

        List<float[]> alone = [.. RunSignals(Case(0)).Select(slot => slot.After[1..3])];
        List<float[]> among = [.. RunSignals(Case(others)).Where(slot => slot.Sequence == 0).Select(slot => slot.After[1..3])];
        Assert.That(among, Is.EqualTo(alone));
    }

    [Test]
    public void Signals_OfTheLastTokensAreTheSameWhateverElseIsWanted([Values(DType.F32, DType.F16)] DType type)
    {
        var one = new AttentionCase { Type = type, HeadDim = 24, Group = 3, KvHeads = 1 };
        one.Add(new Random(1), 130, 70);
        List<float> with = [.. RunSignals(one).Select(slot => slot.After[1])];
        List<float> without = [.. RunSignals(one, new SignalCase { Missing = [0, 2, 3, 4] }).Select(slot => slot.After[1])];
        Assert.That(without, Is.EqualTo(with));
    }

    [Test]
    public void Signals_OfAPromptHaveTheSameBitsUnderEverySchedule([Values(DType.F32, DType.BF16)] DType type)
    {
        var one = new AttentionCase { Type = type, HeadDim = 24, Group = 2, KvHeads = 1 };
        one.Add(new Random(1), 70, 60);
        Schedules.AssertEqualBits(device =>
        {
            using var rig = new AttentionRig(device, one, signals: new SignalCase());
            return [.. MemoryMarshal.AsBytes<float>(rig.RunSignals(new SignalCase()).SelectMany(slot => slot.After).ToArray())];
        });
    }

    private void Agrees(AttentionCase one, SignalCase signals) => signals.Agrees(one, RunSignals(one, signals), one.Type);

    private List<SlotSignals> RunSignals(AttentionCase one, SignalCase? signals = null)
    {
        signals ??= new SignalCase();
        using var rig = new AttentionRig(Device, one, signals: signals);
        return rig.RunSignals(signals);
    }
}
