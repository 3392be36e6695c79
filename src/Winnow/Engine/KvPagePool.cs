using System;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Formats;

namespace Winnow.Engine;

/// <summary>The KV cache as the scheduler sees it. Rows of the page table open with the first pages and close with the last.</summary>
internal sealed class KvPagePool : IPagePool
{
    private readonly KvCache _cache;
    private readonly KvEvictor _evictor;
    private readonly int _heads;
    private int _rows;

    public KvPagePool(KvCache cache, KvEvictor evictor)
    {
        (_cache, _evictor) = (cache, evictor);
        _heads = cache.Options.Layers * cache.Options.KvHeads;
    }

    public int FreePages => _cache.FreePages;

    public bool HasFreeRow => _rows < _cache.Options.MaxSequences;

    /// <summary>The pages that this many tokens take over all heads.</summary>
    public long PagesFor(int tokens) => (long)_heads * KvCache.PagesFor(tokens);

    public int PagesNeeded(ScheduledSequence sequence, int tokens)
    {
        EngineSequence owner = Of(sequence);
        if (owner.Kv is KvSequence kv)
        {
            return _cache.PagesNeeded(kv, Math.Min(tokens, _cache.Options.MaxTokens - _cache.MostSlots(kv)));
        }

        int most = Math.Min(tokens, _cache.Options.MaxTokens - sequence.Cached);
        long needed = owner.Swapped is null ? PagesFor(most) : owner.SwappedPages + PagesFor(Math.Min(tokens, _cache.Options.MaxTokens));
        return (int)Math.Min(needed, int.MaxValue);
    }

    public bool TryReserve(ScheduledSequence sequence, int tokens)
    {
        EngineSequence owner = Of(sequence);
        if (owner.Kv is null && owner.Swapped is not null && !TryBringBackOrForget(owner))
        {
            return false;
        }

        if (owner.Kv is null)
        {
            if (!HasFreeRow || PagesFor(tokens) > _cache.FreePages || !HasPlaceFor(sequence, tokens))
            {
                return false;
            }

            owner.Kv = _cache.CreateSequence(owner.Policy);
            _rows++;
        }

        return HasPlaceFor(sequence, tokens) && _cache.TryReserve(owner.Kv, tokens);
    }

    public bool HasPlaceFor(ScheduledSequence sequence, int tokens) =>
        tokens + (Of(sequence).Kv is KvSequence kv ? _cache.MostSlots(kv) : 0) <= _cache.Options.MaxTokens;

    public bool Holds(ScheduledSequence sequence) => Of(sequence).Kv is not null;

    public int Release(ScheduledSequence sequence, bool returns)
    {
        EngineSequence owner = Of(sequence);
        if (!returns)
        {
            owner.Swapped = null;
        }

        if (owner.Kv is KvSequence kv)
        {
            if (returns && kv.IsOneOfAKind)
            {
                (owner.SwappedPages, owner.SwappedFrozenLength) = (_cache.PagesOf(kv), kv.FrozenLength);
                owner.Swapped = new SegmentedStream();
                _cache.Save(kv, owner.Swapped);
            }

            _cache.Free(kv);
            owner.Kv = null;
            _rows--;
        }

        return owner.Swapped is null ? 0 : sequence.Cached;
    }

    /// <summary>Keeps the first cached tokens only and gives back what was reserved and not used.</summary>
    public void Truncate(EngineSequence sequence, int cached)
    {
        if (sequence.Kv is null)
        {
            // What was kept outside of the pool is cut when it is brought back.
            sequence.Swapped = cached == 0 ? null : sequence.Swapped;
            sequence.Cached = sequence.Swapped is null ? 0 : Math.Min(sequence.Cached, cached);
        }
        else if (cached == 0)
        {
            sequence.Cached = Release(sequence, returns: false);
        }
        else
        {
            Cut(sequence.Kv, cached);
            sequence.Cached = cached;
        }
    }

    /// <summary>The most tokens that a sequence can have if nothing leaves any more: the context holds what is left of it and as many more as there are places.</summary>
    public int MostTokens(EngineSequence sequence)
    {
        (int tokens, int slots) = (0, 0);
        if (sequence.Kv is KvSequence kv)
        {
            (tokens, slots) = (kv.Length, _cache.MostSlots(kv));
        }
        else if (sequence.Swapped is not null)
        {
            sequence.Swapped.Position = 0;
            (tokens, _, slots) = _cache.Measure(sequence.Swapped);
        }

        return tokens + _cache.Options.MaxTokens - slots;
    }

    /// <summary>Whether tokens were taken off a sequence that is kept outside of the pool.</summary>
    public bool IsUncut(EngineSequence sequence)
    {
        sequence.Swapped!.Position = 0;
        return _cache.Measure(sequence.Swapped).Tokens > sequence.Cached;
    }

    /// <summary>Takes over pages made by a fork or a restore.</summary>
    public void Adopt(EngineSequence sequence, KvSequence kv)
    {
        sequence.Kv = kv;
        sequence.Cached = kv.Length;
        _rows++;
    }

    /// <summary>Notes what a sequence's cache held, so that it is brought back when it goes on.</summary>
    public static void Keep(EngineSequence sequence, SegmentedStream saved, int cached, int pages) =>
        (sequence.Swapped, sequence.Cached, sequence.SwappedPages) = (saved, cached, pages);

    /// <summary>Brings back what was kept outside of the pool.</summary>
    /// <returns>False where there is no room for it.</returns>
    /// <exception cref="Formats.ModelFormatException">It is damaged.</exception>
    public bool TryBringBack(EngineSequence owner)
    {
        if (!HasFreeRow || owner.SwappedPages > _cache.FreePages)
        {
            return false;
        }

        owner.Swapped!.Position = 0;
        KvSequence? kv = _cache.Restore(owner.Swapped, owner.Policy);
        if (kv is null)
        {
            return false;
        }

        owner.Swapped = null;
        kv.IsRelative |= owner.FrozenTokens > 0;
        kv.FrozenLength = owner.SwappedFrozenLength;
        int cached = owner.Cached;
        Adopt(owner, kv);
        Truncate(owner, Math.Min(cached, kv.Length));
        return true;
    }

    // While steps are planned there is nobody to tell that it is damaged; the tokens are all known, so they are computed again.
    private bool TryBringBackOrForget(EngineSequence owner)
    {
        try
        {
            return TryBringBack(owner);
        }
        catch (ModelFormatException)
        {
            (owner.Swapped, owner.Cached) = (null, 0);
            return true;
        }
    }

    // What a policy notes about the sequence is cut with it, so it has to be there, also where it was restored and nothing computed since.
    private void Cut(KvSequence kv, int cached)
    {
        bool cuts = cached < kv.Length;
        if (cuts)
        {
            _evictor.Prepare(kv);
        }

        _cache.Truncate(kv, cached);
        if (cuts)
        {
            _evictor.AfterRollback(kv);
        }
    }

    private static EngineSequence Of(ScheduledSequence sequence) => (EngineSequence)sequence;
}
