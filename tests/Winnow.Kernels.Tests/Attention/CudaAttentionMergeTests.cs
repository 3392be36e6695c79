using System.Runtime.InteropServices;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Two attentions of the same queries that become one, by the kernel as it ships.</summary>
public sealed class CudaAttentionMergeTests : CudaAttentionFixture
{
    [Test]
    public void Merge_AgreesWithDoublePrecision([Values(1, 33)] int tokens, [Values(1, 6)] int heads, [Values(8, 24, 128, 256)] int headDim) =>
        MergeCases.Agrees(Device, tokens, heads, headDim);

    // Every mix is a variant to compile: all pairs of settings are taken, and the CPU's tests take all mixes.
    [Test]
    [Pairwise]
    public void Merge_OfNearAndDistantIsTheWhole(
        [Values(DType.F32, DType.BF16)] DType type,
        [Values(1, 4)] int group,
        [Values(1, 17, 300)] int window,
        [Values(0, 4)] int sinks,
        [Values(3, 40)] int tokens,
        [Values] bool elsewhere,
        [Values(0, 0.3f)] float share)
    {
        AttentionCase whole = MergeCases.Ragged(new AttentionCase { Type = type, Group = group, KeysElsewhere = elsewhere }, tokens);
        MergeCases.PartsMakeTheWhole(Device, whole, MergeCases.NearAndDistant(whole, window, sinks, share), type);
    }

    [Test]
    public void Merge_OfTwoListsIsTheWhole([Values(DType.F32, DType.F16)] DType type, [Values(2, 50)] int oneIn)
    {
        AttentionCase whole = MergeCases.Ragged(new AttentionCase { Type = type, Group = 4 }, 20);
        MergeCases.PartsMakeTheWhole(Device, whole, MergeCases.TwoLists(whole, oneIn), type);
    }

    [Test]
    public void Merge_GivesTheSameBitsInAnyBatch()
    {
        MergeCases.Parts all = MergeCases.Parts.Random(40, 6, 64);
        float[] expected = MergeCases.Run(Device, all).Output;
        float[] some = MergeCases.Run(Device, all.Some(17, 5)).Output;
        Assert.That(some, Is.EqualTo(expected[(17 * 6 * 64)..(22 * 6 * 64)]).Using<float>(SameBits));
    }

    [Test]
    public void Merge_HasTheSameBitsUnderEverySchedule() => Schedules.AssertEqualBits(device =>
    {
        (float[] output, float[] sums) = MergeCases.Run(device, MergeCases.Parts.Random(9, 6, 256));
        return [.. MemoryMarshal.AsBytes<float>(output), .. MemoryMarshal.AsBytes<float>(sums)];
    });

    [Test]
    public void Merge_AllocatesNothingOnceWarm()
    {
        using var silent = new SilentDevice();
        using var tensors = new TestTensors(silent.Device);
        Tensor output = tensors.Of(new float[48], 3, 16), other = tensors.Of(new float[48], 3, 16), sums = tensors.Of(new float[6]);
        silent.AssertAllocatesNothing(() => silent.Device.Attention.Merge(output, sums, other, sums, 2), 1);
    }

    [Test]
    public void Merge_OfABrokenPartIsBroken() => MergeCases.KeepsNaN(Device);

    [TestCaseSource(typeof(MergeCases), nameof(MergeCases.WrongOperands))]
    public void Merge_WrongOperandIsRefusedBeforeALaunch(string broken) => SilentDevice.AssertNoLaunch(device => MergeCases.Refuses(device, broken));

    [Test]
    public void Merge_OfMisalignedOutputsSaysSo() => SilentDevice.AssertNoLaunch(device =>
    {
        using var tensors = new TestTensors(device);
        Tensor output = tensors.Of(new float[9], 9, 1).Rows(1, 8).Reshape(new Shape(1, 8)), sums = tensors.Of(new float[1]);
        Assert.That(() => device.Attention.Merge(output, sums, output, sums, 1), Throws.ArgumentException.With.Message.Contains("16 bytes"));
    });

    [Test]
    public void Merge_OfNoTokensLaunchesNothing() => SilentDevice.AssertNoLaunch(device =>
    {
        using var tensors = new TestTensors(device);
        Tensor none = tensors.Of(new float[8], 1, 8).Rows(0, 0), sums = tensors.Of(new float[1]).Rows(0, 0);
        device.Attention.Merge(none, sums, none, sums, 1);
    });
}
