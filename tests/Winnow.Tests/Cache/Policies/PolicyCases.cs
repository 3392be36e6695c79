using System;
using System.Collections.Generic;
using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Every policy with small numbers and its reference.</summary>
internal static class PolicyCases
{
    private static readonly int[] Separators = [7, 21, 35, 49];

    /// <summary>The names, for tests' parameters.</summary>
    public static IEnumerable<string> Names => Cases.Keys;

    private static readonly Dictionary<string, (Func<KvBudget, KvPolicy> Policy, Func<IPolicyReference> Reference)> Cases = new()
    {
        ["window"] = (budget => new WindowPolicy(budget), () => new WindowReference()),
        ["streamingllm"] = (budget => new StreamingLlmPolicy(budget), () => new StreamingLlmReference(4)),
        ["streamingllm original"] = (budget => new StreamingLlmPolicy(budget, sinks: 2, relative: false), () => new StreamingLlmReference(2)),
        ["random"] = (budget => new RandomPolicy(budget), () => new RandomReference(1)),
        ["sepllm"] = (budget => new SepLlmPolicy(budget, sinks: 3, ids: Separators), () => new SepLlmReference(3, 0.25, 0, [.. Separators])),
        ["sepllm streaming"] = (
            budget => new SepLlmPolicy(budget, sinks: 2, streaming: true, ids: Separators), () => new SepLlmReference(2, 0.25, 0.2f, [.. Separators])),
        ["h2o"] = (budget => new H2oPolicy(budget), () => new H2oReference()),
        ["tova"] = (budget => new TovaPolicy(budget), () => new TovaReference()),
        ["snapkv"] = (budget => new SnapKvPolicy(budget, window: 4), () => new SnapKvReference(4, 5, max: false)),
        ["snapkv max"] = (budget => new SnapKvPolicy(budget, window: 3, kernel: 7, max: true), () => new SnapKvReference(3, 7, max: true)),
        ["lazyeviction"] = (budget => new LazyEvictionPolicy(budget, window: 5, alpha: 0.04f), () => new LazyEvictionReference(5, 0.04)),
        ["scissorhands"] = (budget => new ScissorhandsPolicy(budget, history: 9, recent: 3), () => new ScissorhandsReference(9, 3)),
        ["scissorhands counts"] = (budget => new ScissorhandsPolicy(budget, recent: 3, threshold: 0.04f), () => new MissesReference(3)),
        ["nats"] = (budget => new NatsPolicy(budget, NatsFile, window: 6, local: 14, sinks: 2, interval: 3), () => new NatsReference(6, 14, 2)),
        ["pyramidkv"] = (budget => new PyramidKvPolicy(SnapKv(budget), beta: 4), () => new PyramidReference(4, 4, new SnapKvReference(4, 5, max: false))),
        ["adakv"] = (budget => new AdaKvPolicy(SnapKv(budget)), () => new AdaReference(4, 0.2f, new SnapKvReference(4, 5, max: false))),
        ["pyramidkv+adakv"] = (
            budget => new PyramidKvPolicy(new AdaKvPolicy(SnapKv(budget), floor: 0.5f), beta: 4),
            () => new AdaReference(4, 0.5, new PyramidReference(4, 4, new SnapKvReference(4, 5, max: false)))),
        ["chunkkv"] = (budget => new ChunkKvPolicy(SnapKv(budget), chunk: 6), () => new ChunkReference(6, 4, new SnapKvReference(4, 5, max: false))),
        ["vatp"] = (budget => new VatpPolicy(new H2oPolicy(budget), sinks: 3), () => new VatpReference(3, view => view.Slots / 2, new H2oReference())),
        ["keydiff"] = (budget => new KeyDiffPolicy(budget, block: 5), () => new KeyDiffReference()),
        ["lagkv"] = (budget => new LagKvPolicy(budget, sinks: 2, lag: 5), () => new LagKvReference(2, 5)),
        ["criticalkv"] = (
            budget => new CriticalKvPolicy(new SnapKvPolicy(budget, window: 4, kernel: 1)),

            // Which slots the first stage takes must not depend on the order of sums, hence no pooling.
            () => new CriticalReference(0.5, 1e-4, _ => 4, new SnapKvReference(4, 1, max: false))),
        ["criticalkv+h2o"] = (
            budget => new CriticalKvPolicy(new H2oPolicy(budget), share: 0.75f, epsilon: 0), () => new CriticalReference(0.75, 0, view => view.Slots / 2, new H2oReference())),
        ["trams"] = (budget => new TramsPolicy(budget, recent: 0.25f), () => new TramsReference(0.25)),
        ["expectedattention"] = (
            budget => new ExpectedAttentionPolicy(budget, sinks: 3, future: 16, epsilon: 0.01f), () => new ExpectedAttentionReference(3, 16, 0.01)),
    };

    /// <summary>The policy of a case.</summary>
    public static KvPolicy Policy(string name, KvBudget budget) => Cases[name].Policy(budget);

    /// <summary>A new reference of a case.</summary>
    public static IPolicyReference Reference(string name) => Cases[name].Reference();

    private static string NatsFile => NatsWeightFile.PathFor(PolicyHarness.Layers, PolicyHarness.KvHeads, PolicyHarness.Hidden);

    private static SnapKvPolicy SnapKv(KvBudget budget) => new(budget, window: 4);
}
