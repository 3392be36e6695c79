using System.CommandLine;
using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Cli.Commands;

/// <summary>The options that say what of the KV cache is kept while a text is generated.</summary>
internal sealed class KvPolicyOptions
{
    private readonly Option<string?> _name = new("--kv-policy")
    {
        Description = "What evicts from the KV cache, or chooses what of it a step reads; 'winnow policies' lists them. Several with + between them work together. Default: none.",
        HelpName = "name",
    };

    private readonly Option<string?> _budget = new("--kv-budget")
    {
        Description = "How much stays, or is read: slots of a head (256), a share of the tokens (0.25), bytes (64MiB), or all.",
        HelpName = "budget",
    };

    private readonly Option<string[]> _options = PolicyText.CreateOption();

    public void AddTo(Command command)
    {
        command.Options.Add(_name);
        command.Options.Add(_budget);
        command.Options.Add(_options);
    }

    /// <summary>The policy; null where none was asked for.</summary>
    /// <exception cref="UsageException">It is not possible.</exception>
    public CachePolicy? Read(ParseResult parsed)
    {
        string? name = parsed.GetValue(_name);
        string? budget = parsed.GetValue(_budget);
        string[] options = parsed.GetValue(_options) ?? [];
        if (name is null)
        {
            return budget is null && options.Length == 0 ? null : throw new UsageException(
                $"{(budget is null ? "--kv-option" : "--kv-budget")} says how a policy works, and there is none: name it with --kv-policy.");
        }

        // Whoever misspells a name is not to look for a budget first.
        foreach (string stage in name.Split('+'))
        {
            _ = PolicyText.OptionsOf(stage);
        }

        if (budget is null && name != NonePolicy.Description.Name)
        {
            throw new UsageException($"--kv-policy {name} needs --kv-budget: slots of a head (256), a share of the tokens (0.25), bytes (64MiB), or all.");
        }

        return PolicyText.Create(name, budget is null ? KvBudget.Everything : PolicyText.Budget(budget), PolicyText.Options(options));
    }
}
