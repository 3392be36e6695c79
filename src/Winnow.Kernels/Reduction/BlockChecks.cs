using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Reduction;

/// <summary>What the operands of the operations on blocks must be; shared by all devices, so nothing here reads device memory.</summary>
internal static class BlockChecks
{
    /// <summary>Checks a prediction; returns the sizes.</summary>
    public static (int Rows, int Blocks) Predict(Tensor output, Tensor history, Tensor weights, Tensor lengths, Tensor oldest, int first, int last)
    {
        Operands.RequireMatrix(output);
        (int rows, int blocks) = (checked((int)output.Shape[0]), checked((int)output.Shape[1]));
        Operands.Require(history, DType.F32, output.Shape.ElementCount * BlockNetwork.Steps);
        Operands.Require(
            history.Shape.Rank == 3 && history.Shape[0] == BlockNetwork.Steps / PagedKv.PageSlots && history.Shape[1] == rows,
            $"history must be F32 [{BlockNetwork.Steps / PagedKv.PageSlots}, {rows}, {blocks} * {PagedKv.PageSlots}]; it is {history}.", nameof(history));
        Operands.Require(weights, DType.F32, BlockNetwork.Weights);
        Operands.Require(lengths, DType.I32, rows);
        Operands.Require(oldest, DType.I32, rows);
        Operands.Require(first >= 0 && last >= 0, $"Blocks that are left out are counted, not {first} and {last}.", nameof(first));
        ReductionChecks.RequireApart(output, history);
        ReductionChecks.RequireApart(output, weights);
        return (rows, blocks);
    }

    /// <summary>Checks an expansion; returns how many rows there are.</summary>
    public static int Expand(Tensor selected, Tensor counts, Tensor blocks, Tensor blockCounts, Tensor lengths, int width, int last)
    {
        Operands.RequireType(selected, DType.I32);
        Operands.RequireType(blocks, DType.I32);
        Operands.Require(
            selected.Shape.Rank == 2 && blocks.Shape.Rank == 2 && selected.Shape[0] == blocks.Shape[0],
            $"selected and blocks must be I32 matrices with a row for each row of the other; they are {selected} and {blocks}.", nameof(selected));
        int rows = checked((int)selected.Shape[0]);
        Operands.Require(counts, DType.I32, rows);
        Operands.Require(blockCounts, DType.I32, rows);
        Operands.Require(lengths, DType.I32, rows);
        Operands.Require(width > 0, $"A block has no {width} entries.", nameof(width));
        Operands.Require(last >= 0, $"Last entries are counted, not {last}.", nameof(last));
        ReductionChecks.RequireApart(selected, blocks);
        return rows;
    }
}
