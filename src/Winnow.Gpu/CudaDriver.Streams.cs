using System;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <content>Streams, events and graphs.</content>
public sealed unsafe partial class CudaDriver
{
    private const uint NonBlockingStream = 1;
    private const uint EventWithoutTiming = 2;

    // CU_STREAM_CAPTURE_MODE_RELAXED: memory that other threads allocate or free while a step is recorded does not end the recording.
    private const uint RelaxedCapture = 2;

    /// <inheritdoc/>
    public override GpuStream CreateStream()
    {
        MakeCurrent();
        nint stream;
        Driver.cuStreamCreate(&stream, NonBlockingStream).Check();
        _streams.Add(stream);
        return new GpuStream(stream);
    }

    /// <inheritdoc/>
    public override void DestroyStream(GpuStream stream)
    {
        if (GivesBack(_streams, stream.Handle))
        {
            using Pushed context = new(this);
            Driver.cuStreamDestroy_v2(stream.Handle).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override void Synchronize(GpuStream stream)
    {
        MakeCurrent();
        Driver.cuStreamSynchronize(stream.Handle).Check();
    }

    /// <inheritdoc/>
    public override GpuEvent CreateEvent(bool timing)
    {
        MakeCurrent();
        nint gpuEvent;
        Driver.cuEventCreate(&gpuEvent, timing ? 0 : EventWithoutTiming).Check();
        _events.Add(gpuEvent);
        return new GpuEvent(gpuEvent);
    }

    /// <inheritdoc/>
    public override void DestroyEvent(GpuEvent gpuEvent)
    {
        if (GivesBack(_events, gpuEvent.Handle))
        {
            using Pushed context = new(this);
            Driver.cuEventDestroy_v2(gpuEvent.Handle).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override void Record(GpuEvent gpuEvent, GpuStream stream)
    {
        MakeCurrent();
        Driver.cuEventRecord(gpuEvent.Handle, stream.Handle).Check();
    }

    /// <inheritdoc/>
    public override bool IsDone(GpuEvent gpuEvent)
    {
        MakeCurrent();
        CudaResult result = Driver.cuEventQuery(gpuEvent.Handle);
        if (result == CudaResult.NotReady)
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
        Driver.cuEventSynchronize(gpuEvent.Handle).Check();
    }

    /// <inheritdoc/>
    public override void Wait(GpuStream stream, GpuEvent gpuEvent)
    {
        MakeCurrent();
        Driver.cuStreamWaitEvent(stream.Handle, gpuEvent.Handle, 0).Check();
    }

    /// <inheritdoc/>
    public override TimeSpan ElapsedTime(GpuEvent start, GpuEvent end)
    {
        MakeCurrent();
        float milliseconds;
        Driver.cuEventElapsedTime(&milliseconds, start.Handle, end.Handle).Check();
        return TimeSpan.FromTicks((long)(milliseconds * (double)TimeSpan.TicksPerMillisecond));
    }

    /// <inheritdoc/>
    public override void BeginCapture(GpuStream stream)
    {
        MakeCurrent();
        Driver.cuStreamBeginCapture_v2(stream.Handle, RelaxedCapture).Check();
    }

    /// <inheritdoc/>
    public override GpuGraph EndCapture(GpuStream stream)
    {
        MakeCurrent();
        nint graph;
        Driver.cuStreamEndCapture(stream.Handle, &graph).Check();
        try
        {
            nint executable = Instantiate(graph);
            _graphs.Add(executable);
            return new GpuGraph(executable);
        }
        finally
        {
            _ = Driver.cuGraphDestroy(graph);
        }
    }

    /// <inheritdoc/>
    public override void Launch(GpuGraph graph, GpuStream stream)
    {
        MakeCurrent();
        Driver.cuGraphLaunch(graph.Handle, stream.Handle).Check();
    }

    /// <inheritdoc/>
    public override void DestroyGraph(GpuGraph graph)
    {
        if (GivesBack(_graphs, graph.Handle))
        {
            using Pushed context = new(this);
            Driver.cuGraphExecDestroy(graph.Handle).CheckUnlessLost();
        }
    }

    private static nint Instantiate(nint graph)
    {
        nint executable;
        try
        {
            Driver.cuGraphInstantiateWithFlags(&executable, graph, 0).Check();
        }
        catch (EntryPointNotFoundException)
        {
            // Drivers before 11.4 have only the older form.
            nint errorNode;
            Driver.cuGraphInstantiate_v2(&executable, graph, &errorNode, null, 0).Check();
        }

        return executable;
    }
}
