using System;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>A captured graph of one context.</summary>
internal sealed class CudaRecording : DeviceRecording
{
    private readonly CudaContext _context;
    private readonly GpuGraph _graph;
    private readonly int _generation;
    private readonly bool _hasClusters;
    private bool _disposed;

    private CudaRecording(CudaContext context, GpuGraph graph, bool hasClusters)
    {
        (_context, _graph, _hasClusters, _generation) = (context, graph, hasClusters, context.ScratchGeneration);
    }

    /// <inheritdoc/>
    public override bool IsStale => _generation != _context.ScratchGeneration || (_hasClusters && _context.ClustersAreRefused);

    /// <summary>Captures what an action issues; once more, without clusters, where the driver makes no graph of them.</summary>
    public static CudaRecording Make(CudaContext context, Action issue)
    {
        long clusters = context.ClusterLaunches;
        try
        {
            GpuGraph graph = Capture(context, issue);
            return new CudaRecording(context, graph, context.ClusterLaunches > clusters && !context.ClustersAreRefused);
        }
        catch (CudaException exception) when (!exception.IsDeviceLost && context.ClusterLaunches > clusters)
        {
            context.RefuseClusters(exception);
            return new CudaRecording(context, Capture(context, issue), hasClusters: false);
        }
    }

    /// <inheritdoc/>
    public override void Launch()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsStale)
        {
            throw new InvalidOperationException("The recording uses scratch memory that has been replaced; record it again.");
        }

        try
        {
            _context.Driver.Launch(_graph, _context.Stream);
        }
        catch (CudaException exception) when (!exception.IsDeviceLost && _hasClusters)
        {
            // Which makes this recording stale, and the next one has none.
            _context.RefuseClusters(exception);
            throw;
        }
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

    private static GpuGraph Capture(CudaContext context, Action issue)
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

        return context.Driver.EndCapture(context.Stream);
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
