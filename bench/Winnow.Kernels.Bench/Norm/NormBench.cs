using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Bench.Norm;

/// <summary>The RMS norm and the rotary embedding of a chunk of 512 rows of 4096 values. The peak is that of memory; caches may beat it.</summary>
public class NormBench : KernelBench
{
    private const int Rows = 512;
    private const int Columns = 4096;
    private const int HeadDim = 128;
    private Tensor _input;
    private Tensor _output;
    private Tensor _weight;
    private Tensor _table;

    /// <inheritdoc/>
    public override Cost Cost => new(2.0 * Rows * Columns * sizeof(float), 3.0 * Rows * Columns, Threads);

    [Benchmark]
    public void RmsNorm() => Device.Norm.RmsNorm(_output, _input, _weight, 1e-5f);

    [Benchmark]
    public void Rope() => Device.Norm.Rope(_input, HeadDim, _table, RopeLayout.HalfSplit);

    /// <inheritdoc/>
    protected override void Allocate()
    {
        _input = Random(new Shape(Rows, Columns));
        _output = New(DType.F32, new Shape(Rows, Columns));
        _weight = Random(new Shape(Columns));
        _table = New(DType.F32, new Shape(Rows, HeadDim / 2, 2));
        Device.Norm.RopeTable(_table, Range(0, Rows), Random(new Shape(HeadDim / 2)), 1);
    }
}
