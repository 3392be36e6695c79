using System;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Cache;

public sealed partial class KvCache
{
    /// <summary>Forgets the last tokens, evicted or not.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="tokens">How many; at most its length.</param>
    public void Rollback(KvSequence sequence, int tokens)
    {
        Check(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, sequence.Length);
        Truncate(sequence, sequence.Length - tokens);
    }

    /// <summary>Forgets the tokens at positions from <paramref name="length"/> on.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="length">What stays; at most its length.</param>
    public void Truncate(KvSequence sequence, int length)
    {
        Check(sequence);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, sequence.Length);
        int? known = length == sequence.Length ? null : sequence.State?.SlotsBefore(length);
        for (int head = 0; head < _heads; head++)
        {
            ref int count = ref CountsOf(sequence.Row)[head];

            // A head that has evicted nothing holds position i in slot i.
            count = length == sequence.Length ? count
                : count == sequence.Length ? length
                : length >= sequence.FrozenLength ? count - (sequence.Length - length)
                : known ?? SlotsBefore(sequence.Row, head, length);
            ReleasePages(sequence.Row, head, PagesFor(count));
        }

        UploadCounts(sequence.Row);
        sequence.State?.Truncate(length);
        sequence.Length = length;
        sequence.FrozenLength = sequence.FrozenLength is int frozen ? Math.Min(frozen, length) : null;
    }

    /// <summary>
    /// Keeps some slots of one head and drops the others: in order, bit for bit; pages that fall empty go back to the pool. A page
    /// shared with a fork is copied first, so the fork keeps what it had.
    /// </summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="kvHead">The KV head.</param>
    /// <param name="kept">Slots to keep, strictly ascending, each below the head's count.</param>
    /// <returns>False where the pool has too few free pages for the copies; nothing has changed then.</returns>
    public bool TryCompact(KvSequence sequence, int layer, int kvHead, ReadOnlySpan<int> kept)
    {
        Check(sequence);
        int head = HeadIndex(layer, kvHead);
        ref int count = ref CountsOf(sequence.Row)[head];
        CheckKept(kept, count);
        if (!TryOwnPages(sequence.Row, head, count))
        {
            return false;
        }

        sequence.HasEvicted |= kept.Length < count;

        _device.Upload(_kept, kept);
        _device.Cache.Compact(_kv, sequence.Row, layer, kvHead, _kept.Rows(0, kept.Length));
        count = kept.Length;
        ReleasePages(sequence.Row, head, PagesFor(count));
        return true;
    }

    /// <summary>Slots that one head holds.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="kvHead">The KV head.</param>
    public int Count(KvSequence sequence, int layer, int kvHead)
    {
        Check(sequence);
        return CountsOf(sequence.Row)[HeadIndex(layer, kvHead)];
    }

    /// <summary>The most slots that one of a sequence's heads holds.</summary>
    internal int MostSlots(KvSequence sequence)
    {
        int most = 0;
        foreach (int count in CountsOf(sequence.Row))
        {
            most = Math.Max(most, count);
        }

        return most;
    }

    private static void CheckKept(ReadOnlySpan<int> kept, int count)
    {
        int before = -1;
        foreach (int slot in kept)
        {
            if (slot <= before || slot >= count)
            {
                throw new ArgumentException($"Kept slots ascend strictly and stay below the count of {count}; {slot} follows {before}.", nameof(kept));
            }

            before = slot;
        }
    }

    private int HeadIndex(int layer, int kvHead)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(layer);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(layer, Options.Layers);
        ArgumentOutOfRangeException.ThrowIfNegative(kvHead);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(kvHead, Options.KvHeads);
        return (layer * Options.KvHeads) + kvHead;
    }

    private bool TryOwnPages(int row, int head, int count)
    {
        int shared = 0;
        for (int page = 0; page < PagesFor(count); page++)
        {
            shared += _pool.IsShared(TableOf(row, head)[page] - 1) ? 1 : 0;
        }

        if (shared > _pool.FreeCount)
        {
            return false;
        }

        for (int page = 0; shared > 0 && page < PagesFor(count); page++)
        {
            CopyPages(CopyOnWrite(row, head, page, inUse: true, 0));
        }

        UploadPages(row);
        return true;
    }

    private int SlotsBefore(int row, int head, int position)
    {
        Span<int> positions = stackalloc int[PagedKv.PageSlots];
        int count = CountsOf(row)[head];
        for (int page = PagesFor(count) - 1; page >= 0; page--)
        {
            int slots = Math.Min(PagedKv.PageSlots, count - (page * PagedKv.PageSlots));
            Tensor source = _kv.Positions.Rows(TableOf(row, head)[page] - 1, 1);
            _device.Download(source, positions[..slots]);
            int before = positions[..slots].IndexOfAnyInRange(position, int.MaxValue);
            if (before != 0)
            {
                return (page * PagedKv.PageSlots) + (before < 0 ? slots : before);
            }
        }

        return 0;
    }
}
