namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Up to <see cref="RowGroups.Rows"/> rows of weights whose products are of bytes, in either order.</summary>
internal readonly unsafe struct WeightRows
{
    /// <summary>Units of a piece that is interleaved on the way, whole blocks of every type.</summary>
    public const int PieceUnits = 8;

    /// <summary>The most bytes of such a piece: of Q8_0.</summary>
    public const int PieceBytes = PieceUnits * RowGroups.Rows * 34;

    private readonly DType _type;
    private readonly byte* _first;
    private readonly nint _rowBytes;
    private readonly int _count;

    /// <summary>Describes them.</summary>
    /// <param name="type">Their type.</param>
    /// <param name="weight">The matrix.</param>
    /// <param name="rowBytes">Bytes of a row.</param>
    /// <param name="row">The first of them, that of a group.</param>
    /// <param name="count">How many.</param>
    public WeightRows(DType type, byte* weight, nint rowBytes, long row, int count)
    {
        _type = type;
        _first = weight + ((nint)row * rowBytes);
        _rowBytes = rowBytes;
        _count = count;
        IsArranged = count == RowGroups.Rows && type.GroupRows() == RowGroups.Rows;
    }

    /// <summary>Whether they lie interleaved, so that pieces of any length are at hand.</summary>
    public bool IsArranged { get; }

    /// <summary>A piece, interleaved.</summary>
    /// <param name="unit">Where it begins, in units of 32 inputs.</param>
    /// <param name="units">Its length; at most <see cref="PieceUnits"/> unless they lie so.</param>
    /// <param name="scratch"><see cref="PieceBytes"/>.</param>
    public byte* Piece(long unit, int units, byte* scratch)
    {
        int values = _type.BlockValues();
        nint block = (nint)(unit * 32 / values);
        nint bytes = block * _type.BlockBytes();
        if (IsArranged)
        {
            return _first + (bytes * RowGroups.Rows);
        }

        RowGroups.Interleave(RowGroups.Arranged(_type.FileOrder()) ?? _type, _first + bytes, _rowBytes, _count, units * 32 / values, scratch);
        return scratch;
    }
}
