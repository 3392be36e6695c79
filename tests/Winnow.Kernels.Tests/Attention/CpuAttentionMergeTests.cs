using System;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Two attentions of the same queries that become one.</summary>
public sealed class CpuAttentionMergeTests
{
    private CpuDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = new CpuDevice(2);

    [OneTimeTearDown]
    public void Close() => _device?.Dispose();

    [Test]
    public void Merge_AgreesWithDoublePrecision([Values(1, 33, 300)] int tokens, [Values(1, 6)] int heads, [Values(8, 24, 256)] int headDim) =>
        MergeCases.Agrees(_device, tokens, heads, headDim);

    [Test]
    public void Merge_OfNearAndDistantIsTheWhole(
        [Values(DType.F32, DType.F16)] DType type, [Values(1, 4)] int group, [Values(1, 17, 300)] int window, [Values(0, 4)] int sinks, [Values] bool elsewhere, [Values(0, 0.3f)] float share)
    {
        AttentionCase whole = MergeCases.Ragged(new AttentionCase { Type = type, Group = group, KeysElsewhere = elsewhere }, 40);
        MergeCases.PartsMakeTheWhole(_device, whole, MergeCases.NearAndDistant(whole, window, sinks, share), DType.F32);
    }

    [Test]
    public void Merge_OfTwoListsIsTheWhole([Values(1, 4)] int group, [Values(2, 50)] int oneIn, [Values(0f, 3f)] float softCap)
    {
        AttentionCase whole = MergeCases.Ragged(new AttentionCase { Group = group, SoftCap = softCap, HeadDim = 40 }, 20);
        MergeCases.PartsMakeTheWhole(_device, whole, MergeCases.TwoLists(whole, oneIn), DType.F32);
    }

    [Test]
    public void Merge_GivesTheSameBitsInAnyBatchAndForAnyNumberOfThreads()
    {
        MergeCases.Parts all = MergeCases.Parts.Random(500, 6, 64);
        float[] expected = MergeCases.Run(_device, all).Output;
        foreach (int threads in new[] { 1, 3 })
        {
            using var device = new CpuDevice(threads);
            Assert.That(MergeCases.Run(device, all).Output, Is.EqualTo(expected).Using<float>(SameBits), $"{threads} threads");
            float[] some = MergeCases.Run(device, all.Some(17, 5)).Output;
            Assert.That(some, Is.EqualTo(expected[(17 * 6 * 64)..(22 * 6 * 64)]).Using<float>(SameBits), "some of the tokens");
        }
    }

    [Test]
    public void Merge_OfABrokenPartIsBroken() => MergeCases.KeepsNaN(_device);

    [TestCaseSource(typeof(MergeCases), nameof(MergeCases.WrongOperands))]
    public void Merge_StatesTheRuleThatIsBroken(string broken) => MergeCases.Refuses(_device, broken);

    private static bool SameBits(float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);
}
