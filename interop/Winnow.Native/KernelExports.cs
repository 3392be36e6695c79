using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Native;

/// <summary>Kernels: compiling, memory, copies, launches, on a GPU or on the simulator.</summary>
internal static unsafe class KernelExports
{
    [UnmanagedCallersOnly(EntryPoint = "winnow_gpu_open", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Open(byte* device, nuint deviceLength, ulong* gpu) => Failure.Guard(() =>
    {
        Memory.Need(gpu, nameof(gpu));
        *gpu = Handles.Add(new Gpu(DeviceNames.OpenDriver(Memory.ReadName(device, deviceLength, nameof(device)), null)));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_gpu_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Free(ulong gpu) => Failure.Guard(() =>
    {
        Handles.Remove<Gpu>(gpu).Dispose();
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_gpu_allocate", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Allocate(ulong gpu, nuint bytes, ulong* address) => Use(gpu, target =>
    {
        Memory.Need(address, nameof(address));
        *address = (ulong)target.Driver.Allocate(Bytes(bytes));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_gpu_release", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Release(ulong gpu, ulong address) => Use(gpu, target =>
    {
        target.Driver.Free((nint)address);
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_gpu_to_device", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status ToDevice(ulong gpu, ulong destination, void* source, nuint bytes) => Use(gpu, target =>
    {
        Memory.Need(source, nameof(source));
        target.Driver.CopyToDevice((nint)destination, (nint)source, Bytes(bytes), target.Stream);
        target.Driver.Synchronize(target.Stream);
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_gpu_to_host", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status ToHost(ulong gpu, void* destination, ulong source, nuint bytes) => Use(gpu, target =>
    {
        Memory.Need(destination, nameof(destination));
        target.Driver.CopyToHost((nint)destination, (nint)source, Bytes(bytes), target.Stream);
        target.Driver.Synchronize(target.Stream);
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_kernel_compile", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Compile(
        ulong gpu, byte* source, nuint sourceLength, byte* entry, nuint entryLength, byte* options, nuint optionsLength, ulong* kernel) => Use(gpu, target =>
    {
        Memory.Need(kernel, nameof(kernel));
        string text = Memory.ReadName(source, sourceLength, nameof(source));
        string name = Memory.ReadName(entry, entryLength, nameof(entry));
        JsonOptions read = new(Memory.ReadText(options, optionsLength, nameof(options)), OptionTexts.KernelKeys);
        *kernel = Handles.Add(new Kernel(target, text, name, read.Texts("definitions") ?? []));
        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_kernel_launch", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status Launch(ulong kernel, LaunchFigures* launch, void* arguments, nuint argumentBytes, double* milliseconds) => Failure.Guard(() =>
    {
        Kernel target = Handles.Get<Kernel>(kernel);
        Memory.NeedStructure(launch, launch == null ? 0 : launch->StructSize, sizeof(LaunchFigures), nameof(launch));
        double taken = target.Launch(*launch, Memory.Read((byte*)arguments, argumentBytes, nameof(arguments)));
        if (milliseconds != null)
        {
            *milliseconds = taken;
        }

        return Status.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "winnow_kernel_free", CallConvs = [typeof(CallConvCdecl)])]
    internal static Status KernelFree(ulong kernel) => Failure.Guard(() =>
    {
        Handles.Remove<Kernel>(kernel).Dispose();
        return Status.Ok;
    });

    private static Status Use(ulong gpu, Func<Gpu, Status> body) => Failure.Guard(() =>
    {
        Gpu target = Handles.Get<Gpu>(gpu);
        lock (target.Gate)
        {
            target.ThrowIfFreed();
            return body(target);
        }
    });

    private static long Bytes(nuint bytes) =>
        bytes is > 0 && bytes <= long.MaxValue ? (long)bytes : throw new ArgumentException($"The number of bytes must be 1 or more, not {bytes}.");
}
