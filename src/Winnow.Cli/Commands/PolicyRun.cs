using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Cli.Commands;

/// <summary>A policy with a budget, to be measured.</summary>
/// <param name="Name">What it was called on the command line.</param>
/// <param name="Policy">The policy; its budget says how much it keeps.</param>
internal sealed record PolicyRun(string Name, CachePolicy Policy)
{
    /// <summary>The full cache, which all others are compared with.</summary>
    public static PolicyRun Full { get; } = new(NonePolicy.Description.Name, new NonePolicy());

    public KvBudget Budget => Policy.Budget;

    public override string ToString() => $"{Name} {Budget}";
}
