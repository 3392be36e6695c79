using Winnow.Gpu;

namespace Winnow.Kernels.Reduction;

/// <content>Blocks of entries: what a network expects of them, and lists of what is in them.</content>
internal sealed partial class CudaReduction
{
    private const int PredictColumns = 8;

    /// <inheritdoc/>
    public void PredictBlocks(Tensor output, Tensor history, Tensor weights, Tensor lengths, Tensor oldest, int first = 0, int last = 0)
    {
        (int rows, int blocks) = BlockChecks.Predict(output, history, weights, lengths, oldest, first, last);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(history.Address);
        arguments.Add(weights.Address);
        arguments.Add(lengths.Address);
        arguments.Add(oldest.Address);
        arguments.Add(blocks);
        arguments.Add(first);
        arguments.Add(last);
        Launch(Kernel.PredictBlocks, new LaunchShape(Blocks(blocks, PredictColumns), rows, 1, Threads), arguments);
    }

    /// <inheritdoc/>
    public void ExpandBlocks(Tensor selected, Tensor counts, Tensor blocks, Tensor blockCounts, Tensor lengths, int width, int last)
    {
        int rows = BlockChecks.Expand(selected, counts, blocks, blockCounts, lengths, width, last);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(selected.Address);
        arguments.Add(counts.Address);
        arguments.Add(blocks.Address);
        arguments.Add(blockCounts.Address);
        arguments.Add(lengths.Address);
        arguments.Add(checked((int)selected.Shape[1]));
        arguments.Add(checked((int)blocks.Shape[1]));
        arguments.Add(width);
        arguments.Add(last);
        Launch(Kernel.ExpandBlocks, LaunchShape.Linear(rows, Threads), arguments);
    }
}
