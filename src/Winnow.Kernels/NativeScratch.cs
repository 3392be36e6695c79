using System;
using System.Runtime.InteropServices;

namespace Winnow.Kernels;

/// <summary>Native memory that grows to what was asked for most and is kept for the next call. Not for several threads at a time.</summary>
internal sealed unsafe class NativeScratch : IDisposable
{
    private const nuint Alignment = 64;

    private void* _memory;
    private long _bytes;

    ~NativeScratch() => Free();

    /// <summary>At least that many bytes, aligned to 64, contents undefined; what was given out before is no longer valid.</summary>
    /// <exception cref="OutOfDeviceMemoryException">The system has less.</exception>
    public void* Get(long bytes)
    {
        if (bytes > _bytes)
        {
            Free();
            try
            {
                _memory = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            }
            catch (OutOfMemoryException)
            {
                throw new OutOfDeviceMemoryException(bytes, AvailableMemory.Bytes(), "Use a smaller batch or context, or free memory first.");
            }

            _bytes = bytes;
        }

        return _memory;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _bytes = 0;
    }
}
