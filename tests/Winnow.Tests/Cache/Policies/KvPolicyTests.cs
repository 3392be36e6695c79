using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Every policy against its reference, and what holds for all of them.</summary>
internal sealed class KvPolicyTests
{
    private static IEnumerable<string> Names => PolicyCases.Names;

    [Test]
    public void Evict_KeepsWhatTheReferenceKeeps(
        [ValueSource(nameof(Names))] string name, [Values] PolicyScenario scenario, [Values(12, 20, 33)] int slots)
    {
        using var device = new CpuDevice(1);
        Run(device, name, KvBudget.Slots(slots), scenario, [40, 37, 21], decoded: 24);
    }

    [Test]
    public void Evict_OnTheSimulatorKeepsWhatTheReferenceKeeps([ValueSource(nameof(Names))] string name, [Values(PolicyScenario.Random, PolicyScenario.Repeated)] PolicyScenario scenario)
    {
        using CudaDevice device = TestDevices.Simulator();
        Run(device, name, KvBudget.Slots(18), scenario, [23, 17], decoded: 6);
    }

    [Test]
    public void Evict_WithShareOrBytesKeepsWhatTheReferenceKeeps([ValueSource(nameof(Names))] string name, [Values("0.3", "0.77", "24KiB")] string budget)
    {
        using var device = new CpuDevice(1);
        Run(device, name, KvBudget.Parse(budget), PolicyScenario.Random, [50, 50], decoded: 20);
    }

    [Test]
    public void Evict_OfOneTokenAndBelowTheBudgetKeepsAll([ValueSource(nameof(Names))] string name)
    {
        using var device = new CpuDevice(1);
        using PolicyHarness harness = Run(device, name, KvBudget.Slots(100), PolicyScenario.Random, [1, 40], decoded: 10, dispose: false);
        Assert.That(harness.Cache.Counts(harness.Sequence).ToArray(), Is.All.EqualTo(51));
        Assert.That(harness.Sequence.HasEvicted, Is.False);
    }

    [Test]
    public void Evict_AfterForkLeavesTheForkWhatItHad([ValueSource(nameof(Names))] string name)
    {
        using var device = new CpuDevice(1);
        using PolicyHarness harness = Run(device, name, KvBudget.Slots(16), PolicyScenario.Random, [30], decoded: 3, dispose: false);
        KvSequence fork = harness.Cache.Fork(harness.Sequence);
        IReadOnlyList<IReadOnlyList<SlotView>> held = harness.Read(fork);
        harness.Run([20], 8);
        PolicyReadings.AssertSame(harness.Read(fork), held);
        harness.Cache.Free(harness.Sequence);
        harness.Cache.Free(fork);
        Assert.That(harness.Cache.FreePages, Is.EqualTo(harness.Cache.TotalPages));
    }

    [Test]
    public void Restore_ContinuesAsIfNothingHadHappened([ValueSource(nameof(Names))] string name)
    {
        using var device = new CpuDevice(1);
        using PolicyHarness harness = Run(device, name, KvBudget.Slots(16), PolicyScenario.Random, [30], decoded: 5, dispose: false);
        using var saved = new System.IO.MemoryStream();
        harness.Cache.Save(harness.Sequence, saved);
        IReadOnlyList<IReadOnlyList<SlotView>> held = harness.Read(harness.Sequence);
        harness.Cache.Free(harness.Sequence);
        saved.Position = 0;
        harness.Sequence = harness.Cache.Restore(saved, PolicyCases.Policy(name, KvBudget.Slots(16)))!;
        PolicyReadings.AssertSame(harness.Read(harness.Sequence), held);
        harness.Run([20], 8);
    }

    [Test]
    public void CheckBudget_BelowWhatIsProtectedSaysTheLeast()
    {
        Assert.That(
            () => KvPolicies.Create("snapkv", KvBudget.Slots(31)),
            Throws.ArgumentException.With.Message.Contains("the least is 32"));
    }

    [Test]
    public void Create_OfUnknownNameOrOptionListsTheKnownOnes()
    {
        Assert.That(() => KvPolicies.Create("h20", KvBudget.Slots(31)), Throws.ArgumentException.With.Message.Contains("h2o").And.Message.Contains("snapkv"));
        Assert.That(
            () => KvPolicies.Create("snapkv", KvBudget.Slots(64), new Dictionary<string, string> { ["wndow"] = "3" }),
            Throws.ArgumentException.With.Message.Contains("'wndow'").And.Message.Contains("window, kernel"));
        Assert.That(
            () => KvPolicies.Create("snapkv", KvBudget.Slots(64), new Dictionary<string, string> { ["window"] = "many" }),
            Throws.ArgumentException.With.Message.Contains("'many'"));
    }

    private static PolicyHarness Run(
        ComputeDevice device, string name, KvBudget budget, PolicyScenario scenario, int[] chunks, int decoded, bool dispose = true)
    {
        var harness = new PolicyHarness(device, PolicyCases.Policy(name, budget), PolicyCases.Reference(name), scenario, seed: name.Length + chunks.Sum());
        harness.Run(chunks, decoded);
        if (dispose)
        {
            harness.Dispose();
        }

        return harness;
    }
}
