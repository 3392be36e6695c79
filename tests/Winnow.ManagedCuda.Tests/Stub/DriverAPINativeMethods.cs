using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using ManagedCuda.BasicTypes;

namespace ManagedCuda;

/// <summary>
/// The package's native methods as far as the adapter calls them: same classes, names, parameters and attributes, written down by hand. They
/// note their arguments instead of calling a driver.
/// </summary>
public static unsafe class DriverAPINativeMethods
{
    private static readonly HashSet<nint> Live = [];
    private static nint _next;

    /// <summary>The calls so far, with their arguments.</summary>
    public static List<string> Calls { get; } = [];

    /// <summary>A call that shall fail, and its status.</summary>
    public static (string Call, CUResult Result) Failing { get; set; }

    /// <summary>Compute capability times ten.</summary>
    public static int Capability { get; set; }

    /// <summary>What was handed out and not given back.</summary>
    public static int LiveObjects => Live.Count;

    /// <summary>Forgets everything.</summary>
    public static void Reset()
    {
        Calls.Clear();
        Live.Clear();
        (Failing, Capability, _next) = (default, 90, 0);
    }

    private static CUResult Note(string call, params object[] arguments)
    {
        Calls.Add(arguments.Length == 0 ? call : $"{call} {string.Join(' ', arguments)}");
        return Failing.Call == call ? Failing.Result : CUResult.Success;
    }

    private static CUResult Take(ref nint handle, string call, params object[] arguments)
    {
        CUResult result = Note(call, arguments);
        if (result == CUResult.Success)
        {
            handle = 0x1000 * ++_next;
            Live.Add(handle);
        }

        return result;
    }

    private static CUResult Give(nint handle, string call)
    {
        CUResult result = Note(call, handle);
        return result != CUResult.Success || Live.Remove(handle) ? result : CUResult.ErrorInvalidValue;
    }

    public static class ContextManagement
    {
        public static CUResult cuCtxSetCurrent(CUcontext ctx) => ctx.Pointer == 77 ? CUResult.Success : CUResult.ErrorInvalidValue;
    }

    public static class DeviceManagement
    {
        public static CUResult cuDeviceGet(ref CUdevice device, int ordinal)
        {
            device.Pointer = 10 + ordinal;
            return CUResult.Success;
        }

        public static CUResult cuDeviceGetName([Out] byte[] name, int len, CUdevice dev)
        {
            Encoding.UTF8.GetBytes($"Stub {dev.Pointer}", name);
            return CUResult.Success;
        }

        public static CUResult cuDeviceGetAttribute(ref int pi, CUDeviceAttribute attrib, CUdevice dev)
        {
            pi = (int)attrib switch { 75 => Capability / 10, 76 => Capability % 10, _ => 1000 + (int)attrib };
            return dev.Pointer == 13 ? CUResult.Success : CUResult.ErrorInvalidValue;
        }
    }

    public static class MemoryManagement
    {
        public static CUResult cuMemGetInfo_v2(ref SizeT free, ref SizeT total)
        {
            (free, total) = (100, 200);
            return CUResult.Success;
        }

        public static CUResult cuMemAlloc_v2(ref CUdeviceptr dptr, SizeT bytesize)
        {
            nint address = 0;
            CUResult result = Take(ref address, nameof(cuMemAlloc_v2), (long)bytesize);
            dptr.Pointer = address;
            return result;
        }

        public static CUResult cuMemFree_v2(CUdeviceptr dptr) => Give(dptr.Pointer, nameof(cuMemFree_v2));

        public static CUResult cuMemHostAlloc(ref IntPtr pp, SizeT bytesize, CUMemHostAllocFlags Flags) =>
            Take(ref pp, nameof(cuMemHostAlloc), (long)bytesize, (int)Flags);

        public static CUResult cuMemFreeHost(IntPtr p) => Give(p, nameof(cuMemFreeHost));
    }

    public static class AsynchronousMemcpy_v2
    {
        public static CUResult cuMemcpyHtoDAsync_v2(CUdeviceptr dstDevice, IntPtr srcHost, SizeT ByteCount, CUstream hStream) =>
            Note(nameof(cuMemcpyHtoDAsync_v2), (long)dstDevice.Pointer, srcHost, (long)ByteCount, hStream.Pointer);

        public static CUResult cuMemcpyDtoHAsync_v2([Out] IntPtr dstHost, CUdeviceptr srcDevice, SizeT ByteCount, CUstream hStream) =>
            Note(nameof(cuMemcpyDtoHAsync_v2), dstHost, (long)srcDevice.Pointer, (long)ByteCount, hStream.Pointer);

        public static CUResult cuMemcpyDtoDAsync_v2(CUdeviceptr dstDevice, CUdeviceptr srcDevice, SizeT ByteCount, CUstream hStream) =>
            Note(nameof(cuMemcpyDtoDAsync_v2), (long)dstDevice.Pointer, (long)srcDevice.Pointer, (long)ByteCount, hStream.Pointer);
    }

    public static class MemsetAsync
    {
        public static CUResult cuMemsetD8Async(CUdeviceptr dstDevice, byte b, SizeT N, CUstream hStream) =>
            Note(nameof(cuMemsetD8Async), (long)dstDevice.Pointer, b, (long)N, hStream.Pointer);
    }

    public static class ModuleManagement
    {
        public static CUResult cuModuleLoadData(ref CUmodule module, [In] byte[] image) =>
            Take(ref module.Pointer, nameof(cuModuleLoadData), Convert.ToHexString(image));

        public static CUResult cuModuleUnload(CUmodule hmod) => Give(hmod.Pointer, nameof(cuModuleUnload));

        public static CUResult cuModuleGetFunction(ref CUfunction hfunc, CUmodule hmod, string name)
        {
            hfunc.Pointer = hmod.Pointer + 1;
            return Note(nameof(cuModuleGetFunction), name);
        }
    }

    public static class FunctionManagement
    {
        public static CUResult cuFuncGetAttribute(ref int pi, CUFunctionAttribute attrib, CUfunction hfunc)
        {
            pi = 100 + (int)attrib;
            return CUResult.Success;
        }

        public static CUResult cuFuncSetAttribute(CUfunction hfunc, CUFunctionAttribute attrib, int value) =>
            Note(nameof(cuFuncSetAttribute), (int)attrib, value);
    }

    public static class Launch
    {
        public static CUResult cuLaunchKernel(
            CUfunction f,
            uint gridDimX,
            uint gridDimY,
            uint gridDimZ,
            uint blockDimX,
            uint blockDimY,
            uint blockDimZ,
            uint sharedMemBytes,
            CUstream hStream,
            IntPtr[]? kernelParams,
            IntPtr[]? extra)
        {
            bool isBlock = extra is [1, _, 2, _, 0];
            string arguments = isBlock ? Convert.ToHexString(new ReadOnlySpan<byte>((void*)extra![1], (int)*(nuint*)extra[3])) : "none";
            return kernelParams is null && (isBlock || extra is null)
                ? Note(nameof(cuLaunchKernel), f.Pointer, gridDimX, gridDimY, gridDimZ, blockDimX, blockDimY, blockDimZ, sharedMemBytes, hStream.Pointer, arguments)
                : CUResult.ErrorInvalidValue;
        }
    }

    public static class Streams
    {
        public static CUResult cuStreamCreate(ref CUstream phStream, CUStreamFlags Flags) => Take(ref phStream.Pointer, nameof(cuStreamCreate), (int)Flags);

        public static CUResult cuStreamDestroy_v2(CUstream hStream) => Give(hStream.Pointer, nameof(cuStreamDestroy_v2));

        public static CUResult cuStreamSynchronize(CUstream hStream) => Note(nameof(cuStreamSynchronize), hStream.Pointer);

        public static CUResult cuStreamWaitEvent(CUstream hStream, CUevent hEvent, uint Flags) =>
            Note(nameof(cuStreamWaitEvent), hStream.Pointer, hEvent.Pointer, Flags);

        public static CUResult cuStreamBeginCapture(CUstream hStream, CUstreamCaptureMode mode) =>
            Note(nameof(cuStreamBeginCapture), hStream.Pointer, (int)mode);

        public static CUResult cuStreamEndCapture(CUstream hStream, ref CUgraph phGraph) =>
            Take(ref phGraph.Pointer, nameof(cuStreamEndCapture), hStream.Pointer);
    }

    public static class Events
    {
        public static CUResult cuEventCreate(ref CUevent phEvent, CUEventFlags Flags) => Take(ref phEvent.Pointer, nameof(cuEventCreate), (int)Flags);

        public static CUResult cuEventDestroy_v2(CUevent hEvent) => Give(hEvent.Pointer, nameof(cuEventDestroy_v2));

        public static CUResult cuEventRecord(CUevent hEvent, CUstream hStream) => Note(nameof(cuEventRecord), hEvent.Pointer, hStream.Pointer);

        public static CUResult cuEventQuery(CUevent hEvent) => Note(nameof(cuEventQuery), hEvent.Pointer);

        public static CUResult cuEventSynchronize(CUevent hEvent) => Note(nameof(cuEventSynchronize), hEvent.Pointer);

        public static CUResult cuEventElapsedTime(ref float pMilliseconds, CUevent hStart, CUevent hEnd)
        {
            pMilliseconds = 2.5f;
            return Note(nameof(cuEventElapsedTime), hStart.Pointer, hEnd.Pointer);
        }
    }

    public static class GraphManagment
    {
        public static CUResult cuGraphInstantiate(ref CUgraphExec phGraphExec, CUgraph hGraph, CUgraphInstantiate_flags flags) =>
            Take(ref phGraphExec.Pointer, nameof(cuGraphInstantiate), hGraph.Pointer, (int)flags);

        public static CUResult cuGraphLaunch(CUgraphExec hGraphExec, CUstream hStream) => Note(nameof(cuGraphLaunch), hGraphExec.Pointer, hStream.Pointer);

        public static CUResult cuGraphExecDestroy(CUgraphExec hGraphExec) => Give(hGraphExec.Pointer, nameof(cuGraphExecDestroy));

        public static CUResult cuGraphDestroy(CUgraph hGraph) => Give(hGraph.Pointer, nameof(cuGraphDestroy));
    }
}
