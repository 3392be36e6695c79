using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>What the CUDA form of every family shares: the driver, one stream, the compiler, loaded modules and scratch memory.</summary>
internal sealed class CudaContext : IDisposable
{
    // Blocks of a cluster that every device with clusters has.
    private const int EveryDeviceHas = 8;

    private readonly KernelCompiler _compiler;
    private readonly Dictionary<string, GpuModule> _modules = new(StringComparer.Ordinal);
    private Dictionary<string, KernelVariant>? _missing;
    private bool _hasSaidThatClustersAreSmall;

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

    /// <summary>Whether the driver has refused clusters that it said it holds: nobody launches any from then on.</summary>
    public bool ClustersAreRefused { get; private set; }

    /// <summary>Launches of clusters so far, refused and captured ones, too.</summary>
    public long ClusterLaunches { get; private set; }

    /// <summary>Whether launches and copies are left out, and kernels noted instead of loaded.</summary>
    public bool IsRehearsing => _missing is not null;

    /// <summary>Goes through what an action issues without doing it.</summary>
    /// <returns>Kernels that it needs and that are not loaded, one of each module.</returns>
    public IReadOnlyCollection<KernelVariant> Rehearse(Action issue)
    {
        Dictionary<string, KernelVariant> missing = new(StringComparer.Ordinal);
        _missing = missing;
        try
        {
            issue();
        }
        finally
        {
            _missing = null;
        }

        return missing.Values;
    }

    /// <summary>Notes a kernel that a rehearsal came across.</summary>
    public void Note(KernelVariant variant)
    {
        string key = KeyOf(variant);
        if (!_modules.ContainsKey(key))
        {
            _missing!.TryAdd(key, variant);
        }
    }

    /// <summary>Compiles kernels side by side, and loads them.</summary>
    public void LoadAll(IReadOnlyCollection<KernelVariant> variants, IProgress<KernelProgress>? progress, CancellationToken cancellationToken)
    {
        int done = 0;
        ParallelOptions options = new() { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.ForEach(variants, options, variant =>
            {
                _compiler.Compile(KernelSources.Get(variant.Source), variant.Definitions, Driver.Architecture);
                progress?.Report(new KernelProgress(Interlocked.Increment(ref done), variants.Count));
            });
        }
        catch (AggregateException exception)
        {
            // One that does not compile is what its caller would have met.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }

        foreach (KernelVariant variant in variants)
        {
            Load(variant);
        }
    }

    /// <summary>Compiles (or takes from the cache) and loads a kernel. Variants of one source with the same constants share a module.</summary>
    /// <exception cref="KernelCompileException">The source does not compile.</exception>
    public GpuFunction Load(KernelVariant variant)
    {
        string key = KeyOf(variant);
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

        if (variant.ClusterBlocks > EveryDeviceHas)
        {
            AllowLargeClusters(function);
        }

        return function;
    }

    // A device that has none of more than every device has says so again when it is asked how many of them it holds; smaller ones it has nevertheless.
    private void AllowLargeClusters(GpuFunction function)
    {
        try
        {
            Driver.AllowLargeClusters(function);
        }
        catch (CudaException exception) when (!exception.IsDeviceLost)
        {
            if (!_hasSaidThatClustersAreSmall)
            {
                Trace.TraceWarning($"Kernels go on with clusters of {EveryDeviceHas} blocks at most: {exception.Message}");
                _hasSaidThatClustersAreSmall = true;
            }
        }
    }

    /// <summary>Says that scratch memory has moved.</summary>
    public void ScratchMoved() => ScratchGeneration++;

    /// <summary>Says that the driver has refused clusters. What else does the same takes their place, only slower.</summary>
    /// <param name="reason">How it refused.</param>
    public void RefuseClusters(CudaException reason)
    {
        if (!ClustersAreRefused)
        {
            Trace.TraceWarning($"Kernels go on without clusters, slower, since the driver refuses them: {reason.Message}");
            ClustersAreRefused = true;
        }
    }

    /// <summary>Launches on <see cref="Stream"/>.</summary>
    public void Launch(GpuFunction function, in LaunchShape shape, in ArgumentBlock arguments)
    {
        if (!IsRehearsing)
        {
            ClusterLaunches += shape.Cluster == default ? 0 : 1;
            Driver.Launch(function, shape, arguments.Bytes, Stream);
        }
    }

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

    private static string KeyOf(KernelVariant variant) => $"{variant.Source}|{string.Join('|', variant.Definitions)}";
}
