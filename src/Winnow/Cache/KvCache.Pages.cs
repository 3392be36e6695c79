using System;
using Winnow.Kernels;

namespace Winnow.Cache;

/// <content>The pages of sequences: tables on the host and on the device, shared pages, pages that are given back.</content>
public sealed partial class KvCache
{
    // Page ids that are uploaded at once.
    private const int MostPageIds = 1 << 18;

    // Pages of a head up to which its entries go over with those of other heads: about what the host writes in the time of one more copy.
    private const int MostPagesAtOnce = 2048;

    /// <summary>Notes a page; <see cref="UploadPages"/> tells the device.</summary>
    private void SetPage(int row, int head, int index, int page)
    {
        TableOf(row, head)[index] = page + 1;
        ref (int First, int End) changed = ref _changed[head];
        changed = changed.End == 0 ? (index, index + 1) : (Math.Min(changed.First, index), Math.Max(changed.End, index + 1));
    }

    // Heads take pages at the same tokens, so that thousands of entries change at once. Where tables are short, all entries from the first to the last that changed
    // go over in one copy, which takes less than a small one for each head; long ones, for hundreds of thousands of tokens, go head by head.
    private void UploadPages(int row)
    {
        int first = int.MaxValue;
        int end = 0;
        for (int head = 0; head < _heads; head++)
        {
            (int firstChanged, int endChanged) = _changed[head];
            _changed[head] = default;
            if (endChanged == 0)
            {
                continue;
            }

            int start = head * _pagesPerHead;
            if (_pagesPerHead > MostPagesAtOnce)
            {
                UploadEntries(row, start + firstChanged, start + endChanged);
            }
            else
            {
                (first, end) = (Math.Min(first, start + firstChanged), start + endChanged);
            }
        }

        UploadEntries(row, first, end);
    }

    private void UploadEntries(int row, int first, int end)
    {
        Tensor table = FlatTable();
        long start = (long)row * _heads * _pagesPerHead;
        for (int entry = first; entry < end; entry += _pageIds.Length)
        {
            int count = Math.Min(_pageIds.Length, end - entry);
            for (int i = 0; i < count; i++)
            {
                _pageIds[i] = _tables[row]![entry + i] - 1;
            }

            _device.Upload<int>(table.Rows(start + entry, count), _pageIds.AsSpan(0, count));
        }
    }

    private Tensor FlatTable() => _kv.PageTable.Reshape(new Shape(_kv.PageTable.Shape.ElementCount));

    private void ReleasePages(int row, int head, int keep)
    {
        Span<int> table = TableOf(row, head);
        for (int page = keep; page < table.Length && table[page] != 0; page++)
        {
            _pool.Return(table[page] - 1);
            table[page] = 0;
        }
    }

    private int CopyOnWrite(int row, int head, int index, bool inUse, int copies)
    {
        int page = inUse ? TableOf(row, head)[index] - 1 : -1;
        if (!inUse || !_pool.IsShared(page))
        {
            return 0;
        }

        int copy = _pool.Take();
        _pool.Return(page);
        SetPage(row, head, index, copy);
        (_copyPairs[copies], _copyPairs[_heads + copies]) = (page, copy);
        return 1;
    }

    private void CopyPages(int copies)
    {
        if (copies > 0)
        {
            _device.Upload<int>(_copySources, _copyPairs.AsSpan(0, copies));
            _device.Upload<int>(_copyDestinations, _copyPairs.AsSpan(_heads, copies));
            _device.Cache.CopyPages(_kv, _copySources.Rows(0, copies), _copyDestinations.Rows(0, copies));
        }
    }
}
