using System;
using System.Collections.Generic;
using System.Globalization;
using Winnow.Gpu;

namespace Winnow.Native;

/// <summary>One entry point of a compiled source.</summary>
internal sealed class Kernel : IDisposable
{
    private const int NotFound = 500;

    private readonly Gpu _gpu;
    private readonly GpuModule _module;
    private readonly GpuFunction _function;

    public Kernel(Gpu gpu, string source, string entry, IReadOnlyList<string> definitions)
    {
        _gpu = gpu;
        byte[] image = gpu.Compiler.Compile(new KernelSource(entry + ".cu", source, new Dictionary<string, string>()), definitions, gpu.Driver.Architecture);
        _module = gpu.Driver.LoadModule(image, entry);
        try
        {
            _function = gpu.Driver.GetFunction(_module, entry);
            if (gpu.Driver.HasClusters)
            {
                gpu.Driver.AllowLargeClusters(_function);
            }
        }
        catch (CudaException exception) when (exception.Status == NotFound)
        {
            gpu.Driver.UnloadModule(_module);
            throw new ArgumentException($"The source compiles, and has no kernel '{entry}' declared extern \"C\" __global__.", nameof(entry), exception);
        }
        catch
        {
            gpu.Driver.UnloadModule(_module);
            throw;
        }
    }

    /// <summary>Runs the kernel and waits for it; gives the milliseconds of one run where it was repeated.</summary>
    public double Launch(in LaunchFigures figures, ReadOnlySpan<byte> arguments)
    {
        lock (_gpu.Gate)
        {
            _gpu.ThrowIfFreed();
            LaunchShape shape = ShapeOf(figures);
            GpuDriver driver = _gpu.Driver;
            if (shape.SharedBytes > 0)
            {
                driver.AllowSharedBytes(_function, shape.SharedBytes);
            }

            GpuEvent start = driver.CreateEvent(timing: true);
            GpuEvent end = driver.CreateEvent(timing: true);
            try
            {
                driver.Record(start, _gpu.Stream);
                for (int run = 0; run < figures.Repeats; run++)
                {
                    driver.Launch(_function, shape, arguments, _gpu.Stream);
                }

                driver.Record(end, _gpu.Stream);
                driver.Synchronize(_gpu.Stream);
                return driver.ElapsedTime(start, end).TotalMilliseconds / figures.Repeats;
            }
            finally
            {
                driver.DestroyEvent(start);
                driver.DestroyEvent(end);
            }
        }
    }

    public void Dispose()
    {
        lock (_gpu.Gate)
        {
            try
            {
                _gpu.ThrowIfFreed();
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            _gpu.Driver.UnloadModule(_module);
        }
    }

    private static LaunchShape ShapeOf(in LaunchFigures figures)
    {
        ReadOnlySpan<int> sizes = [figures.GridX, figures.GridY, figures.GridZ, figures.BlockX, figures.BlockY, figures.BlockZ, figures.Repeats];
        foreach (int size in sizes)
        {
            if (size < 1)
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Sizes of grid and block and the repeats must be 1 or more, not {size}."));
            }
        }

        if (figures.SharedBytes < 0)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"The bytes of shared memory must be 0 or more, not {figures.SharedBytes}."));
        }

        return new LaunchShape(figures.GridX, figures.GridY, figures.GridZ, figures.BlockX, figures.BlockY, figures.BlockZ, figures.SharedBytes);
    }
}
