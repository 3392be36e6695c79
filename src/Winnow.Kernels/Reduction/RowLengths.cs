using System;

namespace Winnow.Kernels.Reduction;

/// <summary>How many entries of each row exist.</summary>
internal readonly unsafe struct RowLengths
{
    private readonly int* _lengths;

    private RowLengths(int* lengths, int entries)
    {
        _lengths = lengths;
        Entries = entries;
    }

    /// <summary>The entries that a row has room for.</summary>
    public int Entries { get; }

    /// <summary>The entries of a row that exist.</summary>
    public int this[int row] => _lengths == null ? Entries : Math.Clamp(_lengths[row], 0, Entries);

    /// <summary>From an operand; empty means that all exist.</summary>
    public static RowLengths Of(Tensor lengths, int entries) => new(lengths.IsEmpty ? null : (int*)lengths.Address, entries);
}
