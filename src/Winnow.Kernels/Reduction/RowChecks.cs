namespace Winnow.Kernels.Reduction;

/// <summary>What the operands of the operations on rows of scores must be; shared by all devices, so nothing here reads device memory.</summary>
internal static class RowChecks
{
    // What the second and third dimension of a grid hold.
    private const int MostSegments = 65_535;

    /// <summary>Checks an operation entry by entry; returns how many entries there are.</summary>
    public static long Map(Tensor output, ElementOp op, Tensor left, Tensor right)
    {
        Operands.Require(op is >= ElementOp.Multiply and <= ElementOp.Reciprocal, $"Unknown operation {op}.", nameof(op));
        Operands.RequireType(output, DType.F32);
        long count = output.Shape.ElementCount;
        Operands.Require(
            !left.IsEmpty && left.Type is DType.F32 or DType.I32 && left.Shape.ElementCount == count,
            $"left must be F32 or I32 with {count} elements; it is {left}.", nameof(left));
        ReductionChecks.RequireSameOrApart(output, left);
        if (!right.IsEmpty)
        {
            Operands.Require(op < ElementOp.Exp, $"{op} takes no right operand; leave it out.", nameof(right));
            Operands.Require(right, DType.F32, count);
            ReductionChecks.RequireSameOrApart(output, right);
        }

        return count;
    }

    /// <summary>Checks pooling; returns the sizes.</summary>
    public static (int Rows, int Entries) Pool(Tensor output, Tensor input, PoolKind kind, int width, Tensor lengths)
    {
        Operands.Require(kind is >= PoolKind.Average and <= PoolKind.ChunkMean, $"Unknown kind {kind}.", nameof(kind));
        Operands.Require(
            width > 0 && (kind == PoolKind.ChunkMean || width % 2 == 1),
            $"A width of {width} is not positive{(kind == PoolKind.ChunkMean ? "" : " and odd")}.", nameof(width));
        (int, int) sizes = Rows(output, input, lengths);
        ReductionChecks.RequireApart(output, input);
        return sizes;
    }

    /// <summary>Checks combining; returns the sizes.</summary>
    public static (int Rows, int Entries) Combine(Tensor output, Tensor input, int group, GroupKind kind)
    {
        Operands.Require(kind is >= GroupKind.Sum and <= GroupKind.Max, $"Unknown kind {kind}.", nameof(kind));
        (int rows, int entries) = Rows(output, input, default);
        Operands.Require(group > 0 && rows % group == 0, $"{rows} rows are no whole number of groups of {group}.", nameof(group));
        ReductionChecks.RequireSameOrApart(output, input);
        return (rows, entries);
    }

    /// <summary>Checks a softmax; returns the sizes.</summary>
    public static RowSegments Softmax(Tensor output, Tensor input, Tensor lengths, int start, int segment)
    {
        RowSegments segments = Segments(output, input, lengths, start, segment);
        ReductionChecks.RequireSameOrApart(output, input);
        return segments;
    }

    /// <summary>Checks a ranking; returns the sizes.</summary>
    public static RowSegments Rank(Tensor output, Tensor input, Tensor lengths, int start, int segment)
    {
        RowSegments segments = Segments(output, input, lengths, start, segment);
        ReductionChecks.RequireApart(output, input);
        return segments;
    }

    /// <summary>Checks sums of magnitudes; returns how many there are.</summary>
    public static int AbsoluteSums(Tensor output, Tensor input)
    {
        Operands.RequireMatrix(input);
        Operands.Require(output, DType.F32, input.Shape[0]);
        ReductionChecks.RequireApart(output, input);
        return checked((int)input.Shape[0]);
    }

    /// <summary>Checks how rows are cut.</summary>
    public static void Segments(in RowSegments segments, int start, int segment)
    {
        Operands.Require(start >= 0, $"A start of {start} is before the row.", nameof(start));
        Operands.Require(segment >= 0, $"A segment has no {segment} entries.", nameof(segment));
        Operands.Require(
            segments.Count <= MostSegments,
            $"{segments.Entries} entries in segments of {segment} are {segments.Count} segments, and at most {MostSegments} are done; take longer ones.",
            nameof(segment));
    }

    /// <summary>Checks lengths of rows, which may be left out.</summary>
    public static void Lengths(Tensor lengths, long rows)
    {
        if (!lengths.IsEmpty)
        {
            Operands.Require(lengths, DType.I32, rows);
        }
    }

    private static RowSegments Segments(Tensor output, Tensor input, Tensor lengths, int start, int segment)
    {
        (int rows, int entries) = Rows(output, input, lengths);
        RowSegments segments = RowSegments.Of(rows, entries, start, segment);
        Segments(segments, start, segment);
        return segments;
    }

    // Rows that go in and come out with as many entries.
    private static (int Rows, int Entries) Rows(Tensor output, Tensor input, Tensor lengths)
    {
        Operands.RequireMatrix(input);
        Operands.Require(output, DType.F32, input.Shape.ElementCount);
        int rows = checked((int)input.Shape[0]);
        Lengths(lengths, rows);
        return (rows, checked((int)input.Shape[1]));
    }
}
