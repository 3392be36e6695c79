using System;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Compilation;

/// <summary>How many blocks of a kernel a multiprocessor holds at a time.</summary>
/// <param name="Blocks">Blocks; 0 where not even one fits.</param>
/// <param name="Warps">Warps of those blocks.</param>
/// <param name="MaxWarps">Warps that a multiprocessor could hold.</param>
/// <param name="Limit">What keeps it from one more.</param>
public sealed record Occupancy(int Blocks, int Warps, int MaxWarps, OccupancyLimit Limit)
{
    private const int WarpThreads = 32;

    // Registers are given to warps by 256, and each of four schedulers has a quarter of them; shared memory is given by 128 bytes.
    private const int RegisterUnit = 256;
    private const int Schedulers = 4;
    private const int SharedUnit = 128;

    /// <summary>The part of all warps, 0 to 1.</summary>
    public double Part => (double)Warps / MaxWarps;

    /// <summary>Works it out by the rules of compute capability 8.0 to 9.0.</summary>
    /// <param name="gpu">The GPU.</param>
    /// <param name="resources">What the assembler gave the kernel.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="dynamicSharedBytes">Shared memory that a launch asks for, beside what the kernel declares.</param>
    public static Occupancy Of(GpuSpecification gpu, KernelResources resources, int threads, int dynamicSharedBytes)
    {
        ArgumentNullException.ThrowIfNull(gpu);
        ArgumentNullException.ThrowIfNull(resources);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(dynamicSharedBytes);
        int warps = (threads + WarpThreads - 1) / WarpThreads;
        int maxWarps = gpu.MaxThreads / WarpThreads;
        int registersOfWarp = Up(Math.Max(resources.Registers, 1) * WarpThreads, RegisterUnit);
        int shared = Up(resources.SharedBytes + dynamicSharedBytes + gpu.SystemSharedBytes, SharedUnit);
        (int Blocks, OccupancyLimit Limit)[] limits =
        [
            (maxWarps / warps, OccupancyLimit.Threads),
            (gpu.MaxBlocks, OccupancyLimit.Blocks),
            (gpu.Registers / Schedulers / registersOfWarp * Schedulers / warps, OccupancyLimit.Registers),
            (gpu.SharedBytes / shared, OccupancyLimit.SharedMemory),
        ];
        (int blocks, OccupancyLimit limit) = limits[0];
        foreach ((int Blocks, OccupancyLimit Limit) candidate in limits)
        {
            (blocks, limit) = candidate.Blocks < blocks ? candidate : (blocks, limit);
        }

        return new Occupancy(blocks, blocks * warps, maxWarps, limit);
    }

    private static int Up(int value, int unit) => (value + unit - 1) / unit * unit;
}
