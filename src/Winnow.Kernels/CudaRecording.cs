using System;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>A captured graph of one context.</summary>
internal sealed class CudaRecording : DeviceRecording
{
    private readonly CudaContext _context;
    private readonly GpuGraph _graph;
    private readonly int _generation;
    private bool _disposed;

    private CudaRecording(CudaContext context, GpuGraph graph)
    {
        (_context, _graph, _generation) = (context, graph, context.ScratchGeneration);
    }

    /// <inheritdoc/>
    public override bool IsStale => _generation != _context.ScratchGeneration;

    /// <summary>Captures what an action issues.</summary>
    public static CudaRecording Make(CudaContext context, Action issue)
    {
        context.Driver.BeginCapture(context.Stream);
        try
        {
            issue();
        }
        catch
        {
            EndQuietly(context);
            throw;
        }

        return new CudaRecording(context, context.Driver.EndCapture(context.Stream));
    }

    /// <inheritdoc/>
    public override void Launch()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsStale)
        {
            throw new InvalidOperationException("The recording uses scratch memory that has been replaced; record it again.");
        }

        _context.Driver.Launch(_graph, _context.Stream);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            _context.Driver.DestroyGraph(_graph);
        }
    }

    // The action's own error is the one to report; a stream left capturing would refuse everything after it.
    private static void EndQuietly(CudaContext context)
    {
        try
        {
            context.Driver.DestroyGraph(context.Driver.EndCapture(context.Stream));
        }
        catch (CudaException)
        {
            return;
        }
    }
}
