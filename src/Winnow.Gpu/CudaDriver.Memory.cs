using System;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <content>Memory and copies.</content>
public sealed unsafe partial class CudaDriver
{
    // CU_MEMHOSTALLOC_PORTABLE: the memory is page-locked for every context of the process.
    private const uint PortableHostMemory = 1;

    /// <inheritdoc/>
    public override nint Allocate(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        MakeCurrent();
        nint address;
        CudaResult result = Driver.cuMemAlloc_v2(&address, (nuint)bytes);
        if (result == CudaResult.OutOfMemory)
        {
            throw new OutOfDeviceMemoryException(bytes, FreeBytes, MemoryHint(Properties));
        }

        result.Check("cuMemAlloc");
        _memory.Add(address);
        return address;
    }

    /// <inheritdoc/>
    public override void Free(nint address)
    {
        if (GivesBack(_memory, address))
        {
            using Pushed context = new(this);
            Driver.cuMemFree_v2(address).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override nint AllocateHost(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        MakeCurrent();
        nint address;
        Driver.cuMemHostAlloc(&address, (nuint)bytes, PortableHostMemory).Check();
        _hostMemory.Add(address);
        return address;
    }

    /// <inheritdoc/>
    public override void FreeHost(nint address)
    {
        if (GivesBack(_hostMemory, address))
        {
            using Pushed context = new(this);
            Driver.cuMemFreeHost(address).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override void CopyToDevice(nint destination, nint source, long bytes, GpuStream stream)
    {
        MakeCurrent();
        Driver.cuMemcpyHtoDAsync_v2(destination, source, (nuint)bytes, stream.Handle).Check();
    }

    /// <inheritdoc/>
    public override void CopyToHost(nint destination, nint source, long bytes, GpuStream stream)
    {
        MakeCurrent();
        Driver.cuMemcpyDtoHAsync_v2(destination, source, (nuint)bytes, stream.Handle).Check();
    }

    /// <inheritdoc/>
    public override void CopyOnDevice(nint destination, nint source, long bytes, GpuStream stream)
    {
        MakeCurrent();
        Driver.cuMemcpyDtoDAsync_v2(destination, source, (nuint)bytes, stream.Handle).Check();
    }

    /// <inheritdoc/>
    public override void Fill(nint destination, byte value, long bytes, GpuStream stream)
    {
        MakeCurrent();
        Driver.cuMemsetD8Async(destination, value, (nuint)bytes, stream.Handle).Check();
    }

    /// <summary>What to do where memory does not suffice.</summary>
    internal static string MemoryHint(GpuProperties properties) =>
        $"This is the memory of {properties.Name}: end what else uses it, or use a smaller model, a smaller context or stronger quantization.";
}
