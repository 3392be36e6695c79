using System.Collections.Generic;
using System.IO;
using System.Text;
using Winnow.Benchmarking.Descriptions;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Timing;

/// <summary>The kernels that peaks are measured with, described like anybody's.</summary>
internal static class PeakKernels
{
    private const int CopyBlockBytes = 4 * 512 * 16;
    private const int TensorThreads = 256;

    /// <summary>A copy of so many bytes, rounded down to whole blocks.</summary>
    public static KernelDescription Copy(long bytes) => new()
    {
        Source = Source("copy.cu"),
        Axes = new Dictionary<string, long> { ["blocks"] = bytes / CopyBlockBytes },
        Grid = ["blocks"],
        Block = ["512"],
        Arguments = [$"out out: u32[blocks * {CopyBlockBytes / 4}]", $"in in: u32[blocks * {CopyBlockBytes / 4}] = zeros"],
    };

    /// <summary>Products of so many turns on so many blocks.</summary>
    public static KernelDescription Tensor(long blocks, int turns) => new()
    {
        Source = Source("tensor.cu"),
        Axes = new Dictionary<string, long> { ["blocks"] = blocks, ["turns"] = turns },
        Grid = ["blocks"],
        Block = ["256"],
        Arguments = [$"out out: f32[blocks * {TensorThreads}]", "turns: i32 = turns"],
        Flops = $"blocks * {TensorThreads / 32} * 8 * turns * 4096",
    };

    /// <summary>The same of warpgroups, which reach more on compute capability 9.0a.</summary>
    public static KernelDescription HopperTensor(long blocks, int turns) => new()
    {
        Source = Source("tensor_hopper.cu"),
        Axes = new Dictionary<string, long> { ["blocks"] = blocks, ["turns"] = turns },
        Grid = ["blocks"],
        Block = ["256"],
        Arguments = [$"out out: f32[blocks * {TensorThreads}]", "turns: i32 = turns"],
        Flops = "blocks * 2 * 4 * turns * 524288",
    };

    private static KernelSource Source(string name)
    {
        using Stream stream = typeof(PeakKernels).Assembly.GetManifestResourceStream("peaks/" + name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return new KernelSource("peaks/" + name, reader.ReadToEnd(), new Dictionary<string, string>());
    }
}
