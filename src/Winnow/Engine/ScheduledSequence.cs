namespace Winnow.Engine;

/// <summary>What the scheduler knows of a sequence: counts and its place in the line, never tokens or tensors.</summary>
internal class ScheduledSequence
{
    /// <summary>The order of arrival: lower is older, and older goes first.</summary>
    public long Ticket { get; set; }

    /// <summary>Tokens whose keys and values are in the cache.</summary>
    public int Cached { get; set; }

    /// <summary>Tokens that are to be in the cache before the sequence's owner goes on.</summary>
    public int Goal { get; set; }

    /// <summary>Tokens still to be computed.</summary>
    public int Remaining => Goal - Cached;

    /// <summary>True where every token's logits are needed, of which a step computes a limited number.</summary>
    public bool NeedsAllLogits { get; init; }

    /// <summary>Where the sequence stands.</summary>
    public SequencePhase Phase { get; internal set; }

    /// <summary>How many prompt tokens the step being planned gives it.</summary>
    internal int Grant { get; set; }
}
