using System;

namespace Winnow.Kernels.Reduction;

/// <summary>What the operands of reductions must be; shared by all devices, so nothing here reads device memory.</summary>
internal static class ReductionChecks
{
    /// <summary>Checks a gather; returns how many rows are moved.</summary>
    public static int Gather(Tensor output, Tensor input, Tensor indices)
    {
        Operands.RequireMatrix(input);
        Operands.RequireType(indices, DType.I32);
        int rows = checked((int)indices.Shape.ElementCount);
        Operands.Require(output, DType.F32, rows * input.Shape[1]);
        return rows;
    }

    /// <summary>Checks a scatter; returns how many rows are moved.</summary>
    public static int Scatter(Tensor output, Tensor input, Tensor indices)
    {
        Operands.RequireMatrix(output);
        Operands.RequireType(indices, DType.I32);
        int rows = checked((int)indices.Shape.ElementCount);
        Operands.Require(input, DType.F32, rows * output.Shape[1]);
        RequireApart(output, input);
        return rows;
    }

    /// <summary>Checks column sums.</summary>
    public static void RowSums(Tensor sums, Tensor input)
    {
        Operands.RequireMatrix(input);
        Operands.Require(sums, DType.F32, input.Shape[1]);
    }

    /// <summary>Checks a selection.</summary>
    public static SelectProblem Select(
        Tensor selected, Tensor counts, Tensor scores, Tensor wanted, Tensor lengths, Tensor guarded, int first, int last)
    {
        Operands.RequireMatrix(scores);
        Operands.RequireType(selected, DType.I32);
        Operands.RequireType(wanted, DType.I32);
        int rows = checked((int)scores.Shape[0]), entries = checked((int)scores.Shape[1]);
        Operands.Require(
            selected.Shape.Rank == 2 && selected.Shape[0] == rows,
            $"selected must be I32 [{rows}, capacity], one row for each row of scores; it is {selected}.", nameof(selected));
        Operands.Require(counts, DType.I32, rows);
        long wants = wanted.Shape.ElementCount;
        Operands.Require(
            wants == rows || wants == 1, $"wanted must be I32 [{rows}], or [1] for all rows; it is {wanted}.", nameof(wanted));
        RowChecks.Lengths(lengths, rows);
        if (!guarded.IsEmpty)
        {
            Operands.Require(guarded, DType.U8, scores.Shape.ElementCount);
        }

        Operands.Require(first >= 0 && last >= 0, $"Protected entries are counted, not {first} and {last}.", nameof(first));
        return new SelectProblem(rows, entries, checked((int)selected.Shape[1]), wants == 1 ? 0 : 1, Math.Min(first, entries), Math.Min(last, entries));
    }

    /// <summary>Checks a similarity.</summary>
    public static void Similarity(Tensor output, Tensor left, Tensor right)
    {
        Operands.RequireMatrix(left);
        Operands.RequireMatrix(right);
        Operands.Require(
            left.Shape[1] == right.Shape[1], $"left and right must have rows of one length; they are {left} and {right}.", nameof(right));
        Operands.Require(output, DType.F32, left.Shape[0] * right.Shape[0]);
    }

    /// <summary>Checks a merge.</summary>
    public static void Merge(Tensor output, Tensor input, Tensor targets, Tensor weights)
    {
        Operands.RequireMatrix(output);
        Operands.RequireMatrix(input);
        Operands.Require(
            output.Shape[1] == input.Shape[1], $"output and input must have rows of one length; they are {output} and {input}.", nameof(output));
        Operands.Require(targets, DType.I32, input.Shape[0]);
        Operands.Require(weights, DType.F32, input.Shape[0]);
        RequireApart(output, input);
    }

    /// <summary>An output that shares no memory with an input.</summary>
    public static void RequireApart(Tensor output, Tensor input) =>
        Operands.Require(!Overlap(output, input), "The output overlaps the input; give it memory of its own.", nameof(output));

    /// <summary>An output that is an input, or shares no memory with it.</summary>
    public static void RequireSameOrApart(Tensor output, Tensor input) =>
        Operands.Require(
            output.Address == input.Address || !Overlap(output, input),
            "The output overlaps an input in part; give it the input's memory or its own.", nameof(output));

    private static bool Overlap(Tensor output, Tensor input) =>
        output.Address < input.Address + input.Bytes && input.Address < output.Address + output.Bytes;
}
