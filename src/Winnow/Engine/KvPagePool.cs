using System;
using Winnow.Cache;

namespace Winnow.Engine;

/// <summary>The KV cache as the scheduler sees it. Rows of the page table open with the first pages and close with the last.</summary>
internal sealed class KvPagePool : IPagePool
{
    private readonly KvCache _cache;
    private readonly int _heads;
    private int _rows;

    public KvPagePool(KvCache cache)
    {
        _cache = cache;
        _heads = cache.Options.Layers * cache.Options.KvHeads;
    }

    public int FreePages => _cache.FreePages;

    public bool HasFreeRow => _rows < _cache.Options.MaxSequences;

    /// <summary>The pages that this many tokens take over all heads.</summary>
    public long PagesFor(int tokens) => (long)_heads * KvCache.PagesFor(tokens);

    public int PagesNeeded(ScheduledSequence sequence, int tokens)
    {
        int most = Math.Min(tokens, _cache.Options.MaxTokens - sequence.Cached);
        KvSequence? kv = Of(sequence).Kv;
        return kv is null ? (int)Math.Min(PagesFor(most), int.MaxValue) : _cache.PagesNeeded(kv, most);
    }

    public bool TryReserve(ScheduledSequence sequence, int tokens)
    {
        EngineSequence owner = Of(sequence);
        if (owner.Kv is null)
        {
            if (!HasFreeRow || PagesFor(tokens) > _cache.FreePages)
            {
                return false;
            }

            owner.Kv = _cache.CreateSequence();
            _rows++;
        }

        return _cache.TryReserve(owner.Kv, tokens);
    }

    public bool Holds(ScheduledSequence sequence) => Of(sequence).Kv is not null;

    public void Release(ScheduledSequence sequence)
    {
        EngineSequence owner = Of(sequence);
        if (owner.Kv is not null)
        {
            _cache.Free(owner.Kv);
            owner.Kv = null;
            _rows--;
        }
    }

    /// <summary>Keeps the first cached tokens only and gives back what was reserved and not used.</summary>
    public void Truncate(EngineSequence sequence, int cached)
    {
        if (sequence.Kv is null)
        {
            return;
        }

        if (cached == 0)
        {
            Release(sequence);
        }
        else
        {
            _cache.Truncate(sequence.Kv, cached);
        }

        sequence.Cached = cached;
    }

    /// <summary>Takes over pages made by a fork or a restore.</summary>
    public void Adopt(EngineSequence sequence, KvSequence kv)
    {
        sequence.Kv = kv;
        sequence.Cached = kv.Length;
        _rows++;
    }

    private static EngineSequence Of(ScheduledSequence sequence) => (EngineSequence)sequence;
}
