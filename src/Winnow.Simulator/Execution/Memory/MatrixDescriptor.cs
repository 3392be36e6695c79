namespace Winnow.Simulator.Execution.Memory;

/// <summary>
/// Where a factor of a product of a warpgroup lies in shared memory, as its descriptor says: pieces of 16 bytes (chunks), eight of which make a row or a
/// column of a block.
/// </summary>
internal readonly struct MatrixDescriptor
{
    private const int Mask = 0x3FFFF;
    private const int ChunkBytes = 16;
    private const int Rows = 8;

    private readonly int _start;
    private readonly int _leading;
    private readonly int _stride;
    private readonly int _base;
    private readonly int _chunks;

    /// <param name="bits">The descriptor.</param>
    public MatrixDescriptor(ulong bits)
    {
        _start = (int)(bits << 4) & Mask;
        _leading = (int)(bits >> 16 << 4) & Mask;
        _stride = (int)(bits >> 32 << 4) & Mask;
        _base = (int)(bits >> 49) & 7;
        _chunks = (int)(bits >> 62) switch
        {
            0 => 1,
            1 => 8,
            2 => 4,
            _ => 2,
        };
    }

    /// <summary>The offset of a chunk of a factor that lies row by row of m or n, so that the chunk holds values of neighbouring k.</summary>
    /// <param name="row">The row.</param>
    /// <param name="chunk">The number of the chunk in its row.</param>
    public int OfRow(int row, int chunk)
    {
        int step = _chunks == 1 ? _leading : ChunkBytes;
        return Swizzle(_start + (row % Rows * ChunkBytes * _chunks) + (row / Rows * _stride) + (chunk * step));
    }

    /// <summary>The offset of a chunk of a factor that lies column by column (transposed), so that the chunk holds values of one k.</summary>
    /// <param name="k">The column.</param>
    /// <param name="chunk">The number of the chunk in its column.</param>
    public int OfColumn(int k, int chunk)
    {
        int inside = (chunk % _chunks * ChunkBytes) + (k % Rows * ChunkBytes * _chunks);
        return _chunks == 1
            ? Swizzle(_start + inside + (chunk * _stride) + (k / Rows * _leading))
            : Swizzle(_start + inside + (chunk / _chunks * _leading) + (k / Rows * _stride));
    }

    /// <summary>Swizzles exchange chunks of a row by the number of the row, both as bits of the address.</summary>
    private int Swizzle(int offset)
    {
        int row = (offset >> 7) - _base;
        return (offset ^ ((row & (_chunks - 1)) << 4)) & Mask;
    }
}
