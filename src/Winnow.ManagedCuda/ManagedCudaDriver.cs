using System;
using System.Collections.Concurrent;
using System.Text;
using ManagedCuda;
using ManagedCuda.BasicTypes;
using Winnow.Gpu;
using Winnow.Gpu.Native;
using static ManagedCuda.DriverAPINativeMethods;

namespace Winnow.ManagedCuda;

/// <summary>
/// A GPU through the ManagedCuda package, for programs that own its contexts already. Addresses and streams are the same on both sides:
/// <c>new GpuStream(stream.Pointer)</c> and <c>new CUstream { Pointer = stream.Handle }</c>, <c>(nint)variable.DevicePointer.Pointer</c> and
/// <c>new CUdeviceptr { Pointer = address }</c>.
/// </summary>
/// <remarks>
/// The context stays with the caller and must outlive the driver. What the driver handed out and did not get back ends with the driver. Every
/// member throws <see cref="Winnow.Gpu.CudaException"/> naming the call that failed.
/// </remarks>
public sealed partial class ManagedCudaDriver : GpuDriver
{
    private readonly CUcontext _context;
    private readonly ConcurrentDictionary<nint, string> _names = new();
    private readonly ConcurrentDictionary<nint, ParameterLayout?> _layouts = new();
    private readonly LiveHandles _memory = new();
    private readonly LiveHandles _hostMemory = new();
    private readonly LiveHandles _modules = new();
    private readonly LiveHandles _streams = new();
    private readonly LiveHandles _events = new();
    private readonly LiveHandles _graphs = new();
    private volatile bool _disposed;

    /// <summary>Takes a context into use.</summary>
    /// <param name="context">The context; it stays with the caller.</param>
    /// <exception cref="WinnowException">The device is too old for the kernels.</exception>
    public ManagedCudaDriver(CudaContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        _context = context.Context;
        MakeCurrent();
        Properties = Describe(context.DeviceId);
        if (!Properties.IsSupported)
        {
            throw new WinnowException(CudaDriver.TooOld(Properties));
        }
    }

    /// <inheritdoc/>
    public override GpuProperties Properties { get; }

    /// <inheritdoc/>
    public override string Architecture => CudaDriver.ArchitectureOf(Properties, NvrtcLibrary.Capabilities);

    /// <inheritdoc/>
    public override long FreeBytes
    {
        get
        {
            MakeCurrent();
            return Memory().Free;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed)
        {
            return;
        }

        // On a lost device the calls fail; then the context takes what is left with it.
        _disposed = true;
        _ = ContextManagement.cuCtxSetCurrent(_context);
        Array.ForEach(_graphs.TakeAll(), graph => _ = GraphManagment.cuGraphExecDestroy(new CUgraphExec { Pointer = graph }));
        Array.ForEach(_events.TakeAll(), gpuEvent => _ = Events.cuEventDestroy_v2(new CUevent { Pointer = gpuEvent }));
        Array.ForEach(_streams.TakeAll(), stream => _ = Streams.cuStreamDestroy_v2(new CUstream { Pointer = stream }));
        Array.ForEach(_modules.TakeAll(), module => _ = ModuleManagement.cuModuleUnload(new CUmodule { Pointer = module }));
        Array.ForEach(_memory.TakeAll(), address => _ = MemoryManagement.cuMemFree_v2(new CUdeviceptr { Pointer = address }));
        Array.ForEach(_hostMemory.TakeAll(), address => _ = MemoryManagement.cuMemFreeHost(address));
    }

    private static (long Free, long Total) Memory()
    {
        SizeT free = 0;
        SizeT total = 0;
        MemoryManagement.cuMemGetInfo_v2(ref free, ref total).Check();
        return ((long)free, (long)total);
    }

    private static GpuProperties Describe(int ordinal)
    {
        CUdevice device = default;
        byte[] name = new byte[256];
        DeviceManagement.cuDeviceGet(ref device, ordinal).Check();
        DeviceManagement.cuDeviceGetName(name, name.Length, device).Check();
        return new GpuProperties
        {
            Name = Encoding.UTF8.GetString(name).Split('\0')[0],
            ComputeCapability = (Attribute(DeviceAttribute.ComputeCapabilityMajor) * 10) + Attribute(DeviceAttribute.ComputeCapabilityMinor),
            DriverVersion = CudaLibrary.Version,
            Multiprocessors = Attribute(DeviceAttribute.MultiprocessorCount),
            TotalBytes = Memory().Total,
            L2Bytes = Attribute(DeviceAttribute.L2CacheSize),
            MaxSharedBytesPerBlock = Attribute(DeviceAttribute.MaxSharedMemoryPerBlockOptin),
            SharedBytesPerMultiprocessor = Attribute(DeviceAttribute.MaxSharedMemoryPerMultiprocessor),
            RegistersPerMultiprocessor = Attribute(DeviceAttribute.MaxRegistersPerMultiprocessor),
            MaxThreadsPerMultiprocessor = Attribute(DeviceAttribute.MaxThreadsPerMultiprocessor),
        };

        int Attribute(DeviceAttribute attribute)
        {
            int value = 0;
            DeviceManagement.cuDeviceGetAttribute(ref value, (CUDeviceAttribute)attribute, device).Check();
            return value;
        }
    }

    /// <summary>Makes the context that of the calling thread, as ManagedCuda's own objects expect it.</summary>
    private void MakeCurrent()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ContextManagement.cuCtxSetCurrent(_context).Check();
    }

    /// <summary>Prepares for giving back; what a disposed driver handed out is gone already.</summary>
    private bool GivesBack(LiveHandles live, nint handle)
    {
        if (!live.Remove(handle) && _disposed)
        {
            return false;
        }

        ContextManagement.cuCtxSetCurrent(_context).CheckUnlessLost();
        return true;
    }

    private string NameOf(nint handle) => _names.TryGetValue(handle, out string? name) ? name : "a kernel";
}
