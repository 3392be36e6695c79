using System;
using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Native;

/// <summary>The policies of the KV cache as options.</summary>
internal static class PolicyTexts
{
    public static readonly string[] Keys = ["name", "budget", "options"];

    /// <summary>Reads a policy such as <c>{"name": "h2o", "budget": 0.25, "options": {"recent": 0.5}}</c>; null where there is none.</summary>
    /// <exception cref="ArgumentException">The name, an option or the budget is not possible; the message is that of C#.</exception>
    public static CachePolicy? Read(JsonOptions? read)
    {
        if (read is null)
        {
            return null;
        }

        string name = read.Text("name") ?? throw new ArgumentException($"The option '{read.Name}' needs a name; winnow_kv_policies lists them.");
        string? budget = read.Written("budget");
        if (budget is null && name != NonePolicy.Description.Name)
        {
            throw new ArgumentException(
                $"The option '{read.Name}' needs a budget for the policy {name}: slots of a head (256), a share of the tokens (0.25), bytes (\"64MiB\"), or \"all\".");
        }

        return KvPolicies.Create(name, budget is null ? KvBudget.Everything : Budget(budget), read.Values("options"));
    }

    /// <summary>Reads a policy that sequences may have each for themselves.</summary>
    /// <exception cref="ArgumentException">As above, or it chooses what a step reads.</exception>
    public static KvPolicy? ReadEvicting(JsonOptions? read) => Read(read) switch
    {
        null => null,
        KvPolicy evicting => evicting,
        CachePolicy sparse => throw new ArgumentException(
            $"{sparse.Info.Name} chooses what a step reads, which is the engine's for all of its sequences: give it as kv_policy to winnow_engine_load."),
    };

    private static KvBudget Budget(string text)
    {
        try
        {
            return KvBudget.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new ArgumentException(exception.Message);
        }
    }
}
