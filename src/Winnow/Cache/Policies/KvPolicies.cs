using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Cache.Policies;

/// <summary>The policies by name.</summary>
public static class KvPolicies
{
    private static readonly Entry[] Entries =
    [
        new(NonePolicy.Description, (_, _, _) => new NonePolicy()),
        new(WindowPolicy.Description, (budget, _, _) => new WindowPolicy(budget)),
        new(StreamingLlmPolicy.Description, (budget, o, _) => new StreamingLlmPolicy(budget, o.Int("sinks"), o.Bool("relative"), o.Int("interval"))),
        new(RandomPolicy.Description, (budget, o, _) => new RandomPolicy(budget, o.Int("seed"))),
        new(SepLlmPolicy.Description, (budget, o, _) => new SepLlmPolicy(budget, o.Int("sinks"), o.Float("separators"), o.Bool("streaming"), o.Float("slack"), o.Ints("ids"))),
        new(H2oPolicy.Description, (budget, o, _) => new H2oPolicy(budget, o.Float("recent"))),
        new(TovaPolicy.Description, (budget, _, _) => new TovaPolicy(budget)),
        new(SnapKvPolicy.Description, (budget, o, _) => new SnapKvPolicy(budget, o.Int("window"), o.Int("kernel"), o.Bool("max"))),
        new(LazyEvictionPolicy.Description, (budget, o, _) => new LazyEvictionPolicy(budget, o.Int("window"), o.Float("alpha"))),
        new(ScissorhandsPolicy.Description, (budget, o, _) => new ScissorhandsPolicy(budget, o.Int("history"), o.Int("recent"), o.Float("threshold"))),
        new(TidalDecodePolicy.Description, (budget, o, _) => new TidalDecodePolicy(budget, o.Int("start"), o.Int("correction"))),
        new(AttentionPredictorPolicy.Description, (budget, o, _) => new AttentionPredictorPolicy(
            budget, o.Text("weights") ?? "", o.Int("sinks"), o.Int("local"), o.Int("calibration"), o.Int("dense"))),
        new(PodPolicy.Description, (budget, o, _) => new PodPolicy(budget, o.Int("sinks"), o.Int("group"), o.Ints("starts"))),
        new(KeyDiffPolicy.Description, (budget, o, _) => new KeyDiffPolicy(budget, o.Int("block"))),
        new(LagKvPolicy.Description, (budget, o, _) => new LagKvPolicy(budget, o.Int("sinks"), o.Int("lag"))),
        new(TramsPolicy.Description, (budget, o, _) => new TramsPolicy(budget, o.Float("recent"))),
        new(ExpectedAttentionPolicy.Description, (budget, o, _) => new ExpectedAttentionPolicy(budget, o.Int("sinks"), o.Int("future"), o.Float("epsilon"))),
        new(NatsPolicy.Description, (budget, o, _) => new NatsPolicy(
            budget, o.Text("weights") ?? "", o.Int("window"), o.Int("local"), o.Int("sinks"), o.Int("interval"))),
        new(PyramidKvPolicy.Description, (_, o, inner) => new PyramidKvPolicy(inner!, o.Float("beta")), "snapkv"),
        new(AdaKvPolicy.Description, (_, o, inner) => new AdaKvPolicy(inner!, o.Float("floor")), "snapkv"),
        new(ChunkKvPolicy.Description, (_, o, inner) => new ChunkKvPolicy(inner!, o.Int("chunk")), "snapkv"),
        new(VatpPolicy.Description, (_, o, inner) => new VatpPolicy(inner!, o.Int("sinks")), "h2o"),
        new(CriticalKvPolicy.Description, (_, o, inner) => new CriticalKvPolicy(inner!, o.Float("share"), o.Float("epsilon")), "snapkv"),
    ];

    /// <summary>All of them, in the order of lists.</summary>
    public static IReadOnlyList<KvPolicyInfo> All { get; } = [.. Entries.Select(entry => entry.Info)];

    /// <summary>
    /// Makes a policy by name. Several names with + between them make one of several stages, the outermost first and what scores last:
    /// <c>pyramidkv+adakv+snapkv</c>.
    /// </summary>
    /// <param name="name">The name, as in <see cref="All"/>.</param>
    /// <param name="budget">How much it keeps, or reads in a step.</param>
    /// <param name="options">Options by name; where there are several names, each goes to the policies that have it. Null means defaults.</param>
    /// <exception cref="ArgumentException">The name, an option or the budget is not possible; the message says what is.</exception>
    public static CachePolicy Create(string name, KvBudget budget, IReadOnlyDictionary<string, string>? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        IReadOnlyDictionary<string, string> given = options ?? new Dictionary<string, string>();
        List<Entry> stages = StagesOf(name);
        CheckOptions(stages, given);
        CachePolicy? policy = null;
        for (int i = stages.Count - 1; i >= 0; i--)
        {
            if (policy is not null && stages[i].Usual is null)
            {
                throw new ArgumentException(
                    $"'{stages[i].Info.Name}' takes no policy behind it; only {string.Join(", ", Entries.Where(entry => entry.Usual is not null).Select(entry => entry.Info.Name))} do.");
            }

            var own = given.Where(option => stages[i].Info.Options.Any(known => known.Name == option.Key)).ToDictionary();
            policy = stages[i].Create(budget, new KvPolicyArguments(stages[i].Info, own), policy as KvPolicy);
        }

        policy!.CheckBudget();
        return policy;
    }

    /// <summary>The options that a name takes: those of all its stages, the usual ones that it does not spell out included.</summary>
    /// <param name="name">The name, as for <see cref="Create"/>.</param>
    /// <exception cref="ArgumentException">There is no such policy; the message says what there is.</exception>
    public static IReadOnlyList<KvPolicyOption> OptionsOf(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return [.. StagesOf(name).SelectMany(stage => stage.Info.Options).DistinctBy(option => option.Name)];
    }

    private static List<Entry> StagesOf(string name)
    {
        List<Entry> stages = [.. name.Split('+', StringSplitOptions.TrimEntries).Select(Find)];
        while (stages[^1].Usual is string usual)
        {
            stages.Add(Find(usual));
        }

        return stages;
    }

    private static void CheckOptions(List<Entry> stages, IReadOnlyDictionary<string, string> given)
    {
        foreach (string option in given.Keys)
        {
            if (!stages.Any(stage => stage.Info.Options.Any(known => known.Name == option)))
            {
                string[] known = [.. stages.SelectMany(stage => stage.Info.Options).Select(each => each.Name).Distinct()];
                string has = known.Length == 0 ? "it has none" : "it has " + string.Join(", ", known);
                throw new ArgumentException($"The policy {string.Join('+', stages.Select(stage => stage.Info.Name))} has no option '{option}'; {has}.");
            }
        }
    }

    private static Entry Find(string name) => Entries.FirstOrDefault(entry => entry.Info.Name == name) ?? throw new ArgumentException(
        $"There is no policy '{name}'; there are {string.Join(", ", Entries.Select(entry => entry.Info.Name))}.");

    // Usual: what it wraps where nothing else is named; null where it wraps nothing.
    private sealed record Entry(KvPolicyInfo Info, Func<KvBudget, KvPolicyArguments, KvPolicy?, CachePolicy> Create, string? Usual = null);
}
