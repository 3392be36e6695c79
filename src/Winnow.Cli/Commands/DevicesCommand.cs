using System;
using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using Winnow.Cli.Terminal;
using Winnow.Gpu;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow devices</c>: what this machine has to compute with, and why it cannot use what it has not.</summary>
internal static class DevicesCommand
{
    public static Command Create(CliHost host)
    {
        Command command = new("devices", "Show what this machine has to compute with, and why a GPU cannot be used.");
        command.SetAction(parsed => Run(host, parsed.GetValue(CommonOptions.Json), CudaDriver.Probe(), KernelCompiler.Probe()));
        return command;
    }

    /// <summary>Writes the devices and the two libraries that a GPU needs.</summary>
    public static int Run(CliHost host, bool asJson, GpuProbe cuda, GpuProbe nvrtc)
    {
        using CpuDevice cpu = new();
        if (asJson)
        {
            WriteJson(host, cpu, cuda, nvrtc);
        }
        else
        {
            WriteText(host, cpu, cuda, nvrtc);
        }

        return ExitCodes.Success;
    }

    private static long TotalBytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    private static string ProcessorArchitecture => RuntimeInformation.ProcessArchitecture.ToString();

    private static void WriteText(CliHost host, CpuDevice cpu, GpuProbe cuda, GpuProbe nvrtc)
    {
        TextTable table = new("device", "name", "what it has", "#memory");
        table.Add("cpu", ProcessorArchitecture, $"{cpu.Threads} threads, {cpu.VectorBits}-bit vectors, {Quantities.Bytes(cpu.FreeBytes)} free", Quantities.Bytes(TotalBytes));
        for (int ordinal = 0; ordinal < cuda.Devices.Count; ordinal++)
        {
            GpuProperties gpu = cuda.Devices[ordinal];
            table.Add(
                $"cuda:{ordinal}",
                gpu.Name,
                $"compute capability {Capability(gpu)}, {gpu.Multiprocessors} multiprocessors",
                Quantities.Bytes(gpu.TotalBytes));
        }

        table.Add("simulator", "PTX simulator", nvrtc.IsUsable ? "runs the GPU's kernels on the CPU, with checks" : "cannot be used without NVRTC", "");
        table.Write(host);
        host.Output.WriteLine();
        WriteLibrary(host, "CUDA driver", cuda);
        WriteLibrary(host, "NVRTC", nvrtc);
    }

    private static void WriteLibrary(CliHost host, string name, GpuProbe probe)
    {
        string loaded = probe.Path.Length == 0 ? "" : $"{probe.VersionText} ({probe.Path})";
        if (probe.IsUsable)
        {
            host.Output.WriteLine($"{name}: {loaded}");
            return;
        }

        host.Output.WriteLine($"{name}: cannot be used.");
        foreach (string line in probe.Problem.Split('\n'))
        {
            host.Output.WriteLine("  " + line);
        }
    }

    private static void WriteJson(CliHost host, CpuDevice cpu, GpuProbe cuda, GpuProbe nvrtc)
    {
        JsonLine.Write(host.Output, json =>
        {
            json.WriteString("device", "cpu");
            json.WriteString("kind", "cpu");
            json.WriteString("name", cpu.Name);
            json.WriteString("architecture", ProcessorArchitecture);
            json.WriteNumber("vector_bits", cpu.VectorBits);
            json.WriteNumber("threads", cpu.Threads);
            json.WriteNumber("free_bytes", cpu.FreeBytes);
            json.WriteNumber("total_bytes", TotalBytes);
        });
        for (int ordinal = 0; ordinal < cuda.Devices.Count; ordinal++)
        {
            WriteGpu(host, ordinal, cuda.Devices[ordinal], cuda.IsUsable && nvrtc.IsUsable);
        }

        JsonLine.Write(host.Output, json =>
        {
            json.WriteString("device", "simulator");
            json.WriteString("kind", "simulator");
            json.WriteString("name", "PTX simulator");
            json.WriteBoolean("usable", nvrtc.IsUsable);
        });
        WriteLibraryJson(host, "cuda", cuda);
        WriteLibraryJson(host, "nvrtc", nvrtc);
    }

    private static void WriteGpu(CliHost host, int ordinal, GpuProperties gpu, bool isUsable) => JsonLine.Write(host.Output, json =>
    {
        json.WriteString("device", string.Create(CultureInfo.InvariantCulture, $"cuda:{ordinal}"));
        json.WriteString("kind", "cuda");
        json.WriteString("name", gpu.Name);
        json.WriteString("compute_capability", Capability(gpu));
        json.WriteNumber("multiprocessors", gpu.Multiprocessors);
        json.WriteNumber("total_bytes", gpu.TotalBytes);
        json.WriteBoolean("usable", isUsable && gpu.IsSupported);
    });

    private static void WriteLibraryJson(CliHost host, string name, GpuProbe probe) => JsonLine.Write(host.Output, json =>
    {
        json.WriteString("kind", "library");
        json.WriteString("name", name);
        json.WriteBoolean("usable", probe.IsUsable);
        json.WriteString("version", probe.VersionText);
        json.WriteString("path", probe.Path);
        json.WriteString("problem", probe.Problem);
    });

    private static string Capability(GpuProperties gpu) =>
        string.Create(CultureInfo.InvariantCulture, $"{gpu.ComputeCapability / 10}.{gpu.ComputeCapability % 10}");
}
