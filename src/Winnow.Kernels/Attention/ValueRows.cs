using System;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>The values of a block: two pages of F32 rows, of which slots First to End - 1 are seen by some row.</summary>
internal readonly unsafe struct ValueRows(float* firstPage, float* secondPage, int headDim, int first, int end)
{
    private readonly float* _firstPage = firstPage;
    private readonly float* _secondPage = secondPage;

    /// <summary>The size of a head: the distance of two rows.</summary>
    public int HeadDim { get; } = headDim;

    /// <summary>The first slot that counts.</summary>
    public int First { get; } = first;

    /// <summary>The slot after the last one that counts.</summary>
    public int End { get; } = end;

    /// <summary>The first of <see cref="InPage"/>'s slots.</summary>
    public float* Start(int page) =>
        page == 0 ? _firstPage + ((long)First * HeadDim) : _secondPage + ((long)Math.Max(0, First - PagedKv.PageSlots) * HeadDim);

    /// <summary>How many slots of a page count.</summary>
    public int InPage(int page) => page == 0
        ? Math.Min(End, PagedKv.PageSlots) - First
        : End - Math.Max(First, PagedKv.PageSlots);
}
