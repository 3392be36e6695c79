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

/// <summary>
/// Something that owns memory and runs the six families of operations. Everything above it is written once and runs on any device.
/// Operations are issued by one thread at a time; they may complete later than the call returns, see <see cref="Synchronize"/>.
/// </summary>
public abstract class ComputeDevice : IDisposable
{
    /// <summary>What it is, for people: the processor's or the GPU's name.</summary>
    public abstract string Name { get; }

    /// <summary>Memory that can still be allocated, bytes; an estimate where the machine is shared.</summary>
    public abstract long FreeBytes { get; }

    /// <summary>Attention over the paged cache.</summary>
    public abstract IAttention Attention { get; }

    /// <summary>Appending to, copying and compacting the paged cache.</summary>
    public abstract ICache Cache { get; }

    /// <summary>Matrix products with weights of any element type.</summary>
    public abstract ILinear Linear { get; }

    /// <summary>Norms, rotary embedding, activations, embedding lookup.</summary>
    public abstract INorm Norm { get; }

    /// <summary>Gathering and pooling of rows.</summary>
    public abstract IReduction Reduction { get; }

    /// <summary>Choosing tokens from logits.</summary>
    public abstract ISampling Sampling { get; }

    /// <summary>Allocates memory, aligned to 64 bytes, contents undefined.</summary>
    /// <param name="bytes">The size; at least 1.</param>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free.</exception>
    public DeviceBuffer Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new DeviceBuffer(this, Acquire(bytes), bytes);
    }

    /// <summary>Allocates a buffer of its own for a tensor; dispose <see cref="Tensor.Buffer"/> to free it.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The dimensions, slowest first.</param>
    public Tensor AllocateTensor(DType type, Shape shape) =>
        new(Allocate(Math.Max(1, type.BytesOf(shape.ElementCount))), 0, type, shape);

    /// <summary>Allocates host memory that <see cref="CopyIn(Tensor, HostBuffer, long)"/> and <see cref="CopyOut(HostBuffer, long, Tensor)"/> use.</summary>
    /// <param name="bytes">The size; at least 1.</param>
    public HostBuffer AllocateHost(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return new HostBuffer(this, AcquireHost(bytes), bytes);
    }

    /// <summary>Issues a copy of host bytes to a tensor: the tensor's size, without waiting.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="source">Where from; unchanged until the copy is done.</param>
    /// <param name="byteOffset">Where in the source.</param>
    public void CopyIn(Tensor destination, HostBuffer source, long byteOffset)
    {
        ArgumentNullException.ThrowIfNull(source);
        IssueCopyIn(destination.Address, AddressOf(source, byteOffset, destination.Bytes), destination.Bytes);
    }

    /// <summary>Issues a copy of a tensor to the host without waiting; see <see cref="Synchronize"/>.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="byteOffset">Where in the destination.</param>
    /// <param name="source">Where from.</param>
    public void CopyOut(HostBuffer destination, long byteOffset, Tensor source)
    {
        ArgumentNullException.ThrowIfNull(destination);
        IssueCopyOut(AddressOf(destination, byteOffset, source.Bytes), source.Address, source.Bytes);
    }

    /// <summary>Issues a copy of a tensor to another one of the same size, without waiting.</summary>
    /// <param name="destination">Where to; shares no bytes with the source.</param>
    /// <param name="source">Where from.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public void Copy(Tensor destination, Tensor source)
    {
        if (destination.Bytes != source.Bytes)
        {
            throw new ArgumentException($"A copy is as large as its source: {destination.Bytes} bytes cannot take {source.Bytes}.", nameof(destination));
        }

        IssueCopy(destination.Address, source.Address, source.Bytes);
    }

    /// <summary>
    /// Gets ready what an action will issue, without doing any of it: kernels that are not loaded yet are compiled side by side, where otherwise each would
    /// be when its turn comes.
    /// </summary>
    /// <param name="issue">Issues operations and copies of this device, and waits for nothing.</param>
    /// <param name="progress">Told how many of the kernels that were missing are compiled; not at all where none was.</param>
    /// <param name="cancellationToken">Stops between kernels.</param>
    /// <exception cref="Gpu.KernelCompileException">A kernel does not compile.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public virtual void Prepare(Action issue, IProgress<KernelProgress>? progress = null, CancellationToken cancellationToken = default) =>
        ArgumentNullException.ThrowIfNull(issue);

    /// <summary>
    /// Records what an action issues, without doing it. Everything it uses must have been used before: nothing may be allocated or compiled.
    /// </summary>
    /// <param name="issue">Issues operations and copies of this device, and waits for nothing.</param>
    /// <returns>The recording; null where the device gains nothing by it.</returns>
    public virtual DeviceRecording? Record(Action issue) => null;

    /// <summary>Copies host values to the start of a tensor.</summary>
    /// <typeparam name="T">A plain value; its bytes are copied as they are.</typeparam>
    /// <param name="destination">Where to; at least as many bytes as the source.</param>
    /// <param name="source">The host values; they may be reused as soon as the call returns.</param>
    public void Upload<T>(Tensor destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, destination.Bytes, nameof(source));
        CopyIn(destination.Address, bytes);
    }

    /// <summary>Copies the start of a tensor to the host and waits for it.</summary>
    /// <typeparam name="T">A plain value; the bytes are copied as they are.</typeparam>
    /// <param name="source">Where from; at least as many bytes as the destination.</param>
    /// <param name="destination">The host values.</param>
    public void Download<T>(Tensor source, Span<T> destination)
        where T : unmanaged
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(destination);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, source.Bytes, nameof(destination));
        CopyOut(bytes, source.Address);
    }

    /// <summary>Whether tokens are better chosen by <see cref="ISampling.SampleRows"/> than from logits on the host.</summary>
    public virtual bool SamplesRows => false;

    /// <summary>What keys and values are best kept in on this device.</summary>
    /// <param name="weights">What most of the model's weights are stored in.</param>
    /// <returns>F32, F16 or BF16.</returns>
    public virtual DType UsualKvType(DType weights) => DType.F32;

    /// <summary>Sets every byte of a tensor.</summary>
    /// <param name="destination">The tensor.</param>
    /// <param name="value">The byte.</param>
    public abstract void Fill(Tensor destination, byte value);

    /// <summary>Waits until all operations issued so far are done.</summary>
    public abstract void Synchronize();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    internal void Release(nint address, long bytes) => Free(address, bytes);

    internal void ReleaseHost(nint address) => FreeHost(address);

    /// <summary>Releases what the device holds; buffers free themselves.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);

    /// <summary>Takes memory from the device.</summary>
    /// <param name="bytes">The size.</param>
    /// <returns>Its address, aligned to 64 bytes.</returns>
    protected abstract nint Acquire(long bytes);

    /// <summary>Gives memory back; may be called from a finalizer thread.</summary>
    /// <param name="address">What <see cref="Acquire"/> returned.</param>
    /// <param name="bytes">The size asked for then.</param>
    protected abstract void Free(nint address, long bytes);

    /// <summary>Copies host bytes to the device.</summary>
    /// <param name="destination">A device address.</param>
    /// <param name="source">The bytes.</param>
    protected abstract void CopyIn(nint destination, ReadOnlySpan<byte> source);

    /// <summary>Copies device bytes to the host, after all operations issued so far.</summary>
    /// <param name="destination">The host bytes.</param>
    /// <param name="source">A device address.</param>
    protected abstract void CopyOut(Span<byte> destination, nint source);

    /// <summary>Issues a copy on the device.</summary>
    /// <param name="destination">A device address.</param>
    /// <param name="source">A device address.</param>
    /// <param name="bytes">How many.</param>
    protected abstract void IssueCopy(nint destination, nint source, long bytes);

    /// <summary>Takes host memory that copies need not wait for.</summary>
    /// <param name="bytes">The size.</param>
    /// <returns>Its address, aligned to 64 bytes.</returns>
    protected virtual unsafe nint AcquireHost(long bytes) => (nint)NativeMemory.AlignedAlloc((nuint)bytes, 64);

    /// <summary>Gives host memory back; may be called from a finalizer thread.</summary>
    /// <param name="address">What <see cref="AcquireHost"/> returned.</param>
    protected virtual unsafe void FreeHost(nint address) => NativeMemory.AlignedFree((void*)address);

    /// <summary>Issues a copy from host memory of <see cref="AcquireHost"/>.</summary>
    /// <param name="destination">A device address.</param>
    /// <param name="source">A host address.</param>
    /// <param name="bytes">How many.</param>
    protected virtual unsafe void IssueCopyIn(nint destination, nint source, long bytes) =>
        CopyIn(destination, new ReadOnlySpan<byte>((void*)source, checked((int)bytes)));

    /// <summary>Issues a copy to host memory of <see cref="AcquireHost"/>.</summary>
    /// <param name="destination">A host address.</param>
    /// <param name="source">A device address.</param>
    /// <param name="bytes">How many.</param>
    protected virtual unsafe void IssueCopyOut(nint destination, nint source, long bytes) =>
        CopyOut(new Span<byte>((void*)destination, checked((int)bytes)), source);

    private static nint AddressOf(HostBuffer buffer, long byteOffset, long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteOffset + bytes, buffer.Bytes, nameof(byteOffset));
        return (nint)(buffer.Address + byteOffset);
    }
}
