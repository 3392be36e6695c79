using System.Collections.Generic;

namespace Winnow.Engine;

/// <summary>What one step computes. Reused from step to step.</summary>
internal sealed class StepPlan
{
    /// <summary>The sequences of the step with the number of their tokens that it computes; each at most once.</summary>
    public List<PlannedTokens> Entries { get; } = [];

    /// <summary>Sequences that can never go on, because the whole pool or a head's part of it is too small for them. They are idle now.</summary>
    public List<ScheduledSequence> Rejected { get; } = [];

    /// <summary>Tokens of all entries.</summary>
    public int Tokens { get; private set; }

    public void Clear()
    {
        Entries.Clear();
        Rejected.Clear();
        Tokens = 0;
    }

    public void Add(ScheduledSequence sequence, int tokens)
    {
        Entries.Add(new PlannedTokens(sequence, tokens));
        Tokens += tokens;
    }

    /// <summary>One sequence's share of a step.</summary>
    /// <param name="Sequence">The sequence.</param>
    /// <param name="Tokens">How many tokens behind the cached ones are computed.</param>
    public readonly record struct PlannedTokens(ScheduledSequence Sequence, int Tokens);
}
