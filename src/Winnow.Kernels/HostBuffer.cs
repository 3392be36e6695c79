using System;
using System.Runtime.InteropServices;

namespace Winnow.Kernels;

/// <summary>
/// Host memory that a device copies from and to without waiting: page-locked where the device is a GPU. Disposing frees it; disposing
/// twice is harmless. What a copy reads must stay as it is until the copy is done, see <see cref="ComputeDevice.Synchronize"/>.
/// </summary>
public sealed unsafe class HostBuffer : SafeHandle
{
    private readonly ComputeDevice _device;

    internal HostBuffer(ComputeDevice device, nint address, long bytes)
        : base(0, ownsHandle: true)
    {
        _device = device;
        Bytes = bytes;
        SetHandle(address);
    }

    /// <summary>Its size.</summary>
    public long Bytes { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    internal nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsClosed, this);
            return handle;
        }
    }

    /// <summary>A part of it as values.</summary>
    /// <typeparam name="T">A plain value.</typeparam>
    /// <param name="byteOffset">Where the part starts, a multiple of the value's size.</param>
    /// <param name="count">How many values.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part reaches past the end.</exception>
    public Span<T> Values<T>(long byteOffset, int count)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteOffset + ((long)count * sizeof(T)), Bytes, nameof(count));
        return new Span<T>((byte*)Address + byteOffset, count);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        _device.ReleaseHost(handle);
        return true;
    }
}
