using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Queries that read the slots of a list and no others.</summary>
public sealed class CpuAttentionListTests
{
    [Test]
    public void Forward_OverListsAgrees(
        [Values(DType.F32, DType.F16)] DType type, [Values(1, 20)] int tokens, [Values(0, 60)] int window, [Values] bool tree, [Values(1, 3, 40)] int oneIn)
    {
        var one = ListCases.Random(new AttentionCase { Type = type, Window = window, KeysElsewhere = window > 0 }, tokens, 700, oneIn);
        AttentionAssert.AgreesEverywhere(tree ? one.WithTree(new Random(2)) : one);
    }

    [Test]
    public void Forward_OverAListOfAllSlotsGivesTheBitsOfNone(
        [Values(DType.F32, DType.BF16)] DType type, [Values(1, 20)] int tokens, [Values] bool tree, [Values(0, 100)] int window)
    {
        AttentionCase Case()
        {
            var one = new AttentionCase { Type = type, Window = window };
            one.Add(new Random(1), tokens, 1100, 21);
            return tree ? one.WithTree(new Random(2)) : one;
        }

        (float[] expected, float[] sums) = Run(Case());
        (float[] actual, float[] actualSums) = Run(Case().WithLists((_, _, _) => true));
        Assert.That(actual, Is.EqualTo(expected).Using<float>(SameBits));
        Assert.That(actualSums, Is.EqualTo(sums).Using<float>(SameBits));
    }

    [Test]
    public void Forward_ReadsNothingThatIsNotListed([Values(DType.F32, DType.BF16)] DType type, [Values(1, 20)] int tokens)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { Type = type }, tokens, 300, 5);
        float[] expected = Run(one).Output;
        ListCases.Poison(one);
        Assert.That(Run(one).Output, Is.EqualTo(expected).Using<float>(SameBits));
    }

    [Test]
    public void Signals_AreThoseOfListedSlots([Values] bool elsewhere)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { KeysElsewhere = elsewhere }, 9, 300, 5);
        var signals = new SignalCase();
        using var device = new CpuDevice(2);
        using var rig = new AttentionRig(device, one, signals: signals);
        signals.Agrees(one, rig.RunSignals(signals));
    }

    private static (float[] Output, float[] LogSumExp) Run(AttentionCase one)
    {
        using var device = new CpuDevice(2);
        using var rig = new AttentionRig(device, one);
        return rig.Run();
    }

    private static bool SameBits(float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);
}
