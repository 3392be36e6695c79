using System;
using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Bench.Linear;

/// <summary>Products as they occur in a model of 125 million parameters: one row (decode), a small batch, a prompt's chunk.</summary>
[SuppressMessage("Design", "CA1001", Justification = "GlobalCleanup disposes it: the harness owns the life of a benchmark.")]
public class LinearBench : ICosted
{
    private const int Inputs = 768;
    private CpuDevice _device = null!;
    private Tensor _input;
    private Tensor _output;
    private Tensor _weight;

    [Params(1, 4, 512)]
    public int Rows { get; set; }

    [Params(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_K, DType.Q5_K, DType.Q6_K, DType.IQ4_NL)]
    public DType Type { get; set; }

    [Params(1, 2)]
    public int Threads { get; set; }

    /// <inheritdoc/>
    public Cost Cost => new(
        Type.BytesOf((long)Outputs * Inputs) + (4.0 * Rows * (Inputs + Outputs)), 2.0 * Rows * Inputs * Outputs, Threads);

    // Few rows are bound by the weights' memory, so those must not fit the caches: the output matrix of the model, with 32000 rows.
    private int Outputs => Rows == 512 ? 2048 : 32000;

    [GlobalSetup]
    public void SetUp()
    {
        _device = new CpuDevice(Threads);
        _input = _device.AllocateTensor(DType.F32, new Shape(Rows, Inputs));
        _output = _device.AllocateTensor(DType.F32, new Shape(Rows, Outputs));
        _weight = _device.AllocateTensor(Type, new Shape(Outputs, Inputs));

        // Bytes of 0x2A are small finite numbers in every type, scales included.
        _device.Fill(_weight, 0x2A);
        float[] values = new float[Rows * Inputs];
        var random = new Random(1);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (float)((2 * random.NextDouble()) - 1);
        }

        _device.Upload<float>(_input, values);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _input.Buffer.Dispose();
        _output.Buffer.Dispose();
        _weight.Buffer.Dispose();
        _device.Dispose();
    }

    [Benchmark]
    public void Project() => _device.Linear.Project(_input, new Projection { Output = _output, Weight = _weight });
}
