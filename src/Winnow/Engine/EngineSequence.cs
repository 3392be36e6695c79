using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Cache;
using Winnow.Cache.Policies;

namespace Winnow.Engine;

/// <summary>
/// A sequence of the engine: all tokens that are known and the cache's share of them. The last known token is never in the cache, so
/// feeding it gives the logits for the next one, whatever happened before: sampling, a fork, a rollback or a restore.
/// </summary>
internal sealed class EngineSequence : ScheduledSequence
{
    private readonly List<int> _tokens;

    public EngineSequence(ReadOnlySpan<int> tokens, int capacity)
    {
        _tokens = new List<int>(Math.Max(capacity, tokens.Length));
        _tokens.AddRange(tokens);
    }

    /// <summary>The tokens known: given or sampled.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>The same as a list, not to be changed.</summary>
    public List<int> TokenList => _tokens;

    /// <summary>How many tokens are known.</summary>
    public int Known => _tokens.Count;

    /// <summary>The pages and the row, while it has any.</summary>
    public KvSequence? Kv { get; set; }

    /// <summary>What evicts from its cache; null where nothing does.</summary>
    public KvPolicy? Policy { get; set; }

    /// <summary>The most tokens that it can have where it was frozen under positions of the cache: what is left of it takes fewer places than its text. 0 where its policy says, or where it was frozen under positions of the text.</summary>
    public int FrozenTokens { get; set; }

    /// <summary>
    /// What the cache held of it when its pages were taken, where some of it had been evicted: computing it again would not give the same,
    /// because what leaves depends on the steps that it was computed in.
    /// </summary>
    public SegmentedStream? Swapped { get; set; }

    /// <summary>The pages that it takes to bring back what was swapped out.</summary>
    public int SwappedPages { get; set; }

    /// <summary>What <see cref="KvSequence.FrozenLength"/> was when it was swapped out, or is to be when it is brought back.</summary>
    public int? SwappedFrozenLength { get; set; }

    /// <summary>What is being done with it.</summary>
    public EngineRequest? Request { get; set; }

    /// <summary>True once its session was disposed: nothing more is done with it.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Sets memory aside, so that adding tokens allocates nothing.</summary>
    public void EnsureCapacity(int tokens) => _tokens.EnsureCapacity(tokens);

    public void Add(int token) => _tokens.Add(token);

    public void Add(ReadOnlySpan<int> tokens) => _tokens.AddRange(tokens);

    /// <summary>Forgets known tokens; the cache is the pool's matter.</summary>
    public void Truncate(int known) => CollectionsMarshal.SetCount(_tokens, known);
}
