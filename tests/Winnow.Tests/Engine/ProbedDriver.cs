using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Tests.Engine;

/// <summary>A driver that counts what goes to another one, and that fails on demand. It owns the other one.</summary>
internal sealed class ProbedDriver(GpuDriver inner) : GpuDriver
{
    private readonly HashSet<nint> _memory = [];
    private bool _capturing;

    /// <summary>Kernels launched one by one, those being recorded left out.</summary>
    public int Launches { get; private set; }

    /// <summary>Recordings launched.</summary>
    public int GraphLaunches { get; private set; }

    /// <summary>Copies to the device.</summary>
    public int Uploads { get; private set; }

    /// <summary>Waits for the device.</summary>
    public int Waits { get; private set; }

    /// <summary>Pieces of device and page-locked memory that are not given back.</summary>
    public int LivePieces => _memory.Count;

    /// <summary>How many more allocations succeed.</summary>
    public int AllocationsUntilFault { get; set; } = int.MaxValue;

    /// <summary>How many more launches, recordings included, succeed.</summary>
    public int LaunchesUntilFault { get; set; } = int.MaxValue;

    /// <summary>Whether the device is gone for good after a launch failed.</summary>
    public bool StaysLost { get; init; }

    public bool IsLost { get; private set; }

    /// <summary>Whether launches, recordings, copies and waits are counted and not passed on.</summary>
    public bool IsIdle { get; set; }

    public override GpuProperties Properties => inner.Properties;

    public override string Architecture => inner.Architecture;

    public override long FreeBytes => inner.FreeBytes;

    public override nint Allocate(long bytes)
    {
        if (AllocationsUntilFault-- <= 0)
        {
            throw new OutOfDeviceMemoryException(bytes, 0, "The test took the rest.");
        }

        return Note(inner.Allocate(bytes));
    }

    public override void Free(nint address)
    {
        _memory.Remove(address);
        inner.Free(address);
    }

    public override nint AllocateHost(long bytes) => Note(inner.AllocateHost(bytes));

    public override void FreeHost(nint address)
    {
        _memory.Remove(address);
        inner.FreeHost(address);
    }

    public override void CopyToDevice(nint destination, nint source, long bytes, GpuStream stream)
    {
        Uploads++;
        if (!IsIdle)
        {
            Alive().CopyToDevice(destination, source, bytes, stream);
        }
    }

    public override void CopyToHost(nint destination, nint source, long bytes, GpuStream stream) =>
        Alive().CopyToHost(destination, source, bytes, stream);

    public override void CopyOnDevice(nint destination, nint source, long bytes, GpuStream stream) =>
        Alive().CopyOnDevice(destination, source, bytes, stream);

    public override void Fill(nint destination, byte value, long bytes, GpuStream stream) => Alive().Fill(destination, value, bytes, stream);

    public override GpuModule LoadModule(ReadOnlySpan<byte> image, string name) => inner.LoadModule(image, name);

    public override void UnloadModule(GpuModule module) => inner.UnloadModule(module);

    public override GpuFunction GetFunction(GpuModule module, string name) => inner.GetFunction(module, name);

    public override GpuFunctionAttributes GetAttributes(GpuFunction function) => inner.GetAttributes(function);

    public override void AllowSharedBytes(GpuFunction function, int bytes) => inner.AllowSharedBytes(function, bytes);

    public override bool HasClusters => inner.HasClusters;

    public override void AllowLargeClusters(GpuFunction function) => inner.AllowLargeClusters(function);

    public override int CountResidentClusters(GpuFunction function, in LaunchShape shape) => inner.CountResidentClusters(function, shape);

    public override void EncodeTensorMap(TensorMapShape shape, Span<byte> map) => inner.EncodeTensorMap(shape, map);

    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream)
    {
        FailIfDue();
        Launches += _capturing ? 0 : 1;
        if (!IsIdle)
        {
            Alive().Launch(function, shape, arguments, stream);
        }
    }

    public override GpuStream CreateStream() => inner.CreateStream();

    public override void DestroyStream(GpuStream stream) => inner.DestroyStream(stream);

    public override void Synchronize(GpuStream stream)
    {
        Waits++;
        if (!IsIdle)
        {
            Alive().Synchronize(stream);
        }
    }

    public override GpuEvent CreateEvent(bool timing) => inner.CreateEvent(timing);

    public override void DestroyEvent(GpuEvent gpuEvent) => inner.DestroyEvent(gpuEvent);

    public override void Record(GpuEvent gpuEvent, GpuStream stream) => inner.Record(gpuEvent, stream);

    public override bool IsDone(GpuEvent gpuEvent) => inner.IsDone(gpuEvent);

    public override void Synchronize(GpuEvent gpuEvent) => inner.Synchronize(gpuEvent);

    public override void Wait(GpuStream stream, GpuEvent gpuEvent) => inner.Wait(stream, gpuEvent);

    public override TimeSpan ElapsedTime(GpuEvent start, GpuEvent end) => inner.ElapsedTime(start, end);

    public override void BeginCapture(GpuStream stream)
    {
        _capturing = true;
        inner.BeginCapture(stream);
    }

    public override GpuGraph EndCapture(GpuStream stream)
    {
        _capturing = false;
        return inner.EndCapture(stream);
    }

    public override void Launch(GpuGraph graph, GpuStream stream)
    {
        FailIfDue();
        GraphLaunches++;
        if (!IsIdle)
        {
            Alive().Launch(graph, stream);
        }
    }

    public override void DestroyGraph(GpuGraph graph) => inner.DestroyGraph(graph);

    protected override void Dispose(bool disposing) => inner.Dispose();

    private nint Note(nint address)
    {
        _memory.Add(address);
        return address;
    }

    private void FailIfDue()
    {
        if (LaunchesUntilFault-- == 0)
        {
            IsLost = StaysLost;
            throw new CudaException(719, "CUDA_ERROR_LAUNCH_FAILED", "cuLaunchKernel");
        }
    }

    private GpuDriver Alive() => IsLost ? throw new CudaException(719, "CUDA_ERROR_LAUNCH_FAILED", "any call") : inner;
}
