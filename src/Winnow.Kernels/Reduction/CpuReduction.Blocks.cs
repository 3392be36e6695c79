using System;

namespace Winnow.Kernels.Reduction;

/// <content>Blocks of entries: what a network expects of them, and lists of what is in them.</content>
internal sealed unsafe partial class CpuReduction
{
    /// <inheritdoc/>
    public void PredictBlocks(Tensor output, Tensor history, Tensor weights, Tensor lengths, Tensor oldest, int first = 0, int last = 0)
    {
        (int rows, int blocks) = BlockChecks.Predict(output, history, weights, lengths, oldest, first, last);
        float* arranged = stackalloc float[BlockNetwork.Weights];
        PredictWork.Arrange(arranged, (float*)weights.Address);
        int pieces = (blocks + PredictWork.Piece - 1) / PredictWork.Piece;
        var work = new PredictWork
        {
            Output = (float*)output.Address,
            History = (float*)history.Address,
            Weights = arranged,
            Lengths = RowLengths.Of(lengths, blocks),
            Oldest = (int*)oldest.Address,
            Rows = rows,
            Pieces = pieces,
            First = first,
            Last = last,
        };
        RowRunner.Run(workers, work, checked(rows * pieces), (long)PredictWork.Piece * BlockNetwork.Steps * BlockNetwork.Weights);
    }

    /// <inheritdoc/>
    public void ExpandBlocks(Tensor selected, Tensor counts, Tensor blocks, Tensor blockCounts, Tensor lengths, int width, int last)
    {
        int rows = BlockChecks.Expand(selected, counts, blocks, blockCounts, lengths, width, last);
        (int capacity, int blockCapacity) = (checked((int)selected.Shape[1]), checked((int)blocks.Shape[1]));
        for (int row = 0; row < rows; row++)
        {
            int listed = Math.Clamp(((int*)blockCounts.Address)[row], 0, blockCapacity);
            ((int*)counts.Address)[row] = Expand(
                new Span<int>((int*)selected.Address + ((long)row * capacity), capacity),
                new ReadOnlySpan<int>((int*)blocks.Address + ((long)row * blockCapacity), listed),
                Math.Max(0, ((int*)lengths.Address)[row]),
                width,
                last);
        }
    }

    private static int Expand(Span<int> selected, ReadOnlySpan<int> blocks, int length, int width, int last)
    {
        int count = 0, tail = Math.Max(0, length - last);
        foreach (int block in blocks)
        {
            for (int entry = block * width; entry < Math.Min(tail, (block + 1) * width); entry++)
            {
                Put(selected, entry);
            }
        }

        for (int entry = tail; entry < length; entry++)
        {
            Put(selected, entry);
        }

        return count;

        void Put(Span<int> list, int entry)
        {
            if (count < list.Length)
            {
                list[count] = entry;
            }

            count++;
        }
    }
}
