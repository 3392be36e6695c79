using System.Linq;
using BenchmarkDotNet.Attributes;

namespace Winnow.Kernels.Bench.Reduction;

/// <summary>Gathering 512 rows of 4096 values out of order.</summary>
public class ReductionBench : KernelBench
{
    private const int Rows = 512;
    private const int Columns = 4096;
    private Tensor _input;
    private Tensor _output;
    private Tensor _indices;

    /// <inheritdoc/>
    public override Cost Cost => new(2.0 * Rows * Columns * sizeof(float), 0, Threads);

    [Benchmark]
    public void GatherRows() => Device.Reduction.GatherRows(_output, _input, _indices);

    /// <inheritdoc/>
    protected override void Allocate()
    {
        _input = Random(new Shape(Rows, Columns));
        _output = New(DType.F32, new Shape(Rows, Columns));
        _indices = Integers([.. Enumerable.Range(0, Rows).Select(row => row * 37 % Rows)]);
    }
}
