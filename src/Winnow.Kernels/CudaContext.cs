using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>What the CUDA form of every family shares: the driver, one stream, the compiler, loaded modules and scratch memory.</summary>
internal sealed class CudaContext : IDisposable
{
    private readonly KernelCompiler _compiler;
    private readonly Dictionary<string, GpuModule> _modules = new(StringComparer.Ordinal);

    /// <param name="driver">The device; it stays with the caller.</param>
    /// <param name="compiler">Turns sources into images.</param>
    public CudaContext(GpuDriver driver, KernelCompiler compiler)
    {
        (Driver, _compiler) = (driver, compiler);
        Stream = driver.CreateStream();
    }

    /// <summary>The device.</summary>
    public GpuDriver Driver { get; }

    /// <summary>The stream that all families issue to.</summary>
    public GpuStream Stream { get; }

    /// <summary>Grows whenever scratch memory is replaced: recordings made before are stale.</summary>
    public int ScratchGeneration { get; private set; }

    /// <summary>Compiles (or takes from the cache) and loads a kernel. Variants of one source with the same constants share a module.</summary>
    /// <exception cref="KernelCompileException">The source does not compile.</exception>
    public GpuFunction Load(KernelVariant variant)
    {
        string key = $"{variant.Source}|{string.Join('|', variant.Definitions)}";
        if (!_modules.TryGetValue(key, out GpuModule module))
        {
            byte[] image = _compiler.Compile(KernelSources.Get(variant.Source), variant.Definitions, Driver.Architecture);
            module = Driver.LoadModule(image, variant.Source);
            _modules.Add(key, module);
        }

        GpuFunction function = Driver.GetFunction(module, variant.Entry);
        if (variant.SharedBytes > 48 * 1024)
        {
            Driver.AllowSharedBytes(function, variant.SharedBytes);
        }

        return function;
    }

    /// <summary>Says that scratch memory has moved.</summary>
    public void ScratchMoved() => ScratchGeneration++;

    /// <summary>Launches on <see cref="Stream"/>.</summary>
    public void Launch(GpuFunction function, in LaunchShape shape, in ArgumentBlock arguments) =>
        Driver.Launch(function, shape, arguments.Bytes, Stream);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GpuModule module in _modules.Values)
        {
            Driver.UnloadModule(module);
        }

        _modules.Clear();
        Driver.DestroyStream(Stream);
    }
}
