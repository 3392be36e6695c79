using System;

namespace Winnow.Kernels;

/// <summary>
/// Work that was recorded once and is issued again as one piece: on a GPU a CUDA graph. Addresses and sizes are those of the recording;
/// what memory holds is read anew each time.
/// </summary>
public abstract class DeviceRecording : IDisposable
{
    /// <summary>True where memory that the recording uses has been replaced since, or the device has refused what is in it; record again.</summary>
    public abstract bool IsStale { get; }

    /// <summary>Issues the work; returns before it is done. Where it throws and the recording is stale then, nothing was issued, and what is recorded anew goes another way.</summary>
    /// <exception cref="InvalidOperationException">It is stale.</exception>
    public abstract void Launch();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the recording.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
