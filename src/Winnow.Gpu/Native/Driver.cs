using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>
/// The CUDA driver, from 11.2 on: devices, contexts, memory. <see cref="CudaLibrary"/> loads it; nothing here may be called before.
/// </summary>
internal static unsafe partial class Driver
{
    public const string Library = "cuda";

    [LibraryImport(Library)]
    public static partial CudaResult cuInit(uint flags);

    [LibraryImport(Library)]
    public static partial CudaResult cuDriverGetVersion(int* version);

    [LibraryImport(Library)]
    public static partial CudaResult cuGetErrorName(CudaResult result, byte** name);

    [LibraryImport(Library)]
    public static partial CudaResult cuDeviceGetCount(int* count);

    [LibraryImport(Library)]
    public static partial CudaResult cuDeviceGet(int* device, int ordinal);

    [LibraryImport(Library)]
    public static partial CudaResult cuDeviceGetName(byte* name, int bytes, int device);

    [LibraryImport(Library)]
    public static partial CudaResult cuDeviceGetAttribute(int* value, DeviceAttribute attribute, int device);

    [LibraryImport(Library)]
    public static partial CudaResult cuDeviceTotalMem_v2(nuint* bytes, int device);

    [LibraryImport(Library)]
    public static partial CudaResult cuDevicePrimaryCtxRetain(nint* context, int device);

    [LibraryImport(Library)]
    public static partial CudaResult cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(Library)]
    public static partial CudaResult cuCtxGetCurrent(nint* context);

    [LibraryImport(Library)]
    public static partial CudaResult cuCtxSetCurrent(nint context);

    [LibraryImport(Library)]
    public static partial CudaResult cuCtxPushCurrent_v2(nint context);

    [LibraryImport(Library)]
    public static partial CudaResult cuCtxPopCurrent_v2(nint* context);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemGetInfo_v2(nuint* free, nuint* total);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemAlloc_v2(nint* address, nuint bytes);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemFree_v2(nint address);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemHostAlloc(nint* address, nuint bytes, uint flags);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemFreeHost(nint address);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemcpyHtoDAsync_v2(nint destination, nint source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemcpyDtoHAsync_v2(nint destination, nint source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemcpyDtoDAsync_v2(nint destination, nint source, nuint bytes, nint stream);

    [LibraryImport(Library)]
    public static partial CudaResult cuMemsetD8Async(nint destination, byte value, nuint bytes, nint stream);
}
