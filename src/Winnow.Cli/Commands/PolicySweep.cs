using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary>The options that say which policies are measured with which budgets.</summary>
internal sealed class PolicySweep
{
    private const string All = "all";

    private readonly Option<string> _policies = new("--policy", "--kv-policy")
    {
        Description = "The policies, with commas between them, or all, which leaves out those that a budget or an option is missing for. Default: all.",
        HelpName = "a,b,...",
        DefaultValueFactory = _ => All,
    };

    private readonly Option<string> _budgets;
    private readonly Option<string[]> _options = PolicyText.CreateOption();

    /// <param name="usualBudgets">The budgets where none are given.</param>
    public PolicySweep(string usualBudgets) => _budgets = new Option<string>("--budget", "--kv-budget")
    {
        Description = "The budgets, with commas between them: a share of the tokens that is kept (0.25), slots of a head (256), bytes (64MiB), or 1 for the "
            + $"full cache, which is measured once. Default: {usualBudgets}.",
        HelpName = "x,y,...",
        DefaultValueFactory = _ => usualBudgets,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_policies);
        command.Options.Add(_budgets);
        command.Options.Add(_options);
    }

    /// <summary>What is to be measured: the full cache first, if at all, then policy by policy.</summary>
    /// <exception cref="UsageException">A policy, a budget or an option is not possible.</exception>
    public IReadOnlyList<PolicyRun> Read(ParseResult parsed, CliHost host)
    {
        string[] names = [.. Parts(parsed.GetValue(_policies)!, "--policy")];
        KvBudget[] budgets = [.. Parts(parsed.GetValue(_budgets)!, "--budget").Select(BudgetOf).Distinct()];
        bool isAll = names.Contains(All);
        names = isAll ? [.. KvPolicies.All.Select(policy => policy.Name)] : names;
        Dictionary<string, string> options = PolicyText.Options(parsed.GetValue(_options));
        CheckOptions(names, options);
        List<PolicyRun> runs = [];
        if (names.Contains(PolicyRun.Full.Name) || budgets.Any(budget => budget.IsEverything))
        {
            runs.Add(PolicyRun.Full);
        }

        foreach (string name in names.Where(name => name != PolicyRun.Full.Name))
        {
            runs.AddRange(RunsOf(name, [.. budgets.Where(budget => !budget.IsEverything)], options, isAll ? host : null));
        }

        return runs;
    }

    // Of many policies some need what others do not, such as a file of weights: with a host they are left out, and it is told.
    private static List<PolicyRun> RunsOf(string name, KvBudget[] budgets, Dictionary<string, string> options, CliHost? host)
    {
        Dictionary<string, string> own = options.Where(option => PolicyText.OptionsOf(name).Contains(option.Key)).ToDictionary();
        List<PolicyRun> runs = [];
        foreach (KvBudget budget in budgets)
        {
            try
            {
                runs.Add(new PolicyRun(name, PolicyText.Create(name, budget, own)));
            }
            catch (UsageException exception) when (host is not null)
            {
                host.Error.WriteLine($"winnow: {name} {budget} is left out: {Failures.OnOneLine(exception.Message)}");
            }
        }

        return runs;
    }

    private static void CheckOptions(string[] names, Dictionary<string, string> options)
    {
        string[] known = [.. names.SelectMany(PolicyText.OptionsOf).Distinct().Order(StringComparer.Ordinal)];
        if (options.Keys.FirstOrDefault(option => !known.Contains(option)) is { } unknown)
        {
            string has = known.Length == 0 ? "they have none" : "there are " + string.Join(", ", known);
            throw new UsageException($"none of the policies has an option '{unknown}'; {has}.");
        }
    }

    private static KvBudget BudgetOf(string text)
    {
        KvBudget budget = PolicyText.Budget(text);
        return budget == KvBudget.Ratio(1) ? KvBudget.Everything : budget;
    }

    private static IEnumerable<string> Parts(string text, string option)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parts.Length > 0 ? parts.Distinct() : throw new UsageException($"{option} must name at least one.");
    }
}
