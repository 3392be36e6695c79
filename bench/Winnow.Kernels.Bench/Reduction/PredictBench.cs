using System.Linq;
using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Bench.Reduction;

/// <summary>Scoring the 512 blocks of 8,192 slots in 2 rows by the network over their history.</summary>
public class PredictBench : KernelBench
{
    private const int Rows = 2;
    private const int Blocks = 512;
    private Tensor _scores;
    private Tensor _history;
    private Tensor _weights;
    private Tensor _lengths;
    private Tensor _oldest;

    /// <inheritdoc/>
    public override Cost Cost => new(
        (double)Rows * Blocks * BlockNetwork.Steps * sizeof(float),
        2.0 * Rows * Blocks * BlockNetwork.Steps * BlockNetwork.Hidden * BlockNetwork.Taps * (1 + BlockNetwork.Features),
        Threads);

    [Benchmark]
    public void PredictBlocks() => Device.Reduction.PredictBlocks(_scores, _history, _weights, _lengths, _oldest);

    /// <inheritdoc/>
    protected override void Allocate()
    {
        _scores = New(DType.F32, new Shape(Rows, Blocks));
        _history = Random(new Shape(BlockNetwork.Steps / PagedKv.PageSlots, Rows, Blocks * PagedKv.PageSlots));
        _weights = Random(new Shape(BlockNetwork.Weights));
        _lengths = Integers([.. Enumerable.Repeat(Blocks, Rows)]);
        _oldest = Integers([.. Enumerable.Repeat(5, Rows)]);
    }
}
