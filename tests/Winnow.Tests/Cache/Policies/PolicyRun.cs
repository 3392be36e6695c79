using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Kernels;

namespace Winnow.Tests.Cache.Policies;

/// <summary>A policy of the registry with options and a budget, and a text that it is to deal with; drawn at random, and made simpler where it fails.</summary>
internal sealed record PolicyRun
{
    private const int MostOptionValues = 60;

    // What options are drawn from, by policy. One that is not named here has its defaults.
    private static readonly Dictionary<string, Dictionary<string, string[]>> Values = new()
    {
        ["streamingllm"] = new() { ["sinks"] = ["0", "1", "9"], ["relative"] = ["false"], ["interval"] = ["1", "3"] },
        ["random"] = new() { ["seed"] = ["2", "77"] },
        ["sepllm"] = new() { ["sinks"] = ["0", "1", "9"], ["separators"] = ["0", "0.6"], ["streaming"] = ["true"], ["slack"] = ["0", "0.3"] },
        ["h2o"] = new() { ["recent"] = ["0", "0.9"] },
        ["snapkv"] = new() { ["window"] = ["1", "4"], ["kernel"] = ["1", "7"], ["max"] = ["true"] },
        ["lazyeviction"] = new() { ["window"] = ["1", "5"], ["alpha"] = ["0.04"] },
        ["scissorhands"] = new() { ["history"] = ["1", "9"], ["recent"] = ["0", "3"], ["threshold"] = ["0.04"] },
        ["keydiff"] = new() { ["block"] = ["1", "5"] },
        ["lagkv"] = new() { ["sinks"] = ["0", "9"], ["lag"] = ["1", "5"] },
        ["trams"] = new() { ["recent"] = ["0", "0.25"] },
        ["expectedattention"] = new() { ["sinks"] = ["0", "9"], ["future"] = ["1", "16"], ["epsilon"] = ["0.01"] },
        ["nats"] = new() { ["window"] = ["1", "6"], ["local"] = ["1", "14"], ["sinks"] = ["0", "9"], ["interval"] = ["1", "3"] },
        ["pyramidkv"] = new() { ["beta"] = ["1", "4"] },
        ["adakv"] = new() { ["floor"] = ["0", "1"] },
        ["chunkkv"] = new() { ["chunk"] = ["1", "6"] },
        ["vatp"] = new() { ["sinks"] = ["0", "3"] },
        ["criticalkv"] = new() { ["share"] = ["0", "1"], ["epsilon"] = ["0"] },
    };

    private static readonly string[] Names = [.. KvPolicies.All.Where(info => !info.ReadsSparsely && info.Name != "none").Select(info => info.Name)];
    private static readonly string[] Wrappers = [.. Names.Where(name => Make(name, KvBudget.Everything, new Dictionary<string, string>()) is WrappingPolicy)];
    private static readonly string[] Scorers = [.. Names.Except(Wrappers).Where(name => Make(name, KvBudget.Everything, new Dictionary<string, string>()) is not (PositionPolicy or NatsPolicy))];

    private static readonly Gen<string> AnyName =
        from single in Gen.Elements(Names.Except(Wrappers).ToArray())
        from outer in Gen.Shuffle(Wrappers)
        from scorer in Gen.Elements(Scorers)
        from wrappers in Gen.Frequency((3, Gen.Constant(0)), (3, Gen.Constant(1)), (1, Gen.Constant(2)))
        select wrappers == 0 ? single : string.Join('+', [.. outer.Take(wrappers), scorer]);

    /// <summary>All that can be drawn.</summary>
    public static Gen<PolicyRun> Any { get; } =
        from name in AnyName
        from choices in Gen.Choose(0, MostOptionValues - 1).ArrayOf(12)
        from unit in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Constant(1)), (1, Gen.Constant(2)))
        from amount in Gen.Choose(0, 59)
        from scenario in Gen.Elements(Enum.GetValues<PolicyScenario>())
        from chunks in Gen.Choose(1, 48).NonEmptyListOf()
        from decoded in Gen.Choose(0, 14)
        from seed in Gen.Choose(0, 9999)
        select new PolicyRun
        {
            Name = name,
            Options = Choose(name, choices),
            Unit = unit,
            Amount = amount,
            Scenario = scenario,
            Chunks = [.. chunks.Take(4)],
            Decoded = decoded,
            Seed = seed,
        };

    public required string Name { get; init; }

    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>Slots above the least, a share in 60ths, or KiB.</summary>
    public required int Unit { get; init; }

    public required int Amount { get; init; }

    public required PolicyScenario Scenario { get; init; }

    public required IReadOnlyList<int> Chunks { get; init; }

    public required int Decoded { get; init; }

    public required int Seed { get; init; }

    public int Length => Chunks.Sum() + Decoded;

    public KvBudget Budget => Unit switch
    {
        0 => KvBudget.Slots(Policy(KvBudget.Everything).LeastSlots + Amount),
        1 => KvBudget.Ratio((Amount + 1) / 60.0),
        _ => KvBudget.Bytes((Amount + 1) << 10),
    };

    public KvPolicy Policy(KvBudget budget) => Make(Name, budget, Options);

    /// <summary>A cache and a sequence under the policy, ready to run.</summary>
    public PolicyHarness Harness(ComputeDevice device, KvPolicy policy, PolicyScenario scenario) => new(device, policy, scenario: scenario, seed: Seed);

    /// <summary>Runs that are simpler by one step, the simplest first.</summary>
    public IEnumerable<PolicyRun> Simpler()
    {
        for (int i = 0; i < Chunks.Count && Chunks.Count > 1; i++)
        {
            yield return this with { Chunks = [.. Chunks.Where((_, at) => at != i)] };
        }

        foreach (int decoded in new[] { 0, Decoded / 2, Decoded - 1 }.Where(decoded => decoded >= 0 && decoded < Decoded).Distinct())
        {
            yield return this with { Decoded = decoded };
        }

        foreach (string option in Options.Keys)
        {
            yield return this with { Options = Options.Where(pair => pair.Key != option).ToDictionary() };
        }

        if (Name.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0)
        {
            string inner = Name[(plus + 1)..];
            yield return this with { Name = inner, Options = Options.Where(pair => KvPolicies.OptionsOf(inner).Any(known => known.Name == pair.Key)).ToDictionary() };
        }

        for (int i = 0; i < Chunks.Count; i++)
        {
            foreach (int chunk in new[] { Chunks[i] / 2, Chunks[i] - 1 }.Where(chunk => chunk > 0).Distinct())
            {
                yield return this with { Chunks = [.. Chunks.Select((size, at) => at == i ? chunk : size)] };
            }
        }

        if (Scenario != PolicyScenario.Random)
        {
            yield return this with { Scenario = PolicyScenario.Random };
        }
    }

    public override string ToString() =>
        $"{Name} {Budget} [{string.Join(", ", Options.Select(pair => $"{pair.Key}={pair.Value}"))}], {Scenario}, chunks {string.Join(' ', Chunks)}, {Decoded} decoded, seed {Seed}";

    private static KvPolicy Make(string name, KvBudget budget, IReadOnlyDictionary<string, string> options)
    {
        var all = options.ToDictionary();
        if (name == "nats")
        {
            all["weights"] = NatsWeightFile.PathFor(PolicyHarness.Layers, PolicyHarness.KvHeads, PolicyHarness.Hidden);
        }

        if (name == "sepllm")
        {
            all["ids"] = "7/21/35/49";
        }

        return (KvPolicy)KvPolicies.Create(name, budget, all);
    }

    // Every second option or so is given. Of stages that share an option each takes it, so the innermost one draws it.
    private static Dictionary<string, string> Choose(string name, int[] choices)
    {
        Dictionary<string, string> options = [];
        int next = 0;
        foreach (string stage in name.Split('+'))
        {
            foreach ((string option, string[] values) in Values.GetValueOrDefault(stage, []))
            {
                int choice = choices[next++ % choices.Length];
                if (choice % (2 * values.Length) < values.Length)
                {
                    options[option] = values[choice % values.Length];
                }
            }
        }

        return options;
    }
}
