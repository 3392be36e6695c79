using System;
using System.Collections.Generic;
using System.Diagnostics;
using Winnow.Gpu;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator;

/// <content>Streams, events and recordings: work is done as it is issued, so waiting is over at once.</content>
public sealed partial class PtxSimulator
{
    private readonly Handles<StreamState> _streams = new("stream");
    private readonly Handles<EventState> _events = new("event");
    private readonly Handles<List<Action>> _graphs = new("graph");

    /// <inheritdoc/>
    public override GpuStream CreateStream() => new(_streams.Add(new StreamState()));

    /// <inheritdoc/>
    public override void DestroyStream(GpuStream stream) => _streams.Remove(stream.Handle);

    /// <inheritdoc/>
    public override void Synchronize(GpuStream stream)
    {
        CheckStream(stream);
        if (IsCapturing(stream))
        {
            throw new CudaException(900, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", nameof(Synchronize), "A stream cannot be waited for while it is recorded.");
        }
    }

    /// <inheritdoc/>
    public override GpuEvent CreateEvent(bool timing) => new(_events.Add(new EventState(timing)));

    /// <inheritdoc/>
    public override void DestroyEvent(GpuEvent gpuEvent) => _events.Remove(gpuEvent.Handle);

    /// <inheritdoc/>
    public override void Record(GpuEvent gpuEvent, GpuStream stream)
    {
        EventState state = _events[gpuEvent.Handle];
        Issue(stream, () => (state.Timestamp, state.IsRecorded) = (Stopwatch.GetTimestamp(), true));
    }

    /// <inheritdoc/>
    public override bool IsDone(GpuEvent gpuEvent)
    {
        _ = _events[gpuEvent.Handle];
        return true;
    }

    /// <inheritdoc/>
    public override void Synchronize(GpuEvent gpuEvent) => _ = _events[gpuEvent.Handle];

    /// <inheritdoc/>
    public override void Wait(GpuStream stream, GpuEvent gpuEvent)
    {
        CheckStream(stream);
        _ = _events[gpuEvent.Handle];
    }

    /// <inheritdoc/>
    public override TimeSpan ElapsedTime(GpuEvent start, GpuEvent end)
    {
        (EventState first, EventState last) = (_events[start.Handle], _events[end.Handle]);
        return first is { HasTiming: true, IsRecorded: true } && last is { HasTiming: true, IsRecorded: true }
            ? Stopwatch.GetElapsedTime(first.Timestamp, last.Timestamp)
            : throw new CudaException(400, "CUDA_ERROR_INVALID_HANDLE", nameof(ElapsedTime), "Both events must be created with timing and recorded.");
    }

    /// <inheritdoc/>
    public override void BeginCapture(GpuStream stream)
    {
        StreamState state = _streams[stream.Handle];
        state.Recording = state.Recording is null
            ? []
            : throw new CudaException(901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", nameof(BeginCapture), "The stream is being recorded already.");
    }

    /// <inheritdoc/>
    public override GpuGraph EndCapture(GpuStream stream)
    {
        StreamState state = _streams[stream.Handle];
        List<Action> recording = state.Recording
            ?? throw new CudaException(901, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", nameof(EndCapture), "The stream is not being recorded.");
        state.Recording = null;
        return new GpuGraph(_graphs.Add(recording));
    }

    /// <inheritdoc/>
    public override void Launch(GpuGraph graph, GpuStream stream)
    {
        List<Action> recording = _graphs[graph.Handle];
        Issue(stream, () => recording.ForEach(static work => work()));
    }

    /// <inheritdoc/>
    public override void DestroyGraph(GpuGraph graph) => _graphs.Remove(graph.Handle);

    private bool IsCapturing(GpuStream stream) => _streams[stream.Handle].Recording is not null;

    private void CheckStream(GpuStream stream)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _ = _streams[stream.Handle];
    }

    /// <summary>Does work, or records it.</summary>
    private void Issue(GpuStream stream, Action work)
    {
        CheckStream(stream);
        StreamState state = _streams[stream.Handle];
        if (state.Recording is { } recording)
        {
            recording.Add(() => Do(state, work));
        }
        else
        {
            Do(state, work);
        }
    }

    /// <summary>Does work that is no launch: the next one does not begin before it has ended.</summary>
    private static void Do(StreamState state, Action work)
    {
        state.Last = null;
        work();
    }

    private sealed class StreamState
    {
        public List<Action>? Recording { get; set; }

        /// <summary>The launch that was issued last; null where something else was, or where nobody asks.</summary>
        public LaunchOrder? Last { get; set; }
    }

    private sealed class EventState(bool hasTiming)
    {
        public bool HasTiming { get; } = hasTiming;

        public bool IsRecorded { get; set; }

        public long Timestamp { get; set; }
    }
}
