using System;
using System.Linq;
using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CudaBlockHistoryTests : CudaAttentionFixture
{
    [Test]
    [Pairwise]
    public void BlockHistory_AgreesWithTheFullMap(
        [Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values(0, 20)] int window, [Values(0f, 3f)] float softCap, [Values] bool tree, [Values] bool hints)
    {
        AttentionCase one = BlockHistoryCases.Three(new AttentionCase { Type = type, Window = window, SoftCap = softCap, Group = 3 });
        BlockHistoryCases.Agrees(Device, tree ? one.WithTree(new Random(2)) : one, type, hints);
    }

    [Test]
    public void BlockHistory_AgreesForEveryHeadSize([Values(DType.F32, DType.BF16)] DType type, [Values(8, 72, 128, 256)] int headDim)
    {
        var one = new AttentionCase { Type = type, HeadDim = headDim, KvHeads = 1 };
        one.Add(new Random(1), 20, 40);
        BlockHistoryCases.Agrees(Device, one, type);
    }

    [Test]
    public void BlockHistory_IsZeroWhereNothingIsListed(
        [Values(DType.F32, DType.F16)] DType type, [Values(1, 20)] int tokens, [Values(3, 40)] int oneIn, [Values] bool elsewhere)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { Type = type, KeysElsewhere = elsewhere }, tokens, 700, oneIn);
        BlockHistoryCases.Agrees(Device, one, type);
    }

    [Test]
    public void BlockHistory_ReadsNothingThatIsNotListed([Values(DType.F32, DType.BF16)] DType type)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { Type = type }, 1, 300, 5);
        float[] expected = BlockHistoryCases.Values(Device, one);
        ListCases.Poison(one);
        Assert.That(BlockHistoryCases.Values(Device, one), Is.EqualTo(expected).Using<float>(SameBits));
    }

    [Test]
    public void BlockHistory_LeavesTheOutputAsItIs([Values(1, 40)] int tokens)
    {
        var one = new AttentionCase { Type = DType.F16 };
        one.Add(new Random(1), tokens, 300);
        using var with = new AttentionRig(Device, one, history: true);
        (float[] expected, float[] expectedSums) = Run(one);
        (float[] actual, float[] actualSums) = with.Run();
        Assert.That(actual, Is.EqualTo(expected).Using<float>(SameBits));
        Assert.That(actualSums, Is.EqualTo(expectedSums).Using<float>(SameBits));
    }

    [Test]
    public void BlockHistory_OfATokenIsTheSameInAnyChunk([Values(DType.F32, DType.F16)] DType type)
    {
        const int Tokens = 50, Last = 20;
        AttentionCase Case(int start)
        {
            var one = new AttentionCase { Type = type, KvHeads = 1 };
            AttentionCase.Sequence all = new AttentionCase { Type = type, KvHeads = 1 }.Add(new Random(1), Tokens, 0);
            one.Sequences.Add(all.Part(start, Tokens - start));
            return one;
        }

        // Pages of the whole chunk come one after another, each with all of its tokens.
        float[][] whole = [.. BlockHistoryCases.Values(Device, Case(0)).Chunk(Tokens).Select(page => page[^Last..])];
        float[][] part = [.. BlockHistoryCases.Values(Device, Case(Tokens - Last)).Chunk(Last)];
        Assert.That(part, Is.EqualTo(whole));
    }

    [Test]
    public void BlockHistory_HasTheSameBitsUnderEverySchedule([Values(DType.F32, DType.BF16)] DType type)
    {
        AttentionCase one = ListCases.Random(new AttentionCase { Type = type }, 9, 300, 3);
        Schedules.AssertEqualBits(device => [.. MemoryMarshal.AsBytes<float>(BlockHistoryCases.Values(device, one))]);
    }

    [Test]
    public void BlockHistory_AllocatesNothingOnTheHostOnceWarm()
    {
        AttentionCase one = new() { Type = DType.F16, KvHeads = 1 };
        one.Add(new Random(1), 1, 300);
        using var silent = new SilentDevice();
        using var rig = new AttentionRig(silent.Device, one, history: true);
        silent.AssertAllocatesNothing(rig.RunOnly, launches: 2);
    }
}
