using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Gpu;

namespace Winnow.Kernels.Tests;

/// <summary>A driver that takes every call and runs nothing: for what the host does before a launch.</summary>
/// <param name="architecture">What it is.</param>
internal sealed unsafe class SilentDriver(string architecture = "compute_80") : GpuDriver
{
    /// <summary>What <see cref="RefusedClusterCall"/> says where recordings of clusters are launched in vain.</summary>
    public const string LaunchOfGraph = "cuGraphLaunch";

    private readonly HashSet<nint> _graphsWithClusters = [];
    private nint _handles;
    private bool _capturesClusters;

    /// <summary>Launches so far.</summary>
    public int Launches { get; private set; }

    /// <summary>What the last launch asked for.</summary>
    public LaunchShape LastShape { get; private set; }

    /// <summary>How many clusters of any launch it says that it holds.</summary>
    public int ResidentClusters { get; set; } = 8;

    /// <summary>The call that fails where it has to do with clusters; empty for none.</summary>
    public string RefusedClusterCall { get; set; } = "";

    /// <summary>How many of them failed.</summary>
    public int Refusals { get; private set; }

    /// <summary>The kernels that it was to allow large clusters.</summary>
    public HashSet<GpuFunction> WithLargeClusters { get; } = [];

    public override GpuProperties Properties { get; } = new()
    {
        Name = "silent",
        ComputeCapability = architecture.EndsWith("90a", StringComparison.Ordinal) ? 90 : 80,
        DriverVersion = 12_000,
        Multiprocessors = architecture.EndsWith("90a", StringComparison.Ordinal) ? 132 : 108,
        TotalBytes = 1L << 40,
        L2Bytes = 40 << 20,
        MaxSharedBytesPerBlock = 163 << 10,
        SharedBytesPerMultiprocessor = 164 << 10,
        RegistersPerMultiprocessor = 65_536,
        MaxThreadsPerMultiprocessor = 2048,
    };

    public override string Architecture => architecture;

    public override long FreeBytes => Properties.TotalBytes;

    public override nint Allocate(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 256);

    public override void Free(nint address) => NativeMemory.AlignedFree((void*)address);

    public override nint AllocateHost(long bytes) => Allocate(bytes);

    public override void FreeHost(nint address) => Free(address);

    public override void CopyToDevice(nint destination, nint source, long bytes, GpuStream stream) =>
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);

    public override void CopyToHost(nint destination, nint source, long bytes, GpuStream stream) =>
        CopyToDevice(destination, source, bytes, stream);

    public override void CopyOnDevice(nint destination, nint source, long bytes, GpuStream stream) =>
        CopyToDevice(destination, source, bytes, stream);

    public override void Fill(nint destination, byte value, long bytes, GpuStream stream) =>
        NativeMemory.Fill((void*)destination, (nuint)bytes, value);

    public override GpuModule LoadModule(ReadOnlySpan<byte> image, string name) => new(++_handles);

    public override void UnloadModule(GpuModule module)
    {
        // Nothing was loaded.
    }

    public override GpuFunction GetFunction(GpuModule module, string name) => new(++_handles);

    public override GpuFunctionAttributes GetAttributes(GpuFunction function) => new(32, 0, 0, 1024);

    public override void AllowSharedBytes(GpuFunction function, int bytes)
    {
        // Nothing is ever launched.
    }

    public override bool HasClusters => Properties.ComputeCapability >= 90;

    public override void AllowLargeClusters(GpuFunction function)
    {
        MayRefuse(nameof(AllowLargeClusters));
        WithLargeClusters.Add(function);
    }

    public override int CountResidentClusters(GpuFunction function, in LaunchShape shape)
    {
        MayRefuse(nameof(CountResidentClusters));
        return shape.Cluster.X > 8 && !WithLargeClusters.Contains(function) ? throw Refusal(nameof(CountResidentClusters)) : ResidentClusters;
    }

    public override void EncodeTensorMap(TensorMapShape shape, Span<byte> map) => shape.Validate();

    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream)
    {
        if (shape.Cluster != default)
        {
            MayRefuse(nameof(Launch));
            _capturesClusters = true;
        }

        Launches++;
        LastShape = shape;
        if (shape.Cluster.X > 8 && !WithLargeClusters.Contains(function))
        {
            throw new InvalidOperationException("a cluster of more than 8 blocks that nobody allowed");
        }
    }

    public override GpuStream CreateStream() => new(++_handles);

    public override void DestroyStream(GpuStream stream)
    {
        // Nothing waits in it.
    }

    public override void Synchronize(GpuStream stream)
    {
        // Everything is done.
    }

    public override GpuEvent CreateEvent(bool timing) => new(++_handles);

    public override void DestroyEvent(GpuEvent gpuEvent)
    {
        // It holds nothing.
    }

    public override void Record(GpuEvent gpuEvent, GpuStream stream)
    {
        // Everything before it is done.
    }

    public override bool IsDone(GpuEvent gpuEvent) => true;

    public override void Synchronize(GpuEvent gpuEvent)
    {
        // Everything before it is done.
    }

    public override void Wait(GpuStream stream, GpuEvent gpuEvent)
    {
        // Everything before it is done.
    }

    public override TimeSpan ElapsedTime(GpuEvent start, GpuEvent end) => TimeSpan.Zero;

    public override void BeginCapture(GpuStream stream) => _capturesClusters = false;

    public override GpuGraph EndCapture(GpuStream stream)
    {
        GpuGraph graph = new(++_handles);
        if (_capturesClusters)
        {
            MayRefuse(nameof(EndCapture));
            _graphsWithClusters.Add(graph.Handle);
        }

        return graph;
    }

    public override void Launch(GpuGraph graph, GpuStream stream)
    {
        if (_graphsWithClusters.Contains(graph.Handle))
        {
            MayRefuse(LaunchOfGraph);
        }

        Launches++;
    }

    public override void DestroyGraph(GpuGraph graph)
    {
        // It holds nothing.
    }

    protected override void Dispose(bool disposing)
    {
        // It holds nothing.
    }

    private static CudaException Refusal(string call) => new(912, "CUDA_ERROR_INVALID_CLUSTER_SIZE", call, "It does not.");

    private void MayRefuse(string call)
    {
        if (call == RefusedClusterCall)
        {
            Refusals++;
            throw Refusal(call);
        }
    }
}
