using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <content>Modules, launches, streams, events, graphs.</content>
internal static unsafe partial class Driver
{
    [LibraryImport(Library)]
    public static partial CudaResult cuModuleLoadDataEx(nint* module, byte* image, uint optionCount, JitOption* options, void** values);

    [LibraryImport(Library)]
    public static partial CudaResult cuModuleUnload(nint module);

    [LibraryImport(Library)]
    public static partial CudaResult cuModuleGetFunction(nint* function, nint module, byte* name);

    [LibraryImport(Library)]
    public static partial CudaResult cuFuncGetAttribute(int* value, FunctionAttribute attribute, nint function);

    [LibraryImport(Library)]
    public static partial CudaResult cuFuncSetAttribute(nint function, FunctionAttribute attribute, int value);

    [LibraryImport(Library)]
    public static partial CudaResult cuFuncGetParamInfo(nint function, nuint index, nuint* offset, nuint* bytes);

    [LibraryImport(Library)]
    public static partial CudaResult cuTensorMapEncodeTiled(
        byte* map,
        int type,
        uint rank,
        nint address,
        ulong* dimensions,
        ulong* strides,
        uint* box,
        uint* elementStrides,
        int interleave,
        int swizzle,
        int promotion,
        int fill);

    [LibraryImport(Library)]
    public static partial CudaResult cuLaunchKernel(
        nint function,
        uint gridX,
        uint gridY,
        uint gridZ,
        uint blockX,
        uint blockY,
        uint blockZ,
        uint sharedBytes,
        nint stream,
        void** parameters,
        void** extra);

    [LibraryImport(Library)]
    public static partial CudaResult cuLaunchKernelEx(LaunchConfig* config, nint function, void** parameters, void** extra);

    [LibraryImport(Library)]
    public static partial CudaResult cuOccupancyMaxActiveClusters(int* clusters, nint function, LaunchConfig* config);

    [LibraryImport(Library)]
    public static partial CudaResult cuStreamCreate(nint* stream, uint flags);

    [LibraryImport(Library)]
    public static partial CudaResult cuStreamDestroy_v2(nint stream);

    [LibraryImport(Library)]
    public static partial CudaResult cuStreamSynchronize(nint stream);

    [LibraryImport(Library)]
    public static partial CudaResult cuStreamWaitEvent(nint stream, nint gpuEvent, uint flags);

    [LibraryImport(Library)]
    public static partial CudaResult cuStreamBeginCapture_v2(nint stream, uint mode);

    [LibraryImport(Library)]
    public static partial CudaResult cuStreamEndCapture(nint stream, nint* graph);

    [LibraryImport(Library)]
    public static partial CudaResult cuEventCreate(nint* gpuEvent, uint flags);

    [LibraryImport(Library)]
    public static partial CudaResult cuEventDestroy_v2(nint gpuEvent);

    [LibraryImport(Library)]
    public static partial CudaResult cuEventRecord(nint gpuEvent, nint stream);

    [LibraryImport(Library)]
    public static partial CudaResult cuEventQuery(nint gpuEvent);

    [LibraryImport(Library)]
    public static partial CudaResult cuEventSynchronize(nint gpuEvent);

    [LibraryImport(Library)]
    public static partial CudaResult cuEventElapsedTime(float* milliseconds, nint start, nint end);

    [LibraryImport(Library)]
    public static partial CudaResult cuGraphInstantiateWithFlags(nint* executable, nint graph, ulong flags);

    [LibraryImport(Library)]
    public static partial CudaResult cuGraphInstantiate_v2(nint* executable, nint graph, nint* errorNode, byte* log, nuint logBytes);

    [LibraryImport(Library)]
    public static partial CudaResult cuGraphLaunch(nint executable, nint stream);

    [LibraryImport(Library)]
    public static partial CudaResult cuGraphExecDestroy(nint executable);

    [LibraryImport(Library)]
    public static partial CudaResult cuGraphDestroy(nint graph);
}
