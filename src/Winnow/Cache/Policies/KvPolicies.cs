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
        new(H2oPolicy.Description, (budget, o, _) => new H2oPolicy(budget, o.Float("recent"))),
        new(TovaPolicy.Description, (budget, _, _) => new TovaPolicy(budget)),
        new(SnapKvPolicy.Description, (budget, o, _) => new SnapKvPolicy(budget, o.Int("window"), o.Int("kernel"), o.Bool("max"))),
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
        Entry[] stages = [.. name.Split('+', StringSplitOptions.TrimEntries).Select(Find)];
        CheckOptions(stages, given);
        CachePolicy? policy = null;
        for (int i = stages.Length - 1; i >= 0; i--)
        {
            if (policy is not null && !stages[i].Wraps)
            {
                throw new ArgumentException(
                    $"'{stages[i].Info.Name}' takes no policy behind it; only {string.Join(", ", Entries.Where(entry => entry.Wraps).Select(entry => entry.Info.Name))} do.");
            }

            var own = given.Where(option => stages[i].Info.Options.Any(known => known.Name == option.Key)).ToDictionary();
            policy = stages[i].Create(budget, new KvPolicyArguments(stages[i].Info, own), policy as KvPolicy);
        }

        policy!.CheckBudget();
        return policy;
    }

    private static void CheckOptions(Entry[] stages, IReadOnlyDictionary<string, string> given)
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

    // Wraps: it changes one stage of another policy, the last argument; null there is its usual one.
    private sealed record Entry(KvPolicyInfo Info, Func<KvBudget, KvPolicyArguments, KvPolicy?, CachePolicy> Create, bool Wraps = false);
}
