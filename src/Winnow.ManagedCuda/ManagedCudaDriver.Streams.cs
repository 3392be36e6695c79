using System;
using ManagedCuda.BasicTypes;
using Winnow.Gpu;
using Winnow.Gpu.Native;
using static ManagedCuda.DriverAPINativeMethods;

namespace Winnow.ManagedCuda;

/// <content>Streams, events and graphs.</content>
public sealed partial class ManagedCudaDriver
{
    private const CUStreamFlags NonBlockingStream = (CUStreamFlags)1;
    private const CUEventFlags EventWithoutTiming = (CUEventFlags)2;
    private const CUstreamCaptureMode RelaxedCapture = (CUstreamCaptureMode)2;

    /// <inheritdoc/>
    public override GpuStream CreateStream()
    {
        MakeCurrent();
        CUstream stream = default;
        Streams.cuStreamCreate(ref stream, NonBlockingStream).Check();
        _streams.Add(stream.Pointer);
        return new GpuStream(stream.Pointer);
    }

    /// <inheritdoc/>
    public override void DestroyStream(GpuStream stream)
    {
        if (GivesBack(_streams, stream.Handle))
        {
            Streams.cuStreamDestroy_v2(On(stream)).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override void Synchronize(GpuStream stream)
    {
        MakeCurrent();
        Streams.cuStreamSynchronize(On(stream)).Check();
    }

    /// <inheritdoc/>
    public override GpuEvent CreateEvent(bool timing)
    {
        MakeCurrent();
        CUevent gpuEvent = default;
        Events.cuEventCreate(ref gpuEvent, timing ? 0 : EventWithoutTiming).Check();
        _events.Add(gpuEvent.Pointer);
        return new GpuEvent(gpuEvent.Pointer);
    }

    /// <inheritdoc/>
    public override void DestroyEvent(GpuEvent gpuEvent)
    {
        if (GivesBack(_events, gpuEvent.Handle))
        {
            Events.cuEventDestroy_v2(Of(gpuEvent)).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override void Record(GpuEvent gpuEvent, GpuStream stream)
    {
        MakeCurrent();
        Events.cuEventRecord(Of(gpuEvent), On(stream)).Check();
    }

    /// <inheritdoc/>
    public override bool IsDone(GpuEvent gpuEvent)
    {
        MakeCurrent();
        CUResult result = Events.cuEventQuery(Of(gpuEvent));
        if ((CudaResult)result == CudaResult.NotReady)
        {
            return false;
        }

        result.Check("cuEventQuery");
        return true;
    }

    /// <inheritdoc/>
    public override void Synchronize(GpuEvent gpuEvent)
    {
        MakeCurrent();
        Events.cuEventSynchronize(Of(gpuEvent)).Check();
    }

    /// <inheritdoc/>
    public override void Wait(GpuStream stream, GpuEvent gpuEvent)
    {
        MakeCurrent();
        Streams.cuStreamWaitEvent(On(stream), Of(gpuEvent), 0).Check();
    }

    /// <inheritdoc/>
    public override TimeSpan ElapsedTime(GpuEvent start, GpuEvent end)
    {
        MakeCurrent();
        float milliseconds = 0;
        Events.cuEventElapsedTime(ref milliseconds, Of(start), Of(end)).Check();
        return TimeSpan.FromTicks((long)(milliseconds * (double)TimeSpan.TicksPerMillisecond));
    }

    /// <inheritdoc/>
    public override void BeginCapture(GpuStream stream)
    {
        MakeCurrent();
        Streams.cuStreamBeginCapture(On(stream), RelaxedCapture).Check();
    }

    /// <inheritdoc/>
    public override GpuGraph EndCapture(GpuStream stream)
    {
        MakeCurrent();
        CUgraph graph = default;
        Streams.cuStreamEndCapture(On(stream), ref graph).Check();
        try
        {
            CUgraphExec executable = default;
            GraphManagment.cuGraphInstantiate(ref executable, graph, 0).Check();
            _graphs.Add(executable.Pointer);
            return new GpuGraph(executable.Pointer);
        }
        finally
        {
            _ = GraphManagment.cuGraphDestroy(graph);
        }
    }

    /// <inheritdoc/>
    public override void Launch(GpuGraph graph, GpuStream stream)
    {
        MakeCurrent();
        GraphManagment.cuGraphLaunch(new CUgraphExec { Pointer = graph.Handle }, On(stream)).Check();
    }

    /// <inheritdoc/>
    public override void DestroyGraph(GpuGraph graph)
    {
        if (GivesBack(_graphs, graph.Handle))
        {
            GraphManagment.cuGraphExecDestroy(new CUgraphExec { Pointer = graph.Handle }).CheckUnlessLost();
        }
    }

    private static CUevent Of(GpuEvent gpuEvent) => new() { Pointer = gpuEvent.Handle };
}
