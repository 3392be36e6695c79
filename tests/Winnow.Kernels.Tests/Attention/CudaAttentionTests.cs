using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CudaAttentionTests : CudaAttentionFixture
{
    private static readonly int[] Counts = [0, 1, 15, 16, 31, 32, 63, 64, 127, 254, 255, 256, 511, 600];

    [Test]
    public void Forward_DecodeAgreesAtEveryLength([Values(DType.F32, DType.BF16)] DType type, [ValueSource(nameof(Counts))] int earlier)
    {
        var one = new AttentionCase { Type = type };
        one.Add(new Random(1), 1, earlier, earlier + 3);
        Check(one);
    }

    [Test]
    public void Forward_PrefillAgreesAtEveryLength([Values(DType.F32, DType.F16)] DType type, [ValueSource(nameof(Counts))] int earlier)
    {
        var one = new AttentionCase { Type = type, KvHeads = 1 };
        one.Add(new Random(1), 37, earlier);
        Check(one);
    }

    [Test]
    public void Forward_DecodeAgreesForEveryHeadSizeAndType(
        [Values(DType.F32, DType.BF16)] DType type, [Values(8, 16, 24, 64, 72, 128, 256)] int headDim)
    {
        var one = new AttentionCase { Type = type, HeadDim = headDim, Group = 3 };
        one.Add(new Random(1), 2, 40, 77);
        Check(one);
    }

    [Test]
    public void Forward_PrefillAgreesForEveryHeadSizeAndType(
        [Values(DType.F32, DType.F16)] DType type, [Values(8, 40, 80, 128, 136, 256)] int headDim)
    {
        var one = new AttentionCase { Type = type, HeadDim = headDim, Group = 5, KvHeads = 1 };
        one.Add(new Random(1), 14, 61);
        Check(one);
    }

    [Test]
    public void Forward_AgreesForEveryGroup([Values(1, 2, 4, 7, 16, 71)] int group, [Values(1, 10)] int tokens)
    {
        var one = new AttentionCase { Group = group, Type = DType.BF16, HeadDim = 24 };
        one.Add(new Random(1), tokens, 33, 20);
        Check(one);
    }

    [Test]
    public void Forward_OfManySequencesAgrees([Values] bool hints, [Values(DType.F32, DType.BF16)] DType type)
    {
        var random = new Random(1);
        var one = new AttentionCase { Type = type };
        one.Add(random, 1, 300, 5);
        one.Add(random, 40, 3);
        one.Add(random, 0, 30);
        one.Add(random, 32, 0);
        one.Add(random, 33, 0, 270);
        Check(one, hints);
    }
}
