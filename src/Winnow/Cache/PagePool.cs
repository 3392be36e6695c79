using System.Diagnostics;

namespace Winnow.Cache;

/// <summary>Which pages are free, and by how many sequences each used one is shared. Knows ids, not memory.</summary>
internal sealed class PagePool
{
    private readonly int[] _free;
    private readonly int[] _shares;

    public PagePool(int pages)
    {
        _free = new int[pages];
        _shares = new int[pages];
        for (int i = 0; i < pages; i++)
        {
            // The lowest id is taken first.
            _free[i] = pages - 1 - i;
        }

        FreeCount = pages;
    }

    public int FreeCount { get; private set; }

    public int Take()
    {
        Debug.Assert(FreeCount > 0, "the caller asks for the count first");
        int page = _free[--FreeCount];
        _shares[page] = 1;
        return page;
    }

    public void Share(int page) => _shares[page]++;

    public bool IsShared(int page) => _shares[page] > 1;

    public void Return(int page)
    {
        Debug.Assert(_shares[page] > 0, "a page is returned once for each time it was taken or shared");
        if (--_shares[page] == 0)
        {
            _free[FreeCount++] = page;
        }
    }
}
