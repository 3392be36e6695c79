using System;
using System.Runtime.InteropServices;

namespace Winnow.Kernels;

/// <summary>Owns a piece of a device's memory. Disposing frees it; disposing twice is harmless.</summary>
public sealed class DeviceBuffer : SafeHandle
{
    internal DeviceBuffer(ComputeDevice device, nint address, long bytes)
        : base(0, ownsHandle: true)
    {
        Device = device;
        Bytes = bytes;
        SetHandle(address);
    }

    /// <summary>The device whose memory it is.</summary>
    public ComputeDevice Device { get; }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <summary>Where it lies, in the device's address space.</summary>
    /// <exception cref="ObjectDisposedException">It was freed.</exception>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        Device.Release(handle, Bytes);
        return true;
    }
}
