using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

public sealed class CpuAttentionTests
{
    private static readonly int[] Counts = [0, 1, 15, 16, 17, 31, 32, 33, 53, 511, 512, 513];

    [TestCaseSource(nameof(Counts))]
    public void Forward_DecodeAgreesAtEveryLength(int earlier) => Check(one => one.Add(new Random(1), 1, earlier, earlier + 3), new AttentionCase());

    [TestCaseSource(nameof(Counts))]
    public void Forward_PrefillAgreesAtEveryLength(int earlier) => Check(one => one.Add(new Random(1), 37, earlier), new AttentionCase());

    [Test]
    public void Forward_AgreesForEveryHeadSizeAndType(
        [Values(DType.F32, DType.F16, DType.BF16)] DType type, [Values(8, 16, 24, 64, 72, 80, 96, 128, 256)] int headDim) =>
        Check(one => one.Add(new Random(1), 5, 40, 61), new AttentionCase { Type = type, HeadDim = headDim });

    [Test]
    public void Forward_AgreesForEveryGroup([Values(1, 2, 3, 4, 5, 8, 70)] int group, [Values(1, 6)] int tokens) =>
        Check(one => one.Add(new Random(1), tokens, 33, 20), new AttentionCase { Group = group });

    private static void Check(Action<AttentionCase> fill, AttentionCase one)
    {
        fill(one);
        AttentionAssert.AgreesEverywhere(one);
    }
}
