using System;
using ManagedCuda.BasicTypes;
using Winnow.Gpu;
using Winnow.Gpu.Native;
using static ManagedCuda.DriverAPINativeMethods;

namespace Winnow.ManagedCuda;

/// <content>Memory and copies.</content>
public sealed partial class ManagedCudaDriver
{
    private const CUMemHostAllocFlags PortableHostMemory = (CUMemHostAllocFlags)1;

    /// <inheritdoc/>
    public override nint Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        MakeCurrent();
        CUdeviceptr address = default;
        CUResult result = MemoryManagement.cuMemAlloc_v2(ref address, bytes);
        if ((CudaResult)result == CudaResult.OutOfMemory)
        {
            throw new OutOfDeviceMemoryException(bytes, Memory().Free, CudaDriver.MemoryHint(Properties));
        }

        result.Check("cuMemAlloc");
        _memory.Add((nint)address.Pointer);
        return (nint)address.Pointer;
    }

    /// <inheritdoc/>
    public override void Free(nint address)
    {
        if (GivesBack(_memory, address))
        {
            MemoryManagement.cuMemFree_v2(At(address)).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override nint AllocateHost(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        MakeCurrent();
        nint address = 0;
        MemoryManagement.cuMemHostAlloc(ref address, bytes, PortableHostMemory).Check();
        _hostMemory.Add(address);
        return address;
    }

    /// <inheritdoc/>
    public override void FreeHost(nint address)
    {
        if (GivesBack(_hostMemory, address))
        {
            MemoryManagement.cuMemFreeHost(address).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override void CopyToDevice(nint destination, nint source, long bytes, GpuStream stream)
    {
        MakeCurrent();
        AsynchronousMemcpy_v2.cuMemcpyHtoDAsync_v2(At(destination), source, bytes, On(stream)).Check();
    }

    /// <inheritdoc/>
    public override void CopyToHost(nint destination, nint source, long bytes, GpuStream stream)
    {
        MakeCurrent();
        AsynchronousMemcpy_v2.cuMemcpyDtoHAsync_v2(destination, At(source), bytes, On(stream)).Check();
    }

    /// <inheritdoc/>
    public override void CopyOnDevice(nint destination, nint source, long bytes, GpuStream stream)
    {
        MakeCurrent();
        AsynchronousMemcpy_v2.cuMemcpyDtoDAsync_v2(At(destination), At(source), bytes, On(stream)).Check();
    }

    /// <inheritdoc/>
    public override void Fill(nint destination, byte value, long bytes, GpuStream stream)
    {
        MakeCurrent();
        MemsetAsync.cuMemsetD8Async(At(destination), value, bytes, On(stream)).Check();
    }

    private static CUdeviceptr At(nint address) => new() { Pointer = address };

    private static CUstream On(GpuStream stream) => new() { Pointer = stream.Handle };
}
