using System;
using System.Runtime.InteropServices;
using System.Threading;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;
using Winnow.Kernels.Linear;
using Winnow.Kernels.Norm;
using Winnow.Kernels.Reduction;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels;

/// <summary>The processor as a device: SIMD of the width the machine has, and one pool of workers for all families.</summary>
public sealed unsafe class CpuDevice : ComputeDevice
{
    private const nuint Alignment = 64;

    private readonly WorkerPool _workers;
    private readonly CpuAttention _attention;
    private readonly CpuLinear _linear;
    private readonly CpuReduction _reduction;
    private long _allocatedBytes;

    /// <summary>Starts the workers.</summary>
    /// <param name="threads">How many threads compute; null means one for each processor this process may use.</param>
    public CpuDevice(int? threads = null)
        : this(threads, SimdWidths.Widest)
    {
    }

    internal CpuDevice(int? threads, SimdWidth width)
    {
        Threads = threads ?? Environment.ProcessorCount;
        ArgumentOutOfRangeException.ThrowIfLessThan(Threads, 1, nameof(threads));
        VectorBits = (int)width;
        Name = $"CPU ({RuntimeInformation.ProcessArchitecture}, {VectorBits}-bit vectors, {Threads} threads)";
        _workers = new WorkerPool(Threads);
        _attention = new CpuAttention(_workers, width);
        Norm = new CpuNorm(_workers, width);
        Cache = new CpuCache(_workers, Norm);
        _reduction = new CpuReduction(_workers);
        _linear = new CpuLinear(_workers);
    }

    /// <summary>How many threads compute.</summary>
    public int Threads { get; }

    /// <summary>The width of the vectors that are computed with.</summary>
    public int VectorBits { get; }

    /// <summary>Bytes allocated and not yet freed.</summary>
    public long AllocatedBytes => Interlocked.Read(ref _allocatedBytes);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override long FreeBytes => AvailableMemory.Bytes();

    /// <inheritdoc/>
    public override IAttention Attention => _attention;

    /// <inheritdoc/>
    public override ICache Cache { get; }

    /// <inheritdoc/>
    public override ILinear Linear => _linear;

    /// <inheritdoc/>
    public override INorm Norm { get; }

    /// <inheritdoc/>
    public override IReduction Reduction => _reduction;

    /// <inheritdoc/>
    public override ISampling Sampling { get; } = new CpuSampling();

    /// <inheritdoc/>
    public override void Fill(Tensor destination, byte value) =>
        NativeMemory.Fill((void*)destination.Address, (nuint)destination.Bytes, value);

    /// <inheritdoc/>
    public override void Synchronize()
    {
        // Every operation has finished when its call returns.
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _workers.Dispose();
            _attention.Dispose();
            _linear.Dispose();
            _reduction.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override nint Acquire(long bytes)
    {
        // The system would hand out more than it has and end the process later; small requests are not worth asking for.
        const long AskFrom = 16 << 20;
        if (bytes >= AskFrom && FreeBytes < bytes)
        {
            throw new OutOfDeviceMemoryException(bytes, FreeBytes, "Use a smaller model or context, or free memory first.");
        }

        try
        {
            void* address = NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            Interlocked.Add(ref _allocatedBytes, bytes);
            return (nint)address;
        }
        catch (OutOfMemoryException)
        {
            throw new OutOfDeviceMemoryException(bytes, FreeBytes, "Use a smaller model or context, or free memory first.");
        }
    }

    /// <inheritdoc/>
    protected override void Free(nint address, long bytes)
    {
        NativeMemory.AlignedFree((void*)address);
        Interlocked.Add(ref _allocatedBytes, -bytes);
    }

    /// <inheritdoc/>
    protected override void CopyIn(nint destination, ReadOnlySpan<byte> source) =>
        source.CopyTo(new Span<byte>((void*)destination, source.Length));

    /// <inheritdoc/>
    protected override void CopyOut(Span<byte> destination, nint source) =>
        new ReadOnlySpan<byte>((void*)source, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    protected override void IssueCopy(nint destination, nint source, long bytes) =>
        Buffer.MemoryCopy((void*)source, (void*)destination, bytes, bytes);
}
