using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Tests;

namespace Winnow.Kernels.Bench;

/// <summary>What the host does for a launch: arguments are checked, a variant is chosen, its arguments packed. The driver takes the call and runs nothing.</summary>
public class LaunchBench
{
    private const int Columns = 4096;
    private readonly SilentDriver _driver = new("sm_90a");
    private CudaDevice _device = null!;
    private Tensor _input;
    private Tensor _output;
    private Tensor _weight;
    private Tensor _matrix;

    [GlobalSetup]
    public void SetUp()
    {
        _device = new CudaDevice(_driver);
        _input = _device.AllocateTensor(DType.F32, new Shape(1, Columns));
        _output = _device.AllocateTensor(DType.F32, new Shape(1, Columns));
        _weight = _device.AllocateTensor(DType.F32, new Shape(Columns));
        _matrix = _device.AllocateTensor(DType.BF16, new Shape(Columns, Columns));
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _input.Buffer.Dispose();
        _output.Buffer.Dispose();
        _weight.Buffer.Dispose();
        _matrix.Buffer.Dispose();
        _device.Dispose();
        _driver.Dispose();
    }

    [Benchmark]
    public void Norm() => _device.Norm.RmsNorm(_output, _input, _weight, 1e-5f);

    [Benchmark]
    public void Product() => _device.Linear.Project(_input, new Projection { Output = _output, Weight = _matrix });
}
