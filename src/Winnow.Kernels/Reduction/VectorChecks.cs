namespace Winnow.Kernels.Reduction;

/// <summary>What the operands of the operations on rows of vectors must be; shared by all devices, so nothing here reads device memory.</summary>
internal static class VectorChecks
{
    // What a warp holds of a vector in registers.
    private const int MostDim = 256;

    /// <summary>Checks a mean.</summary>
    public static VectorRows Mean(Tensor output, Tensor vectors, Tensor lengths)
    {
        VectorRows sizes = Vectors(vectors, lengths);
        Operands.Require(output, DType.F32, (long)sizes.Rows * sizes.Dim);
        ReductionChecks.RequireApart(output, vectors);
        return sizes;
    }

    /// <summary>Checks linear and quadratic forms.</summary>
    public static VectorRows Forms(Tensor output, Tensor vectors, Tensor matrices, Tensor linear, Tensor lengths)
    {
        VectorRows sizes = Entries(output, vectors, lengths);
        Operands.Require(!matrices.IsEmpty || !linear.IsEmpty, "Neither matrices nor linear is given; give one of them.", nameof(matrices));
        if (!matrices.IsEmpty)
        {
            Operands.Require(matrices, DType.F32, (long)sizes.Rows * sizes.Dim * sizes.Dim);
            ReductionChecks.RequireApart(output, matrices);
        }

        if (!linear.IsEmpty)
        {
            Operands.Require(linear, DType.F32, (long)sizes.Rows * sizes.Dim);
            ReductionChecks.RequireApart(output, linear);
        }

        return sizes;
    }

    /// <summary>Checks second moments; returns the tokens, the heads and their dimension.</summary>
    public static (int Tokens, int Heads, int Dim) OuterProducts(Tensor sums, Tensor rows)
    {
        Operands.RequireMatrix(rows);
        Operands.RequireType(sums, DType.F32);
        Operands.Require(
            sums.Shape.Rank == 3 && sums.Shape[1] == sums.Shape[2] && sums.Shape[0] * sums.Shape[1] == rows.Shape[1],
            $"sums must be F32 [heads, dim, dim] with heads * dim = {rows.Shape[1]}; it is {sums}.", nameof(sums));
        ReductionChecks.RequireApart(sums, rows);
        return (checked((int)rows.Shape[0]), checked((int)sums.Shape[0]), checked((int)sums.Shape[1]));
    }

    /// <summary>Checks deviations by partitions.</summary>
    public static (VectorRows Sizes, RowSegments Partitions) Lag(Tensor output, Tensor vectors, int sinks, int lag, Tensor lengths)
    {
        VectorRows sizes = Entries(output, vectors, lengths);
        Operands.Require(lag > 0, $"A partition has no {lag} entries.", nameof(lag));
        RowSegments partitions = RowSegments.Of(sizes.Rows, sizes.Entries, sinks, lag);
        RowChecks.Segments(partitions, sinks, lag);
        return (sizes, partitions);
    }

    // One number for each vector.
    private static VectorRows Entries(Tensor output, Tensor vectors, Tensor lengths)
    {
        VectorRows sizes = Vectors(vectors, lengths);
        Operands.Require(sizes.Dim is > 0 and <= MostDim, $"Vectors of {sizes.Dim} are not of 1 to {MostDim} values.", nameof(vectors));
        Operands.Require(output, DType.F32, (long)sizes.Rows * sizes.Entries);
        ReductionChecks.RequireApart(output, vectors);
        return sizes;
    }

    private static VectorRows Vectors(Tensor vectors, Tensor lengths)
    {
        Operands.RequireType(vectors, DType.F32);
        Operands.Require(vectors.Shape.Rank == 3, $"vectors must be F32 [rows, entries, dim]; it is {vectors}.", nameof(vectors));
        RowChecks.Lengths(lengths, vectors.Shape[0]);
        return new VectorRows(checked((int)vectors.Shape[0]), checked((int)vectors.Shape[1]), checked((int)vectors.Shape[2]));
    }
}
