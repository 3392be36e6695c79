using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;

namespace Winnow.Tests.Cache.Policies;

/// <summary>The columns of the output matrix, in whatever type they are stored.</summary>
internal sealed class CriticalKvTests
{
    [Test]
    public void Score_WithAnOutputMatrixOfAnyTypeKeepsWhatTheReferenceKeeps([Values(DType.F16, DType.BF16, DType.Q8_0)] DType type)
    {
        using var device = new CpuDevice(1);
        var policy = new CriticalKvPolicy(new SnapKvPolicy(KvBudget.Slots(16), window: 4), share: 0.25f);
        var reference = new CriticalReference(0.25, 1e-4, _ => 4, new SnapKvReference(4, 5, max: false));
        using var harness = new PolicyHarness(device, policy, reference, weights: PolicyWeights.Upload(device, type));

        harness.Run([40, 30], decoded: 3);

        Assert.That(harness.Cache.Counts(harness.Sequence).ToArray(), Is.All.EqualTo(19));
    }

    [Test]
    public void Evict_UnderAPyramidGivesEachLayerItsFirstStage()
    {
        using var device = new CpuDevice(1);
        KvPolicy inner = new CriticalKvPolicy(new SnapKvPolicy(KvBudget.Slots(16), window: 4, kernel: 1), share: 1);
        var reference = new PyramidReference(4, 4, new SnapKvReference(4, 1, max: false));
        using var harness = new PolicyHarness(device, new PyramidKvPolicy(inner, beta: 4), reference);

        harness.Run([40, 30], decoded: 3);

        Assert.That(harness.Cache.Counts(harness.Sequence).ToArray(), Is.EqualTo(new[] { 28, 28, 10, 10 }));
    }

    [Test]
    public void Constructor_WithAShareAboveOneSaysWhatIsPossible() =>
        Assert.That(
            () => new CriticalKvPolicy(new SnapKvPolicy(KvBudget.Slots(40)), share: 1.5f),
            Throws.InstanceOf<System.ArgumentOutOfRangeException>().With.Message.Contains("0 to 1"));
}
