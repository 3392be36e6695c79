using System;

namespace Winnow.Gpu;

/// <summary>
/// The seam between Winnow and whatever executes kernels: one GPU, its memory, its streams. Implementations are the CUDA driver, the PTX
/// simulator and adapters. Addresses are device addresses; work is ordered within a stream and asynchronous unless a member says that it
/// waits. One thread at a time calls in, except for <see cref="Free"/> and <see cref="FreeHost"/>, which any thread may call.
/// </summary>
/// <remarks>Every member throws <see cref="CudaException"/> or <see cref="GpuFaultException"/> where the device refuses.</remarks>
public abstract class GpuDriver : IDisposable
{
    /// <summary>What the device is and has.</summary>
    public abstract GpuProperties Properties { get; }

    /// <summary>The NVRTC architecture that images for this device are compiled for: <c>sm_90a</c> gives a cubin, <c>compute_80</c> PTX.</summary>
    public abstract string Architecture { get; }

    /// <summary>Memory that can still be allocated, bytes.</summary>
    public abstract long FreeBytes { get; }

    /// <summary>Allocates device memory, aligned to 256 bytes, contents undefined.</summary>
    /// <param name="bytes">The size; at least 1.</param>
    /// <exception cref="OutOfDeviceMemoryException">The device has less free.</exception>
    public abstract nint Allocate(long bytes);

    /// <summary>Gives device memory back after the work that was issued before.</summary>
    /// <param name="address">What <see cref="Allocate"/> returned.</param>
    public abstract void Free(nint address);

    /// <summary>Allocates page-locked host memory that asynchronous copies can use.</summary>
    /// <param name="bytes">The size; at least 1.</param>
    public abstract nint AllocateHost(long bytes);

    /// <summary>Gives page-locked host memory back.</summary>
    /// <param name="address">What <see cref="AllocateHost"/> returned.</param>
    public abstract void FreeHost(nint address);

    /// <summary>Copies host to device on a stream. With page-locked memory the call returns at once.</summary>
    /// <param name="destination">A device address.</param>
    /// <param name="source">A host address; it must stay as it is until the copy is done.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="stream">The stream.</param>
    public abstract void CopyToDevice(nint destination, nint source, long bytes, GpuStream stream);

    /// <summary>Copies device to host on a stream. With page-locked memory the call returns at once.</summary>
    /// <param name="destination">A host address.</param>
    /// <param name="source">A device address.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="stream">The stream.</param>
    public abstract void CopyToHost(nint destination, nint source, long bytes, GpuStream stream);

    /// <summary>Copies within the device on a stream; the ranges do not overlap.</summary>
    /// <param name="destination">A device address.</param>
    /// <param name="source">A device address.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="stream">The stream.</param>
    public abstract void CopyOnDevice(nint destination, nint source, long bytes, GpuStream stream);

    /// <summary>Sets bytes of device memory on a stream.</summary>
    /// <param name="destination">A device address.</param>
    /// <param name="value">The byte.</param>
    /// <param name="bytes">How many.</param>
    /// <param name="stream">The stream.</param>
    public abstract void Fill(nint destination, byte value, long bytes, GpuStream stream);

    /// <summary>Loads an image compiled for <see cref="Architecture"/>.</summary>
    /// <param name="image">A cubin, or PTX text in UTF-8.</param>
    /// <param name="name">What it is called in messages, for instance the path of its source.</param>
    public abstract GpuModule LoadModule(ReadOnlySpan<byte> image, string name);

    /// <summary>Unloads an image; its functions are gone.</summary>
    /// <param name="module">The image.</param>
    public abstract void UnloadModule(GpuModule module);

    /// <summary>Finds a kernel in an image.</summary>
    /// <param name="module">The image.</param>
    /// <param name="name">The name of the <c>extern "C"</c> entry point.</param>
    public abstract GpuFunction GetFunction(GpuModule module, string name);

    /// <summary>Registers, shared and local memory of a kernel; the simulator, which has no registers to allocate, reports 0 of those.</summary>
    /// <param name="function">The kernel.</param>
    public abstract GpuFunctionAttributes GetAttributes(GpuFunction function);

    /// <summary>Allows a kernel more dynamic shared memory than the 48 KiB that every launch may have.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="bytes">At most <see cref="GpuProperties.MaxSharedBytesPerBlock"/> less what the kernel declares itself.</param>
    public abstract void AllowSharedBytes(GpuFunction function, int bytes);

    /// <summary>Whether launches may ask for clusters: the device and the implementation have them.</summary>
    public virtual bool HasClusters => false;

    /// <summary>
    /// Allows a kernel clusters of more than the 8 blocks that every device with clusters has: as many as this one has, which on Hopper are 16. Such a launch
    /// needs that many multiprocessors side by side; <see cref="CountResidentClusters"/> tells whether there are.
    /// </summary>
    /// <param name="function">The kernel.</param>
    /// <exception cref="NotSupportedException">The device has no clusters, or the implementation none of more than 8 blocks.</exception>
    public virtual void AllowLargeClusters(GpuFunction function)
        => throw new NotSupportedException($"{Properties.Name} has no clusters of more than 8 blocks.");

    /// <summary>
    /// How many clusters of a launch the device holds at once; those that are more wait until others have ended. 0 where not one has room, and its launch fails.
    /// The simulator, which has no registers to allocate, leaves them out of account.
    /// </summary>
    /// <param name="function">The kernel, with what it was allowed.</param>
    /// <param name="shape">The launch.</param>
    /// <exception cref="NotSupportedException">The device has no clusters.</exception>
    public virtual int CountResidentClusters(GpuFunction function, in LaunchShape shape)
        => throw new NotSupportedException($"{Properties.Name} has no clusters.");

    /// <summary>
    /// Encodes a tensor map, by which kernels of compute capability 9.0 copy boxes of an array with <c>cp.async.bulk.tensor</c>. It is the device's own and
    /// opaque; <see cref="ArgumentBlock.AddMap"/> hands it to a kernel.
    /// </summary>
    /// <param name="shape">The array and the box.</param>
    /// <param name="map">Takes the map: <see cref="TensorMapShape.EncodedBytes"/> bytes.</param>
    /// <exception cref="ArgumentException">There is no such map.</exception>
    /// <exception cref="NotSupportedException">The device has no tensor maps.</exception>
    public virtual void EncodeTensorMap(TensorMapShape shape, Span<byte> map)
        => throw new NotSupportedException($"{Properties.Name} has no tensor maps.");

    /// <summary>Launches a kernel.</summary>
    /// <param name="function">The kernel.</param>
    /// <param name="shape">Grid, block and dynamic shared memory.</param>
    /// <param name="arguments">All arguments in one block, each aligned to its size, see <see cref="ArgumentBlock"/>; copied by the call.</param>
    /// <param name="stream">The stream.</param>
    public abstract void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream);

    /// <summary>Creates a stream that does not wait for others.</summary>
    public abstract GpuStream CreateStream();

    /// <summary>Destroys a stream after its work.</summary>
    /// <param name="stream">The stream.</param>
    public abstract void DestroyStream(GpuStream stream);

    /// <summary>Waits until everything issued to a stream is done. Errors of earlier asynchronous work come out here.</summary>
    /// <param name="stream">The stream.</param>
    public abstract void Synchronize(GpuStream stream);

    /// <summary>Creates an event.</summary>
    /// <param name="timing">Whether <see cref="ElapsedTime"/> may be asked; without, events are cheaper.</param>
    public abstract GpuEvent CreateEvent(bool timing);

    /// <summary>Destroys an event.</summary>
    /// <param name="gpuEvent">The event.</param>
    public abstract void DestroyEvent(GpuEvent gpuEvent);

    /// <summary>Marks the place in a stream that the event stands for from now on.</summary>
    /// <param name="gpuEvent">The event.</param>
    /// <param name="stream">The stream.</param>
    public abstract void Record(GpuEvent gpuEvent, GpuStream stream);

    /// <summary>True once the work before the event's mark is done; does not wait.</summary>
    /// <param name="gpuEvent">The event.</param>
    public abstract bool IsDone(GpuEvent gpuEvent);

    /// <summary>Waits for the event on the host.</summary>
    /// <param name="gpuEvent">The event.</param>
    public abstract void Synchronize(GpuEvent gpuEvent);

    /// <summary>Lets a stream wait for the event on the device.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="gpuEvent">The event.</param>
    public abstract void Wait(GpuStream stream, GpuEvent gpuEvent);

    /// <summary>Time between two recorded events of <see cref="CreateEvent"/> with timing; waits for neither.</summary>
    /// <param name="start">The earlier.</param>
    /// <param name="end">The later.</param>
    public abstract TimeSpan ElapsedTime(GpuEvent start, GpuEvent end);

    /// <summary>From here on work issued to the stream is recorded and not done.</summary>
    /// <param name="stream">The stream.</param>
    public abstract void BeginCapture(GpuStream stream);

    /// <summary>Ends the recording.</summary>
    /// <param name="stream">The stream.</param>
    /// <returns>What was recorded, ready to be launched any number of times.</returns>
    public abstract GpuGraph EndCapture(GpuStream stream);

    /// <summary>Issues a recording as one piece of work.</summary>
    /// <param name="graph">The recording.</param>
    /// <param name="stream">The stream.</param>
    public abstract void Launch(GpuGraph graph, GpuStream stream);

    /// <summary>Destroys a recording.</summary>
    /// <param name="graph">The recording.</param>
    public abstract void DestroyGraph(GpuGraph graph);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the driver holds; everything it handed out is gone.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected abstract void Dispose(bool disposing);
}
