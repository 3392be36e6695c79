using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Bench.Linear;

/// <summary>Products as they occur in a model of 125 million parameters: one row (decode), a small batch, a prompt's chunk.</summary>
public class LinearBench : KernelBench
{
    private const int Inputs = 768;
    private Tensor _input;
    private Tensor _output;
    private Tensor _weight;

    [Params(1, 4, 512)]
    public int Rows { get; set; }

    // Weights as models have them, which are arranged where the processor has an order for them, and some in file order to compare.
    [Params(
        DType.F32, DType.F16x8, DType.BF16x8, DType.Q8_0x16, DType.Q4_0x16, DType.Q4_Kx16, DType.Q5_Kx16, DType.Q6_Kx16, DType.Q5_0x16, DType.IQ4_NLx16, DType.F16, DType.Q8_0, DType.Q4_K)]
    public DType Type { get; set; }

    /// <inheritdoc/>
    public override Cost Cost => new(
        Type.BytesOf((long)Outputs * Inputs) + (4.0 * Rows * (Inputs + Outputs)), 2.0 * Rows * Inputs * Outputs, Threads);

    // Few rows are bound by the weights' memory, so those must not fit the caches: the output matrix of the model, with 32000 rows.
    private int Outputs => Rows == 512 ? 2048 : 32000;

    [Benchmark]
    public void Project() => Device.Linear.Project(_input, new Projection { Output = _output, Weight = _weight });

    /// <inheritdoc/>
    protected override void Allocate()
    {
        _input = Random(new Shape(Rows, Inputs));
        _output = New(DType.F32, new Shape(Rows, Outputs));
        _weight = New(Type, new Shape(Outputs, Inputs));

        // Bytes of 0x2A are small finite numbers in every type, scales included.
        Device.Fill(_weight, 0x2A);
    }
}
