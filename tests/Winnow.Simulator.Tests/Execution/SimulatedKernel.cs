using System;
using System.Collections.Generic;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Simulator.Tests.Execution;

/// <summary>A kernel of CUDA C++ on a simulator of its own, with buffers that are freed with it.</summary>
internal sealed unsafe class SimulatedKernel : IDisposable
{
    private readonly List<nint> _buffers = [];
    private readonly GpuFunction _function;
    private readonly GpuModule _module;

    /// <param name="source">CUDA C++ with one kernel that is called <c>test</c>.</param>
    /// <param name="options">How the simulator works.</param>
    public SimulatedKernel(string source, PtxSimulatorOptions? options = null)
    {
        NvrtcSupport.Require();
        Driver = new PtxSimulator(options);
        KernelSource kernel = new("test.cu", source, new Dictionary<string, string>());
        byte[] image = new KernelCompiler().Compile(kernel, [], Driver.Architecture);
        _module = Driver.LoadModule(image, "test.cu");
        _function = Driver.GetFunction(_module, "test");
        Stream = Driver.CreateStream();
    }

    public PtxSimulator Driver { get; }

    public GpuStream Stream { get; }

    public GpuFunction Function => _function;

    /// <summary>A buffer with contents.</summary>
    public nint Buffer<T>(params ReadOnlySpan<T> values)
        where T : unmanaged
    {
        nint buffer = Buffer(values.Length * sizeof(T));
        fixed (T* source = values)
        {
            Driver.CopyToDevice(buffer, (nint)source, values.Length * sizeof(T), Stream);
        }

        return buffer;
    }

    /// <summary>A buffer that nothing wrote.</summary>
    public nint Buffer(int bytes)
    {
        nint buffer = Driver.Allocate(bytes);
        _buffers.Add(buffer);
        return buffer;
    }

    /// <summary>A tensor map.</summary>
    public byte[] Map(TensorMapShape shape)
    {
        byte[] map = new byte[TensorMapShape.EncodedBytes];
        Driver.EncodeTensorMap(shape, map);
        return map;
    }

    /// <summary>Launches with buffers, numbers and tensor maps as arguments.</summary>
    public void Launch(LaunchShape shape, params ReadOnlySpan<object> arguments)
    {
        ArgumentBlock block = new(new byte[512]);
        foreach (object argument in arguments)
        {
            switch (argument)
            {
                case nint address:
                    block.Add(address);
                    break;
                case int number:
                    block.Add(number);
                    break;
                case float number:
                    block.Add(number);
                    break;
                case byte[] map:
                    block.AddMap(map);
                    break;
                default:
                    throw new ArgumentException($"No argument of type {argument.GetType()}.");
            }
        }

        Driver.Launch(_function, shape, block.Bytes, Stream);
    }

    /// <summary>What a buffer holds.</summary>
    public T[] Read<T>(nint buffer, int count)
        where T : unmanaged
    {
        T[] values = new T[count];
        fixed (T* target = values)
        {
            Driver.CopyToHost((nint)target, buffer, count * sizeof(T), Stream);
        }

        return values;
    }

    public void Dispose()
    {
        foreach (nint buffer in _buffers)
        {
            Driver.Free(buffer);
        }

        Driver.DestroyStream(Stream);
        Driver.UnloadModule(_module);
        Driver.Dispose();
    }
}
