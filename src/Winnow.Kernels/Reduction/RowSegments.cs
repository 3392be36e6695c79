using System;

namespace Winnow.Kernels.Reduction;

/// <summary>Rows cut into segments of one width, the last one perhaps shorter; what lies before the first segment is in none.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Entries">The entries of a row.</param>
/// <param name="Start">The first entry of the first segment, at most <paramref name="Entries"/>.</param>
/// <param name="Width">The entries of a segment.</param>
internal readonly record struct RowSegments(int Rows, int Entries, int Start, int Width)
{
    /// <summary>The segments of a row: one at least, though it may be empty.</summary>
    public int Count => (int)Math.Max(1, ((long)Entries - Start + Width - 1) / Width);

    /// <summary>Where a segment lies.</summary>
    public (int First, int End) this[int segment]
    {
        get
        {
            int first = Start + (segment * Width);
            return (first, first + Math.Min(Width, Entries - first));
        }
    }

    /// <summary>From operands; a width of 0 makes what begins at the start one segment.</summary>
    public static RowSegments Of(int rows, int entries, int start, int width)
    {
        int first = Math.Min(start, entries);
        return new RowSegments(rows, entries, first, width > 0 ? width : Math.Max(1, entries - first));
    }
}
