using System;
using System.Collections.Generic;
using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Every policy with small numbers and its reference.</summary>
internal static class PolicyCases
{
    /// <summary>The names, for tests' parameters.</summary>
    public static IEnumerable<string> Names => Cases.Keys;

    private static readonly Dictionary<string, (Func<KvBudget, KvPolicy> Policy, Func<IPolicyReference> Reference)> Cases = new()
    {
        ["window"] = (budget => new WindowPolicy(budget), () => new WindowReference()),
        ["h2o"] = (budget => new H2oPolicy(budget), () => new H2oReference()),
        ["tova"] = (budget => new TovaPolicy(budget), () => new TovaReference()),
        ["snapkv"] = (budget => new SnapKvPolicy(budget, window: 4), () => new SnapKvReference(4, 5, max: false)),
        ["snapkv max"] = (budget => new SnapKvPolicy(budget, window: 3, kernel: 7, max: true), () => new SnapKvReference(3, 7, max: true)),
    };

    /// <summary>The policy of a case.</summary>
    public static KvPolicy Policy(string name, KvBudget budget) => Cases[name].Policy(budget);

    /// <summary>A new reference of a case.</summary>
    public static IPolicyReference Reference(string name) => Cases[name].Reference();
}
