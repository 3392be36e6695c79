using System;

namespace Winnow.Kernels;

/// <summary>
/// Device memory that an op needs in between; grows and never shrinks, so that a warmed-up step allocates nothing. What an earlier,
/// still running launch uses stays valid, since freeing is ordered after it.
/// </summary>
/// <param name="context">The device.</param>
internal sealed class CudaScratch(CudaContext context) : IDisposable
{
    private nint _address;
    private long _bytes;

    /// <summary>At least so many bytes, contents undefined.</summary>
    public nint Get(long bytes)
    {
        if (bytes > _bytes)
        {
            Dispose();
            context.ScratchMoved();
            _address = context.Driver.Allocate(bytes);
            _bytes = bytes;
        }

        return _address;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_address != 0)
        {
            context.Driver.Free(_address);
            (_address, _bytes) = (0, 0);
        }
    }
}
