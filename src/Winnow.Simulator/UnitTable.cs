using System;

namespace Winnow.Simulator;

/// <summary>
/// What a multiprocessor has of each unit, and how many it takes: for critical paths on which instructions also wait for units that others use
/// (<see cref="PtxSimulatorOptions.Units"/>). The values are those of an H200: the CUDA C++ Programming Guide's throughputs of compute capability 9.0, of which each of four
/// schedulers has a quarter.
/// </summary>
public sealed record UnitTable
{
    private const int RegistersAtOnce = 8;

    /// <summary>The one of an H200.</summary>
    public static UnitTable Hopper { get; } = new();

    /// <summary>Multiprocessors of the GPU: of blocks that are fewer none share one.</summary>
    public int Multiprocessors { get; init; } = 132;

    /// <summary>Threads that a multiprocessor holds.</summary>
    public int Threads { get; init; } = 2048;

    /// <summary>Blocks that it holds.</summary>
    public int Blocks { get; init; } = 32;

    /// <summary>Shared memory that it has, bytes.</summary>
    public int SharedBytes { get; init; } = 228 * 1024;

    /// <summary>Shared memory that each block takes besides its own, bytes.</summary>
    public int ReservedBytes { get; init; } = 1024;

    /// <summary>Registers of 32 bits that it has; a warp takes them for its threads in eights.</summary>
    public int Registers { get; init; } = 65536;

    /// <summary>Clocks for which an instruction of a warp keeps the lanes of its scheduler for integers, comparisons and conversions.</summary>
    public int Integer { get; init; } = 2;

    /// <summary>The same for products of integers, which half of the lanes for floats compute: they do not wait for the lanes of other integers, nor these for them.</summary>
    public int Multiply { get; init; } = 2;

    /// <summary>The same for the special function unit.</summary>
    public int Special { get; init; } = 8;

    /// <summary>The same for shuffles, matches and reductions within a warp.</summary>
    public int Shuffle { get; init; } = 4;

    /// <summary>Operations of 16-bit floats that the tensor cores of a scheduler do in a clock in products of warpgroups.</summary>
    public int GroupFlops { get; init; } = 1024;

    /// <summary>
    /// The same in products of warps, which on Hopper reach five eighths of that (Luo et al. 2024, "Benchmarking and Dissecting the Nvidia Hopper GPU Architecture via
    /// Microbenchmarking", arXiv:2402.13499).
    /// </summary>
    public int WarpFlops { get; init; } = 640;

    /// <summary>Bytes of shared memory that a multiprocessor moves in a clock.</summary>
    public int SharedWidth { get; init; } = 128;

    /// <summary>How many blocks share a multiprocessor, as far as threads, shared memory and registers let them.</summary>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Its shared memory.</param>
    /// <param name="blocks">Blocks of the grid.</param>
    /// <param name="registers">Registers of a thread, at least; 0 where nobody knows.</param>
    public int BlocksAtOnce(int threads, int sharedBytes, long blocks, int registers = 0)
    {
        long most = (blocks + Multiprocessors - 1) / Multiprocessors;
        most = Math.Min(most, Math.Min(Blocks, Threads / threads));
        most = registers == 0 ? most : Math.Min(most, Registers / (threads * ((registers + RegistersAtOnce - 1) / RegistersAtOnce * RegistersAtOnce)));
        return (int)Math.Max(1, Math.Min(most, SharedBytes / (sharedBytes + ReservedBytes)));
    }
}
