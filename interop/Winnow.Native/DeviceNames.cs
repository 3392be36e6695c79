using System;
using System.Globalization;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Simulator;

namespace Winnow.Native;

/// <summary>The devices by the names that callers give them; the same ones as on the command line.</summary>
internal static class DeviceNames
{
    private const string Known = "auto, cpu, cuda, cuda:<number>, simulator or simulator:unchecked";

    /// <summary>Opens the device of an engine.</summary>
    /// <exception cref="UnavailableException">This machine has it not.</exception>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static ComputeDevice OpenForEngine(string name, int? threads)
    {
        if (threads is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(threads), threads, "The option 'threads' must be 1 or more.");
        }

        bool isAuto = name == "auto";
        if (name == "cpu" || (isAuto && !(CudaDriver.Probe().IsUsable && KernelCompiler.Probe().IsUsable)))
        {
            return new CpuDevice(threads);
        }

        return new CudaDevice(OpenDriver(isAuto ? "cuda" : name, threads), ownsDriver: true);
    }

    /// <summary>Opens what runs kernels.</summary>
    /// <exception cref="UnavailableException">This machine has it not.</exception>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    public static GpuDriver OpenDriver(string name, int? threads)
    {
        bool isSimulator = name is "simulator" or "simulator:unchecked";
        int? ordinal = OrdinalOf(name);
        if (!isSimulator && ordinal is null)
        {
            throw new ArgumentException($"The device must be one of {Known}, not '{name}'.");
        }

        GpuProbe nvrtc = KernelCompiler.Probe();
        if (!nvrtc.IsUsable)
        {
            throw new UnavailableException(nvrtc.Problem);
        }

        if (isSimulator)
        {
            return new PtxSimulator(new PtxSimulatorOptions { Checks = name == "simulator", Threads = threads ?? 0 });
        }

        GpuProbe cuda = CudaDriver.Probe();
        return cuda.IsUsable && ordinal < cuda.Devices.Count
            ? CudaDriver.Open(ordinal.Value)
            : throw new UnavailableException(cuda.IsUsable ? $"There is no GPU {ordinal}: this machine has {cuda.Devices.Count}, numbered from 0." : cuda.Problem);
    }

    private static int? OrdinalOf(string name)
    {
        const string Prefix = "cuda:";
        return name == "cuda" ? 0
            : name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int ordinal) ? ordinal : null;
    }
}
