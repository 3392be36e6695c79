using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Timing;

/// <summary>A device without memory of its own whose clock goes on by what a script says for each launch, so that what is measured can be known.</summary>
internal sealed class ClockedDriver : GpuDriver
{
    private readonly Dictionary<nint, string> _functions = [];
    private readonly Dictionary<nint, double> _events = [];
    private readonly Dictionary<nint, List<string>> _graphs = [];
    private List<string>? _capture;
    private nint _handles = 256;
    private double _now;

    /// <summary>Microseconds of the next launch of a kernel.</summary>
    public Func<string, double> Microseconds { get; init; } = _ => 1;

    /// <summary>What a fill takes.</summary>
    public double FillMicroseconds { get; init; } = 1000;

    /// <summary>What was asked for, in order: <c>launch k</c>, <c>fill 2000</c>, <c>graph 10</c>, <c>copy</c>, <c>record</c>.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Allocations, modules, streams, events and graphs that were not given back.</summary>
    public int Live { get; private set; }

    public override GpuProperties Properties { get; } = new()
    {
        Name = "clocked",
        ComputeCapability = 80,
        DriverVersion = 12_000,
        Multiprocessors = 10,
        TotalBytes = 1L << 30,
        L2Bytes = 1000,
        MaxSharedBytesPerBlock = 163 * 1024,
        SharedBytesPerMultiprocessor = 164 * 1024,
        RegistersPerMultiprocessor = 65_536,
        MaxThreadsPerMultiprocessor = 2048,
    };

    public override string Architecture => IsHopper ? "compute_90a" : "compute_80";

    /// <summary>Whether it says that it is a Hopper.</summary>
    public bool IsHopper { get; init; }

    public override long FreeBytes => Properties.TotalBytes;

    public override nint Allocate(long bytes)
    {
        nint address = New();
        _handles += (nint)bytes + 255 & ~255;
        return address;
    }

    public override void Free(nint address) => Live--;

    public override nint AllocateHost(long bytes)
    {
        Live++;
        return Marshal.AllocHGlobal((nint)bytes);
    }

    public override void FreeHost(nint address)
    {
        Live--;
        Marshal.FreeHGlobal(address);
    }

    public override void CopyToDevice(nint destination, nint source, long bytes, GpuStream stream) => Log.Add("upload");

    public override void CopyToHost(nint destination, nint source, long bytes, GpuStream stream) => Log.Add("download");

    public override void CopyOnDevice(nint destination, nint source, long bytes, GpuStream stream) => Spend("copy", 100);

    public override void Fill(nint destination, byte value, long bytes, GpuStream stream) => Spend($"fill {bytes}", FillMicroseconds);

    public override GpuModule LoadModule(ReadOnlySpan<byte> image, string name) => new(New());

    public override void UnloadModule(GpuModule module) => Live--;

    public override GpuFunction GetFunction(GpuModule module, string name)
    {
        _functions.Add(_functions.Count + 1, name);
        return new GpuFunction(_functions.Count);
    }

    public override GpuFunctionAttributes GetAttributes(GpuFunction function) => new(32, 0, 0, 1024);

    public override void AllowSharedBytes(GpuFunction function, int bytes) => Log.Add("allow");

    public override void EncodeTensorMap(TensorMapShape shape, Span<byte> map) => shape.Validate();

    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream) => Launch(_functions[function.Handle]);

    /// <summary>Does what a launch of a kernel of that name does.</summary>
    public void Launch(string kernel)
    {
        if (_capture is null)
        {
            Spend("launch " + kernel, Microseconds(kernel));
        }
        else
        {
            _capture.Add(kernel);
        }
    }

    public override GpuStream CreateStream() => new(New());

    public override void DestroyStream(GpuStream stream) => Live--;

    public override void Synchronize(GpuStream stream) => Log.Add("wait");

    public override GpuEvent CreateEvent(bool timing) => new(New());

    public override void DestroyEvent(GpuEvent gpuEvent) => Live--;

    public override void Record(GpuEvent gpuEvent, GpuStream stream)
    {
        Log.Add("record");
        _events[gpuEvent.Handle] = _now;
    }

    public override bool IsDone(GpuEvent gpuEvent) => true;

    public override void Synchronize(GpuEvent gpuEvent) => Log.Add("wait");

    public override void Wait(GpuStream stream, GpuEvent gpuEvent) => Log.Add("wait");

    public override TimeSpan ElapsedTime(GpuEvent start, GpuEvent end) => TimeSpan.FromMicroseconds(_events[end.Handle] - _events[start.Handle]);

    public override void BeginCapture(GpuStream stream) => _capture = [];

    public override GpuGraph EndCapture(GpuStream stream)
    {
        nint graph = New();
        _graphs.Add(graph, _capture!);
        _capture = null;
        return new GpuGraph(graph);
    }

    public override void Launch(GpuGraph graph, GpuStream stream)
    {
        Log.Add($"graph {_graphs[graph.Handle].Count}");
        _graphs[graph.Handle].ForEach(Launch);
    }

    public override void DestroyGraph(GpuGraph graph) => Live--;

    protected override void Dispose(bool disposing)
    {
        // It holds nothing.
    }

    private void Spend(string what, double microseconds)
    {
        Log.Add(what);
        _now += microseconds;
    }

    private nint New()
    {
        Live++;
        return _handles += 256;
    }
}
