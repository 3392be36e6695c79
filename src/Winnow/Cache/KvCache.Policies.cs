using System;
using Winnow.Kernels;

namespace Winnow.Cache;

public sealed partial class KvCache
{
    /// <summary>The bytes of one page of this cache.</summary>
    public long BytesOfPage => PageBytes(Options.HeadDim, Options.Type, Options.Attributes.Count);

    /// <summary>The pages that a sequence holds, those shared with forks included.</summary>
    /// <param name="sequence">The sequence.</param>
    public int PagesOf(KvSequence sequence)
    {
        Check(sequence);
        int pages = 0;
        foreach (int entry in _tables[sequence.Row]!)
        {
            pages += entry != 0 ? 1 : 0;
        }

        return pages;
    }

    /// <summary>Slots that each head of each layer holds, [layers * kvHeads].</summary>
    /// <param name="sequence">The sequence.</param>
    public ReadOnlySpan<int> Counts(KvSequence sequence)
    {
        Check(sequence);
        return CountsOf(sequence.Row);
    }

    /// <summary>The same on the device, I32 [layers * kvHeads].</summary>
    internal Tensor CountsTensor(KvSequence sequence) => _kv.Counts.Rows(sequence.Row, 1).Reshape(new Shape(_heads));

    /// <summary>(row, layer, KV head) of each head, I32 [layers * kvHeads, 3] on the device.</summary>
    internal Tensor HeadsOf(KvSequence sequence) => _headIds.Rows((long)sequence.Row * _heads, _heads);

    /// <summary>Notes that the device dropped slots, and takes back the pages that fell empty.</summary>
    internal void Shrink(KvSequence sequence, ReadOnlySpan<int> counts)
    {
        Span<int> own = CountsOf(sequence.Row);
        for (int head = 0; head < _heads; head++)
        {
            sequence.HasEvicted |= counts[head] < own[head];
            own[head] = counts[head];
            ReleasePages(sequence.Row, head, PagesFor(counts[head]));
        }
    }

    // Signals and evictions write to slots that are there already, and a fork must keep what it had.
    private bool WritesEverywhere(KvSequence sequence) => _ownsAll || sequence.Policy is not null;

    private void OwnPages(KvSequence sequence)
    {
        int copies = 0;
        for (int head = 0; head < _heads; head++)
        {
            for (int page = 0; page < PagesFor(CountsOf(sequence.Row)[head]); page++)
            {
                copies += CopyOnWrite(sequence.Row, head, page, inUse: true, copies);
                if (copies == _heads)
                {
                    CopyPages(copies);
                    copies = 0;
                }
            }
        }

        CopyPages(copies);
    }

    private void UploadHeadIds()
    {
        int[] ids = new int[Options.MaxSequences * _heads * 3];
        for (int i = 0; i < Options.MaxSequences * _heads; i++)
        {
            int head = i % _heads;
            (ids[3 * i], ids[(3 * i) + 1], ids[(3 * i) + 2]) = (i / _heads, head / Options.KvHeads, head % Options.KvHeads);
        }

        _device.Upload<int>(_headIds, ids);
    }
}
