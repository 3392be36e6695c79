using System;
using Winnow.Gpu;

namespace Winnow.Simulator.Bench;

/// <summary>A launch that is repeated, with its simulator and its buffers.</summary>
internal sealed class BenchLaunch : IDisposable
{
    private readonly BenchKernel _kernel;
    private readonly GpuFunction _function;
    private readonly GpuStream _stream;
    private readonly byte[] _arguments;

    /// <param name="kernel">What is launched.</param>
    /// <param name="image">Its PTX.</param>
    /// <param name="options">How the simulator works.</param>
    public BenchLaunch(BenchKernel kernel, byte[] image, PtxSimulatorOptions options)
    {
        _kernel = kernel;
        Driver = new PtxSimulator(options);
        _function = Driver.GetFunction(Driver.LoadModule(image, kernel.Name), "bench");
        _stream = Driver.CreateStream();
        const long Bytes = BenchKernel.Elements * sizeof(float);
        nint output = Driver.Allocate(Bytes);
        nint input = Driver.Allocate(Bytes);
        Driver.Fill(input, 0x3F, Bytes, _stream);
        ArgumentBlock arguments = new(stackalloc byte[32]);
        arguments.Add(output);
        arguments.Add(input);
        arguments.Add(kernel.N);
        _arguments = arguments.Bytes.ToArray();
    }

    public PtxSimulator Driver { get; }

    public void Run() => Driver.Launch(_function, _kernel.Shape, _arguments, _stream);

    public void Dispose() => Driver.Dispose();
}
