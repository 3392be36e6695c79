using System;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>The result of a sequence depends on nothing but the sequence, bit for bit.</summary>
public sealed class CudaAttentionInvarianceTests : CudaAttentionFixture
{
    private static readonly int[] Chunks = [1, 1, 15, 16, 60, 3, 100, 64, 1, 39];

    [Test]
    public void Forward_GivesTheSameBitsForAPromptInChunks(
        [Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values(0, 100)] int window, [Values(1, 3)] int group)
    {
        AttentionCase Case() => new() { Type = type, HeadDim = 24, KvHeads = 1, Window = window, Group = group, SoftCap = 20 };
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
    public void Forward_GivesTheSameBitsTokenByToken([Values(DType.F32, DType.BF16)] DType type, [Values(128, 256)] int headDim)
    {
        const int Tokens = 70;
        AttentionCase whole = new() { Type = type, HeadDim = headDim, KvHeads = 1 };
        AttentionCase.Sequence all = whole.Add(new Random(1), Tokens, 0);
        float[] expected = Run(whole).Output;
        int rowFloats = whole.Heads * whole.HeadDim;
        for (int token = 0; token < Tokens; token += 3)
        {
            AttentionCase part = new() { Type = type, HeadDim = headDim, KvHeads = 1 };
            part.Sequences.Add(all.Part(token, 1));
            Assert.That(Run(part).Output, Is.EqualTo(expected[(token * rowFloats)..((token + 1) * rowFloats)]).Using<float>(SameBits), $"at {token}");
        }
    }

    [Test]
    public void Forward_GivesTheSameBitsAloneAndAmongOthers([Values(DType.F32, DType.F16)] DType type, [Values(6, 30)] int tokens)
    {
        AttentionCase Case(bool alone)
        {
            var one = new AttentionCase { Type = type, HeadDim = 40, Group = 3 };
            if (!alone)
            {
                one.Add(new Random(2), 70, 3);
                one.Add(new Random(3), 1, 600);
            }

            one.Add(new Random(1), tokens, 531, 40);
            if (!alone)
            {
                one.Add(new Random(4), 19, 16);
            }

            return one;
        }

        (float[] alone, float[] aloneSums) = Run(Case(true));
        foreach (bool hints in new[] { false, true })
        {
            (float[] among, float[] amongSums) = Run(Case(false), hints: hints);
            Assert.That(among.Skip(71 * 6 * 40).Take(alone.Length), Is.EqualTo(alone).Using<float>(SameBits));
            Assert.That(amongSums.Skip(71 * 6).Take(aloneSums.Length), Is.EqualTo(aloneSums).Using<float>(SameBits));
        }
    }

    [Test]
    [Pairwise]
    public void Forward_GivesTheSameBitsInACrowdThatSharesMultiprocessors(
        [Values(DType.F32, DType.F16, DType.BF16)] DType type,
        [Values(64, 72, 128, 256)] int headDim,
        [Values(0, 90)] int window,
        [Values] bool listed,
        [Values] bool tree)
    {
        const int Slots = 530, Tokens = 3, MoreThanMultiprocessors = 140;
        AttentionCase Case(int others)
        {
            var one = new AttentionCase { Type = type, HeadDim = headDim, KvHeads = 1, Group = 3, Window = window };
            one.Add(new Random(1), Tokens, Slots);
            for (int i = 0; i < others; i++)
            {
                one.Add(new Random(i), 1, i % 20);
            }

            one = tree ? one.WithTree(new Random(2)) : one;
            return listed ? one.WithLists((_, _, slot) => slot % 5 != 3) : one;
        }

        (float[] alone, float[] aloneSums) = Run(Case(0));
        (float[] among, float[] amongSums) = Run(Case(MoreThanMultiprocessors));
        Assert.That(among.Take(alone.Length), Is.EqualTo(alone).Using<float>(SameBits));
        Assert.That(amongSums.Take(aloneSums.Length), Is.EqualTo(aloneSums).Using<float>(SameBits));
    }

    [Test]
    public void Forward_GivesTheSameBitsWhereverThePagesLie([Values(1, 40)] int tokens)
    {
        AttentionCase one = new() { Type = DType.F16 };
        one.Add(new Random(1), tokens, 290, 33);
        using var first = new AttentionRig(Device, one, seed: 5);
        using var second = new AttentionRig(Device, one, seed: 6);
        Assert.That(second.Run().Output, Is.EqualTo(first.Run().Output).Using<float>(SameBits));
        Assert.That(first.Run().Output, Is.EqualTo(second.Run().Output).Using<float>(SameBits), "a second run");
    }

    [Test]
    public void Forward_HasTheSameBitsUnderEverySchedule([Values(DType.F32, DType.BF16)] DType type, [Values(3, 40)] int tokens)
    {
        var signals = new SignalCase();
        AttentionCase one = new() { Type = type };
        one.Add(new Random(1), tokens, 300, 33);
        Schedules.AssertEqualBits(device =>
        {
            using var rig = new AttentionRig(device, one, signals: signals);
            (float[] output, float[] sums) = rig.Run();
            float[] slots = [.. rig.RunSignals(signals).SelectMany(slot => slot.After)];
            return [.. MemoryMarshal.AsBytes<float>(output), .. MemoryMarshal.AsBytes<float>(sums), .. MemoryMarshal.AsBytes<float>(slots)];
        });
    }

    [Test]
    public void Forward_RecordedOnceServesOtherLengths([Values(1, 34)] int tokens, [Values(DType.F32, DType.BF16)] DType type)
    {
        const int Longest = 600;
        AttentionCase.Sequence all = new AttentionCase { Type = type }.Add(new Random(1), Longest, 0);
        AttentionCase Ending(int end)
        {
            var one = new AttentionCase { Type = type };
            one.Sequences.Add(all.Part(end - tokens, tokens));
            return one;
        }

        using var rig = new AttentionRig(Device, Ending(Longest));
        float[] longest = rig.Run().Output;
        using DeviceRecording recording = Device.Record(rig.RunOnly);
        foreach (int end in new[] { 255, 257, 40, 512, Longest })
        {
            AttentionCase one = Ending(end);
            rig.Become(one);
            recording.Launch();
            (float[] output, float[] sums) = rig.Results();
            (float[] expected, float[] expectedSums) = Run(one);
            Assert.That(output, Is.EqualTo(expected).Using<float>(SameBits), $"{end} slots");
            Assert.That(sums, Is.EqualTo(expectedSums).Using<float>(SameBits), $"{end} slots");
        }

        Assert.That(rig.Results().Output, Is.EqualTo(longest).Using<float>(SameBits));
    }

    [TestCase(1, 1)]
    [TestCase(40, 2)]
    public void Forward_AllocatesNothingOnTheHostOnceWarm(int tokens, int launches)
    {
        var signals = new SignalCase();
        AttentionCase one = new() { Type = DType.F16, KvHeads = 1 };
        one.Add(new Random(1), tokens, 300);
        using var silent = new SilentDevice();
        using var rig = new AttentionRig(silent.Device, one, signals: signals);
        silent.AssertAllocatesNothing(rig.RunOnly, launches);
    }

    [Test]
    public void Forward_AllocatesNothingAfterTheFirstCall([Values(1, 40)] int tokens)
    {
        AttentionCase one = new() { Type = DType.F16, KvHeads = 1 };
        one.Add(new Random(1), tokens, 300);
        using var rig = new AttentionRig(Device, one);
        rig.RunOnly();
        int generation = Device.Context.ScratchGeneration;
        for (int i = 0; i < 3; i++)
        {
            rig.RunOnly();
        }

        Device.Synchronize();

        // Device memory comes from scratch alone here. What the device has free would also tell what others do on it.
        Assert.That(Device.Context.ScratchGeneration, Is.EqualTo(generation));
    }
}
