using Winnow.Cache.Policies;

namespace Winnow.Cache;

/// <summary>One sequence's share of a <see cref="KvCache"/>: its row of the page table and how many tokens it holds.</summary>
public sealed class KvSequence
{
    internal KvSequence(KvCache cache, int row, KvPolicy? policy)
    {
        Cache = cache;
        Row = row;
        Policy = policy;
        IsRelative = policy is { Positions: KvPositions.CacheRelative };
    }

    /// <summary>Tokens appended so far, evicted ones included: the position of the next token.</summary>
    public int Length { get; internal set; }

    /// <summary>True once <see cref="KvCache.Free"/> has taken its pages back.</summary>
    public bool IsFreed { get; internal set; }

    /// <summary>What evicts its slots; null where nothing does.</summary>
    public KvPolicy? Policy { get; internal set; }

    /// <summary>Whether slots have left.</summary>
    public bool HasEvicted { get; internal set; }

    /// <summary>Whether computing its tokens again could give another cache than this one: what leaves depends on the steps that they were computed in.</summary>
    internal bool IsOneOfAKind => HasEvicted || Policy is not null || Cache.IsReadSparsely;

    internal KvCache Cache { get; }

    internal int Row { get; }

    /// <summary>How many tokens it had when its policy last saw it, where nothing leaves any more: those that came since are its last slots, one for each. Null where something may leave.</summary>
    internal int? FrozenLength { get; set; }

    /// <summary>Whether its keys speak for their places in the cache; also once nothing leaves any more.</summary>
    internal bool IsRelative { get; set; }

    /// <summary>What the policy notes about it, once <see cref="HasState"/> says so.</summary>
    internal KvPolicyState? State { get; set; }

    internal bool HasState { get; set; }

    /// <summary>A state that was restored, until there is one to take it.</summary>
    internal byte[]? SavedState { get; set; }

    /// <summary>Tokens that were computed one by one.</summary>
    internal int DecodeSteps { get; set; }
}
