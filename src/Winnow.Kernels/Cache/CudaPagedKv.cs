using System.Runtime.InteropServices;

namespace Winnow.Kernels.Cache;

/// <summary>The cache as kernels see it: <c>PagedKv</c> of <c>kernels/cache/slots.cuh</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct CudaPagedKv
{
    /// <summary>The bytes that both sides agree on.</summary>
    public const int Bytes = 72;

    /// <param name="cache">The cache, its shapes checked.</param>
    public CudaPagedKv(in PagedKv cache)
    {
        (Keys, Values, Positions) = (cache.Keys.Address, cache.Values.Address, cache.Positions.Address);
        (PageTable, Counts) = (cache.PageTable.Address, cache.Counts.Address);
        Attributes = cache.Attributes.IsEmpty ? 0 : cache.Attributes.Address;
        Planes = cache.Attributes.IsEmpty ? 0 : (int)cache.Attributes.Shape[0];
        Pages = checked((int)cache.Keys.Shape[0]);
        Shape table = cache.PageTable.Shape;
        (Rows, Layers, KvHeads, PagesPerHead) = ((int)table[0], (int)table[1], (int)table[2], (int)table[3]);
    }

    public readonly nint Keys;
    public readonly nint Values;
    public readonly nint Positions;
    public readonly nint Attributes;
    public readonly nint PageTable;
    public readonly nint Counts;
    public readonly int Pages;
    public readonly int PagesPerHead;
    public readonly int Rows;
    public readonly int Layers;
    public readonly int KvHeads;
    public readonly int Planes;
}
