using NUnit.Framework;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Tests.Cache;

/// <summary>The order of warps decides nothing, and what each run leaves behind is right.</summary>
public sealed class CudaCacheScheduleTests
{
    private static readonly DType[] Types = [DType.F32, DType.F16, DType.BF16];

    [Test]
    public void Append_HasTheSameBitsUnderEverySchedule([ValueSource(nameof(Types))] DType type) =>
        Schedules.AssertEqualBits(device => CacheCases.AppendSeveral(device, type, mostTokens: 4));

    [Test]
    public void Append_WithNormsHasTheSameBitsUnderEverySchedule() =>
        Schedules.AssertEqualBits(device => CacheCases.AppendWithNorms(device, DType.BF16, headDim: 128));

    [Test]
    public void AppendRotated_HasTheSameBitsUnderEverySchedule()
    {
        var rotated = new RotatedCase(DType.BF16, RopeLayout.Interleaved, 64, 48, normed: true);
        Schedules.AssertEqualBits(rotated.Bytes);
    }

    [Test]
    public void Compact_HasTheSameBitsUnderEverySchedule([Values] bool asList) =>
        Schedules.AssertEqualBits(device => CacheCases.Compact(device, DType.F16, count: 53, pattern: 4, headDim: 24, asList));

    [Test]
    public void Compact_OfManyHeadsHasTheSameBitsUnderEverySchedule([ValueSource(nameof(Types))] DType type) =>
        Schedules.AssertEqualBits(device => CacheCases.CompactMany(device, type));

    [Test]
    public void KeepAccepted_HasTheSameBitsUnderEverySchedule([ValueSource(nameof(Types))] DType type) =>
        Schedules.AssertEqualBits(device => CacheCases.KeepAccepted(device, type));

    [Test]
    public void CopyPages_HasTheSameBitsUnderEverySchedule([ValueSource(nameof(Types))] DType type) =>
        Schedules.AssertEqualBits(device => CacheCases.CopyPages(device, type, headDim: 24));
}
