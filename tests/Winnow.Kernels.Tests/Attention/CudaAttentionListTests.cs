using System;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Queries that read the slots of a list and no others.</summary>
public sealed class CudaAttentionListTests : CudaAttentionFixture
{
    [Test]
    [Pairwise]
    public void Forward_OverListsAgrees(
        [Values(DType.F32, DType.F16)] DType type,
        [Values(1, 40)] int tokens,
        [Values(0, 60)] int window,
        [Values] bool tree,
        [Values(1, 3, 40)] int oneIn,
        [Values] bool elsewhere)
    {
        var one = ListCases.Random(new AttentionCase { Type = type, Window = window, KeysElsewhere = elsewhere }, tokens, 700, oneIn);
        Check(tree ? one.WithTree(new Random(2)) : one);
    }

    [Test]
    [Pairwise]
    public void Forward_OverAListOfAllSlotsGivesTheBitsOfNone(
        [Values(DType.F32, DType.BF16)] DType type, [Values(1, 40)] int tokens, [Values] bool tree, [Values(0, 100)] int window)
    {
        AttentionCase Case()
        {
            var one = new AttentionCase { Type = type, Window = window };
            one.Add(new Random(1), tokens, 600, 21);
            return tree ? one.WithTree(new Random(2)) : one;
        }

        (float[] expected, float[] sums) = Run(Case());
        (float[] actual, float[] actualSums) = Run(Case().WithLists((_, _, _) => true));
        Assert.That(actual, Is.EqualTo(expected).Using<float>(SameBits));
        Assert.That(actualSums, Is.EqualTo(sums).Using<float>(SameBits));
    }

    [Test]
    public void Forward_ReadsNothingThatIsNotListed([Values(DType.F32, DType.BF16)] DType type, [Values(1, 40)] int tokens)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { Type = type }, tokens, 300, 5);
        float[] expected = Run(one).Output;
        ListCases.Poison(one);
        Assert.That(Run(one).Output, Is.EqualTo(expected).Using<float>(SameBits));
    }

    [Test]
    public void Forward_OverAShortListCostsWhatItsLengthCosts([Values(DType.F32, DType.BF16)] DType type)
    {
        const int Listed = 30;
        AttentionCase Case(int earlier)
        {
            var one = new AttentionCase { Type = type, HeadDim = 64, KvHeads = 1 };
            one.Add(new Random(1), 1, earlier);
            return one.WithLists((_, _, slot) => slot % (earlier / Listed) == 0 && slot < earlier);
        }

        KernelProfile few = Profile(Case(Listed));
        KernelProfile many = Profile(Case(50 * Listed));
        Assert.That(many.Blocks, Is.EqualTo(few.Blocks));
        Assert.That(many.WarpInstructions, Is.EqualTo(few.WarpInstructions));
        Assert.That(many.GlobalLoads.Bytes, Is.EqualTo(few.GlobalLoads.Bytes));
    }

    [Test]
    public void Forward_OverListsHasTheSameBitsUnderEverySchedule([Values(DType.F32, DType.BF16)] DType type, [Values(3, 40)] int tokens)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { Type = type, Window = 200, Sinks = 20 }, tokens, 800, 2);
        Schedules.AssertEqualBits(device =>
        {
            using var rig = new AttentionRig(device, one);
            (float[] output, float[] sums) = rig.Run();
            return [.. MemoryMarshal.AsBytes<float>(output), .. MemoryMarshal.AsBytes<float>(sums)];
        });
    }

    [Test]
    public void Forward_RecordedOnceServesOtherLists([Values(1, 40)] int tokens, [Values(DType.F32, DType.BF16)] DType type)
    {
        AttentionCase Case(int oneIn)
        {
            var one = new AttentionCase { Type = type };
            one.Add(new Random(1), tokens, 600, 40);
            return one.WithLists((_, _, slot) => slot % oneIn == 0);
        }

        using var rig = new AttentionRig(Device, Case(1));
        rig.RunOnly();
        using DeviceRecording recording = Device.Record(rig.RunOnly);
        foreach (int oneIn in new[] { 7, 2, 300, 1 })
        {
            rig.Become(Case(oneIn));
            recording.Launch();
            Assert.That(rig.Results().Output, Is.EqualTo(Run(Case(oneIn)).Output).Using<float>(SameBits), $"one in {oneIn}");
        }
    }

    [Test]
    public void Signals_AreThoseOfListedSlots([Values(DType.F32, DType.F16)] DType type, [Values] bool elsewhere)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { Type = type, KeysElsewhere = elsewhere }, 9, 300, 5);
        var signals = new SignalCase();
        using var rig = new AttentionRig(Device, one, signals: signals);
        signals.Agrees(one, rig.RunSignals(signals), type);
    }

    private static KernelProfile Profile(AttentionCase one)
    {
        NvrtcSupport.Require();
        using var simulator = new PtxSimulator(new PtxSimulatorOptions { Profiles = true });
        using var device = new CudaDevice(simulator);
        using var rig = new AttentionRig(device, one);
        rig.RunOnly();
        device.Synchronize();
        return simulator.TakeProfiles().Single(kernel => kernel.Kernel == "winnow_attention_decode");
    }
}
