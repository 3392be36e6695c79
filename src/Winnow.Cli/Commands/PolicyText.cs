using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;

namespace Winnow.Cli.Commands;

/// <summary>Policies, budgets and options as they are written on the command line; what cannot be is a wrong command line.</summary>
internal static class PolicyText
{
    /// <summary>The option for options of policies.</summary>
    public static Option<string[]> CreateOption()
    {
        Option<string[]> option = new("--kv-option")
        {
            Description = "An option of a policy, as name=value; may be given several times. 'winnow policies' lists them.",
            HelpName = "name=value",
        };
        option.Validators.Add(result =>
        {
            foreach (Token token in result.Tokens.Where(token => token.Value.IndexOf('=', StringComparison.Ordinal) < 1))
            {
                result.AddError($"--kv-option must be given as name=value, not '{token.Value}'.");
            }
        });
        return option;
    }

    /// <summary>Options by name; of several with one name the last counts.</summary>
    public static Dictionary<string, string> Options(string[]? texts)
    {
        Dictionary<string, string> options = [];
        foreach (string[] parts in (texts ?? []).Select(text => text.Split('=', 2)))
        {
            options[parts[0]] = parts[1];
        }

        return options;
    }

    /// <summary>A budget.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public static KvBudget Budget(string text)
    {
        try
        {
            return KvBudget.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    /// <summary>A policy.</summary>
    /// <exception cref="UsageException">The name, an option or the budget is not possible.</exception>
    public static CachePolicy Create(string name, KvBudget budget, IReadOnlyDictionary<string, string> options) =>
        Checked(() => KvPolicies.Create(name, budget, options));

    /// <summary>The names of the options that a policy takes.</summary>
    /// <exception cref="UsageException">There is no such policy.</exception>
    public static string[] OptionsOf(string name) => Checked(() => KvPolicies.OptionsOf(name).Select(option => option.Name).ToArray());

    /// <summary>The options of an engine whose sequences are all under a policy.</summary>
    public static EngineOptions With(this EngineOptions options, CachePolicy? policy) => policy switch
    {
        null => options,
        KvPolicy evicting => options with { KvPolicy = evicting },
        SparseReadPolicy sparse => options with { SparseRead = sparse },
        _ => throw new UsageException($"the policy {policy.Info.Name} cannot be used by an engine."),
    };

    private static T Checked<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(Failures.WithoutParameter(exception));
        }
    }
}
