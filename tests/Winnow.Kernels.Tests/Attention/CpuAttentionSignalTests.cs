using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Attention;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CpuAttentionSignalTests
{
    [Test]
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
    public void Signals_WriteThePlanesThatAreAskedForOnly([Values(0, 1, 2, 3, 4)] int missing)
    {
        var one = new AttentionCase();
        one.Add(new Random(1), 5, 20);
        Agrees(one, new SignalCase { Missing = [missing], WindowTokens = 30 });
    }

    [Test]
    public void Signals_LeaveTheOutputAsItIs()
    {
        var one = new AttentionCase { Type = DType.F16 };
        one.Add(new Random(1), 40, 20);
        using var device = new CpuDevice(2);
        using var with = new AttentionRig(device, one, signals: new SignalCase());
        using var without = new AttentionRig(device, one);
        (float[] expected, float[] expectedSums) = without.Run();
        (float[] actual, float[] actualSums) = with.Run();
        Assert.That(actual, Is.EqualTo(expected));
        Assert.That(actualSums, Is.EqualTo(expectedSums));
    }

    [Test]
    public void Signals_AreTheSameForAnyNumberOfThreads([Values(2, 3)] int threads)
    {
        var one = new AttentionCase();
        one.Add(new Random(1), 40, 500, 3);
        List<SlotSignals> expected = Run(one, new SignalCase(), 1);
        List<SlotSignals> actual = Run(one, new SignalCase(), threads);
        Assert.That(actual.SelectMany(slot => slot.After), Is.EqualTo(expected.SelectMany(slot => slot.After)));
    }

    [TestCase("plane")]
    [TestCase("window")]
    [TestCase("threshold")]
    public void Forward_StatesTheRuleOfSignalsThatIsBroken(string broken)
    {
        using var device = new CpuDevice(1);
        using var tensors = new TestTensors(device);
        AttentionSignals signals = new()
        {
            ColumnMass = broken == "plane" ? tensors.Of(new float[15]) : default,
            WindowMass = broken == "window" ? tensors.Of(new float[16]) : default,
            HitThreshold = broken == "threshold" ? float.NaN : 0,
        };
        AttentionOperands operands = AttentionOperands.Small(tensors);
        Action call = () => device.Attention.Forward(operands.Output, operands.Queries, operands.Cache, operands.Batch, operands.Arguments with { Signals = signals });
        Assert.That(call, Throws.ArgumentException.With.Message.Length.GreaterThan(20));
    }

    private static void Agrees(AttentionCase one, SignalCase signals) => signals.Agrees(one, Run(one, signals, 2));

    private static List<SlotSignals> Run(AttentionCase one, SignalCase signals, int threads)
    {
        using var device = new CpuDevice(threads);
        using var rig = new AttentionRig(device, one, signals: signals);
        return rig.RunSignals(signals);
    }
}
