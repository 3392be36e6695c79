using System;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>
/// A ring of page-locked memory between callers' spans and the device. Small uploads take the next place in the ring and wait for
/// nothing; only when the ring comes round is the stream waited for.
/// </summary>
internal sealed unsafe class CudaStaging : IDisposable
{
    private const int RingBytes = 4 << 20;
    private const int Alignment = 64;

    private readonly CudaContext _context;
    private readonly nint _ring;
    private int _next;

    /// <param name="context">The device.</param>
    public CudaStaging(CudaContext context)
    {
        _context = context;
        _ring = context.Driver.AllocateHost(RingBytes);
    }

    private GpuDriver Driver => _context.Driver;

    /// <summary>Copies host bytes to the device; they may be reused at once.</summary>
    public void CopyIn(nint destination, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            int size = Math.Min(source.Length, RingBytes);
            nint place = Take(size);
            source[..size].CopyTo(new Span<byte>((void*)place, size));
            Driver.CopyToDevice(destination, place, size, _context.Stream);
            destination += size;
            source = source[size..];
        }
    }

    /// <summary>Copies device bytes to the host and waits for them.</summary>
    public void CopyOut(Span<byte> destination, nint source)
    {
        while (!destination.IsEmpty)
        {
            int size = Math.Min(destination.Length, RingBytes);
            nint place = Take(size);
            Driver.CopyToHost(place, source, size, _context.Stream);
            Driver.Synchronize(_context.Stream);
            new ReadOnlySpan<byte>((void*)place, size).CopyTo(destination);
            source += size;
            destination = destination[size..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Driver.Synchronize(_context.Stream);
        }
        catch (WinnowException)
        {
            // A lost device has nothing left to wait for, and its memory still has to go.
        }

        Driver.FreeHost(_ring);
    }

    private nint Take(int bytes)
    {
        if (bytes > RingBytes - _next)
        {
            Driver.Synchronize(_context.Stream);
            _next = 0;
        }

        nint place = _ring + _next;
        _next += (bytes + Alignment - 1) & -Alignment;
        return place;
    }
}
