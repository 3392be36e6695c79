using System;
using System.Collections.Generic;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using NUnit.Framework.Internal;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;

namespace Winnow.Tests.Cache.Policies;

/// <summary>
/// What holds for every policy that evicts, whatever its options, its budget and the text: drawn from the registry, so that a new policy is among them. A failure says what it has
/// been made as simple as, and <see cref="PolicyRun"/> says the rest.
/// </summary>
internal sealed class KvPolicyProperties
{
    [Test]
    public void Evict_OfAnyPolicyKeepsItsRules()
    {
        using var device = new CpuDevice(1);
        Check(250, run => KeepsItsRules(device, run));
    }

    [Test]
    public void Evict_OfAnyPolicyOnTheSimulatorKeepsItsRules()
    {
        using CudaDevice device = TestDevices.Simulator();
        Check(6, run => KeepsItsRules(device, run with { Chunks = [Math.Min(run.Chunks[0], 40)], Decoded = Math.Min(run.Decoded, 3) }));
    }

    [Test]
    public void Evict_WithinTheBudgetIsNoPolicyBitForBit()
    {
        using var device = new CpuDevice(1);
        Check(120, run =>
        {
            KvBudget budget = run.Unit switch
            {
                0 => KvBudget.Slots(Math.Max(run.Policy(KvBudget.Everything).LeastSlots, run.Length) + (run.Amount / 30)),
                1 => KvBudget.Ratio(1),
                _ => KvBudget.Everything,
            };
            KvPolicy policy = run.Policy(budget);

            // Where positions change, the harness draws values of its own to tell slots apart.
            PolicyScenario scenario = policy.Positions == KvPositions.Original ? run.Scenario : PolicyScenario.Random;
            (List<float[]> outputs, List<float[]> expected) = ([], []);
            using PolicyHarness harness = run.Harness(device, policy, scenario), none = run.Harness(device, new NonePolicy(), scenario);
            (harness.Outputs, none.Outputs) = (outputs, expected);
            harness.Run(run.Chunks, run.Decoded);
            none.Run(run.Chunks, run.Decoded);
            Assert.That(harness.Sequence.HasEvicted, Is.False);
            PolicyReadings.AssertSame(harness.Read(harness.Sequence), none.Read(none.Sequence));
            Assert.That(outputs, Is.EqualTo(expected), "attention");
        });
    }

    private static void KeepsItsRules(ComputeDevice device, PolicyRun run)
    {
        KvPolicy policy = run.Policy(run.Budget);
        using PolicyHarness harness = run.Harness(device, policy, run.Scenario);

        // The harness itself holds after each step that order, bits, what is protected and pages are as they should be.
        harness.AfterStep = (view, after) =>
        {
            PolicyCounts.Follow(policy, view, after);
            Assert.That(harness.Cache.FreePages, Is.EqualTo(harness.Cache.TotalPages - harness.Cache.PagesOf(harness.Sequence)), "pages are free or held");
        };
        harness.Run(run.Chunks, run.Decoded);
        harness.Cache.Free(harness.Sequence);
        Assert.That(harness.Cache.FreePages, Is.EqualTo(harness.Cache.TotalPages), "all pages come back");
    }

    // What fails on the way to the simplest run is no failure of its own.
    private static void Check(int cases, Action<PolicyRun> property) => Prop.ForAll(Arb.From(PolicyRun.Any, run => run.Simpler()), run =>
    {
        using var isolated = new TestExecutionContext.IsolatedContext();
        property(run);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(cases).WithReplay(1, 3));
}
