using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;

namespace Winnow.Gpu.Native;

/// <summary>Finds and loads the CUDA driver's library, once for the process, and tells what it offers.</summary>
internal static unsafe class CudaLibrary
{
    /// <summary>The environment variable that names the library's file and rules out every other place.</summary>
    public const string Variable = "WINNOW_CUDA";

    /// <summary>The oldest driver that the bindings fit.</summary>
    public const int MinimumVersion = 11020;

    private const string Install =
        "Install NVIDIA's driver (from the distribution, or from nvidia.com/drivers); in a container start it with the GPU, for instance "
        + "`docker run --gpus all`; or set " + Variable + " to the path of the library.";

    private static readonly Lazy<GpuProbe> Loaded = new(() => Load(Environment.GetEnvironmentVariable));

    /// <summary>The CUDA version of the driver, see <see cref="GpuProbe.Version"/>; 0 where there is none.</summary>
    public static int Version
    {
        get
        {
            int version = 0;
            if (Loaded.Value.IsUsable)
            {
                Driver.cuDriverGetVersion(&version).Check();
            }

            return version;
        }
    }

    /// <summary>What is there now: library, devices, and the reason where it cannot be used.</summary>
    public static GpuProbe Probe()
    {
        GpuProbe library = Loaded.Value with { Version = Version };
        if (!library.IsUsable)
        {
            return library;
        }

        if (library.Version < MinimumVersion)
        {
            return library with
            {
                Problem = $"The CUDA driver ({library.Path}) is for CUDA {library.VersionText} and too old: Winnow needs 11.2 or newer.\n{Install}",
            };
        }

        CudaResult status = Driver.cuInit(0);
        if (status != CudaResult.Success)
        {
            return library with { Problem = $"The CUDA driver ({library.Path}) does not start: {CudaResults.NameOf(status)} ({(int)status}).\n{Advice(status)}" };
        }

        int count;
        Driver.cuDeviceGetCount(&count).Check();
        return count == 0
            ? library with { Problem = $"The CUDA driver ({library.Path}) sees no GPU.\n{Advice(CudaResult.NoDevice)}" }
            : library with { Devices = [.. Enumerable.Range(0, count).Select(ordinal => Describe(Device(ordinal)))] };
    }

    /// <summary>Looks in every place in turn, without binding what is found.</summary>
    public static NativeSearch Search(Func<string, string?> environment)
    {
        NativeSearch search = new();
        if (environment(Variable) is { Length: > 0 } given)
        {
            search.TryFile(given);
            return search;
        }

        search.Note(Variable, "not set");
        _ = OperatingSystem.IsWindows()
            ? search.TryName("nvcuda.dll")
            : search.TryName("libcuda.so.1") || search.TryFile("/usr/lib/wsl/lib/libcuda.so.1");
        return search;
    }

    /// <summary>What there is to say where no place had the library.</summary>
    public static GpuProbe NotFound(NativeSearch search) =>
        new() { Problem = $"The CUDA driver's library was not found.\nSought: {search.Tried}.\n{Install}" };

    /// <summary>The driver's handle of a device.</summary>
    public static int Device(int ordinal)
    {
        int device;
        Driver.cuDeviceGet(&device, ordinal).Check();
        return device;
    }

    /// <summary>The properties of a device.</summary>
    public static GpuProperties Describe(int device)
    {
        byte* name = stackalloc byte[256];
        nuint bytes;
        Driver.cuDeviceGetName(name, 256, device).Check();
        Driver.cuDeviceTotalMem_v2(&bytes, device).Check();
        return new GpuProperties
        {
            Name = Marshal.PtrToStringUTF8((nint)name) ?? "",
            ComputeCapability = (Attribute(DeviceAttribute.ComputeCapabilityMajor) * 10) + Attribute(DeviceAttribute.ComputeCapabilityMinor),
            DriverVersion = Version,
            Multiprocessors = Attribute(DeviceAttribute.MultiprocessorCount),
            TotalBytes = (long)bytes,
            L2Bytes = Attribute(DeviceAttribute.L2CacheSize),
            MaxSharedBytesPerBlock = Attribute(DeviceAttribute.MaxSharedMemoryPerBlockOptin),
            SharedBytesPerMultiprocessor = Attribute(DeviceAttribute.MaxSharedMemoryPerMultiprocessor),
            RegistersPerMultiprocessor = Attribute(DeviceAttribute.MaxRegistersPerMultiprocessor),
            MaxThreadsPerMultiprocessor = Attribute(DeviceAttribute.MaxThreadsPerMultiprocessor),
        };

        int Attribute(DeviceAttribute attribute)
        {
            int value;
            Driver.cuDeviceGetAttribute(&value, attribute, device).Check();
            return value;
        }
    }

    private static GpuProbe Load(Func<string, string?> environment)
    {
        NativeSearch search = Search(environment);
        if (search.Handle == 0)
        {
            return NotFound(search);
        }

        NativeLibraries.BindCuda(search.Handle);
        return new GpuProbe { Path = search.Path };
    }

    private static string Advice(CudaResult status) => status switch
    {
        CudaResult.NoDevice => string.Join(' ', NoDevice(Environment.GetEnvironmentVariable, File.Exists)),
        CudaResult.StubLibrary => "This is the toolkit's stub to link against, not the driver: take its folder out of LD_LIBRARY_PATH.",
        CudaResult.SystemNotReady => "On machines with NVSwitch the service nvidia-fabricmanager must run.",
        CudaResult.SystemDriverMismatch or CudaResult.CompatibilityNotSupported =>
            "The library is not of the version of the kernel module: restart after an update of the driver, or take CUDA's compat folder out of LD_LIBRARY_PATH.",
        _ => "`nvidia-smi` may tell more; restart the machine after an update of the driver.",
    };

    /// <summary>What may hide the GPUs of this machine.</summary>
    internal static IEnumerable<string> NoDevice(Func<string, string?> environment, Func<string, bool> exists)
    {
        if (environment("CUDA_VISIBLE_DEVICES") is { } visible)
        {
            yield return $"CUDA_VISIBLE_DEVICES is \"{visible}\", which hides every other GPU.";
        }

        if (OperatingSystem.IsLinux() && !exists("/dev/nvidiactl") && !exists("/dev/dxg"))
        {
            yield return "There is no /dev/nvidiactl: the kernel module is not loaded (`sudo modprobe nvidia`), or a container runs without the GPU (`docker run --gpus all`).";
        }

        yield return "A GPU in MIG mode is seen only through an instance: `nvidia-smi -L` lists them, and CUDA_VISIBLE_DEVICES=MIG-... selects one.";
    }
}
