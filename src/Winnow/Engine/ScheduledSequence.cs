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

    /// <summary>
    /// Where above 0: prompts are computed in whole chunks of about so many tokens, whatever else is in a step, and pages are taken chunk by
    /// chunk, because slots leave after each and which ones depends on where it ends.
    /// </summary>
    public int ChunkTokens { get; set; }

    /// <summary>How many tokens the next step of the sequence must have room for: the remaining ones in chunks of about the same size, or all.</summary>
    public int NextTokens
    {
        get
        {
            if (ChunkTokens == 0 || Remaining <= ChunkTokens)
            {
                return Remaining;
            }

            int chunks = (Remaining + ChunkTokens - 1) / ChunkTokens;
            return (Remaining + chunks - 1) / chunks;
        }
    }

    /// <summary>True where every token's logits are needed, of which a step computes a limited number.</summary>
    public bool NeedsAllLogits { get; init; }

    /// <summary>Where the sequence stands.</summary>
    public SequencePhase Phase { get; internal set; }

    /// <summary>Whether it was rejected because its heads hold no more slots, and not for want of pages.</summary>
    public bool IsFull { get; internal set; }

    /// <summary>Whether the next chunk of its prompt has room in the step being planned.</summary>
    internal bool HasRoom { get; set; }

    /// <summary>How many prompt tokens the step being planned gives it.</summary>
    internal int Grant { get; set; }
}
