using Winnow.Gpu;

namespace Winnow.Kernels.Reduction;

/// <content>Rows of scores: weights, ranks, magnitudes.</content>
internal sealed partial class CudaReduction
{
    private const int ThreadsOfWarp = 32;
    private const int RankPiece = 256;
    private const int MostRankThreads = 1024;
    private const int RankedTogether = 4;
    private const int SumThreads = 128;

    /// <inheritdoc/>
    public void SoftmaxRows(Tensor output, Tensor input, Tensor lengths = default, int start = 0, int segment = 0)
    {
        RowSegments segments = RowChecks.Softmax(output, input, lengths, start, segment);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        AddSegments(ref arguments, output, input, lengths, segments);
        Launch(Kernel.Softmax, new LaunchShape(segments.Rows, segments.Count, 1, Threads), arguments);
    }

    /// <inheritdoc/>
    public void AbsoluteSums(Tensor output, Tensor input)
    {
        int rows = RowChecks.AbsoluteSums(output, input);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        arguments.Add(output.Address);
        arguments.Add(input.Address);
        arguments.Add((long)rows);
        arguments.Add(checked((int)input.Shape[1]));
        Launch(Kernel.AbsoluteSums, LaunchShape.Linear(Blocks(rows, SumThreads / ThreadsOfWarp), SumThreads), arguments);
    }

    /// <inheritdoc/>
    public void RankRows(Tensor output, Tensor input, Tensor lengths = default, int start = 0, int segment = 0)
    {
        RowSegments segments = RowChecks.Rank(output, input, lengths, start, segment);
        ArgumentBlock arguments = new(stackalloc byte[ArgumentBytes]);
        AddSegments(ref arguments, output, input, lengths, segments);

        // All entries of a segment on their way at once, if there are no more than so many threads of a block can ask for.
        int threads = RankPiece;
        while (threads < MostRankThreads && threads * RankedTogether < segments.Width)
        {
            threads *= 2;
        }

        var shape = new LaunchShape(segments.Rows, Blocks(segments.Width, RankPiece), segments.Count, threads);
        Launch(Kernel.Rank, shape, arguments);
    }

    private static void AddSegments(ref ArgumentBlock arguments, Tensor output, Tensor input, Tensor lengths, in RowSegments segments)
    {
        arguments.Add(output.Address);
        arguments.Add(input.Address);
        arguments.Add(Address(lengths));
        arguments.Add(segments.Entries);
        arguments.Add(segments.Start);
        arguments.Add(segments.Width);
    }
}
