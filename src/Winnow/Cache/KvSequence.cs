namespace Winnow.Cache;

/// <summary>One sequence's share of a <see cref="KvCache"/>: its row of the page table and how many tokens it holds.</summary>
public sealed class KvSequence
{
    internal KvSequence(KvCache cache, int row)
    {
        Cache = cache;
        Row = row;
    }

    /// <summary>Tokens appended so far, evicted ones included: the position of the next token.</summary>
    public int Length { get; internal set; }

    /// <summary>True once <see cref="KvCache.Free"/> has taken its pages back.</summary>
    public bool IsFreed { get; internal set; }

    internal KvCache Cache { get; }

    internal int Row { get; }
}
