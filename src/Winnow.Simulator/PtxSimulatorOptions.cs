using System;

namespace Winnow.Simulator;

/// <summary>How a <see cref="PtxSimulator"/> works.</summary>
public sealed record PtxSimulatorOptions
{
    /// <summary>
    /// What the device is: <c>compute_80</c>, or <c>compute_90a</c> with the instructions of Hopper. <see cref="Winnow.Gpu.GpuDriver.Architecture"/> says it to
    /// those who compile.
    /// </summary>
    public string Architecture { get; init; } = "compute_80";

    /// <summary>How many times fewer multiprocessors it has than the GPU that it is shaped like, and than <see cref="Units"/> says, for work of which a part stands for the whole.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>
    /// Whether what kernels do is checked: uninitialized reads, races in shared memory, missing waits. Out of bounds and misaligned accesses,
    /// and barriers that cannot complete, are found in any case.
    /// </summary>
    public bool Checks { get; init; } = true;

    /// <summary>Whether what kernels do is counted; see <see cref="PtxSimulator.TakeProfiles"/>.</summary>
    public bool Profiles { get; init; }

    /// <summary>
    /// Whether profiles tell what critical paths consist of: <see cref="KernelProfile.LongestPathParts"/> and <see cref="KernelProfile.LongestPathSteps"/>. It takes
    /// time, and some 24 bytes of the host for each instruction of a warp of a block that is no plain arithmetic.
    /// </summary>
    public bool TracesPaths { get; init; }

    /// <summary>How long instructions take, for the critical paths of profiles.</summary>
    public LatencyTable Latencies { get; init; } = LatencyTable.Hopper;

    /// <summary>
    /// What multiprocessors have of each unit, so that critical paths hold what warps wait for because others use it, also those of blocks that share a multiprocessor;
    /// null for paths of blocks that are alone and have of everything as much as they want. Such paths depend on <see cref="Seed"/>: who comes first is served first.
    /// </summary>
    public UnitTable? Units { get; init; }

    /// <summary>Whether times of profiles are those of what an assembler makes of the PTX; off for tests that count clocks by hand.</summary>
    internal bool AssemblesPaths { get; init; } = true;

    /// <summary>Threads of the host that run blocks; 0 for one for each core.</summary>
    public int Threads { get; init; }

    /// <summary>What the order of warps is drawn from: the same seed, the same order.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The most instructions that one block may execute, counted once for a warp; more is reported as a loop without an end.</summary>
    public long InstructionBudget { get; init; } = 200_000_000;

    /// <summary>Memory of the device, bytes; 0 for half of what the host has.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Takes what kernels print with <c>printf</c>, one call each, from the threads that run blocks; null drops it.</summary>
    public Action<string>? Printed { get; init; }

    /// <summary>Fails the launches after so many with a <see cref="Winnow.Gpu.CudaException"/>, for tests of what happens then; below 0: none.</summary>
    internal int FailAfterLaunches { get; init; } = -1;

    /// <summary>Fails the allocations after so many, for tests of what happens then; below 0: none.</summary>
    internal int FailAfterAllocations { get; init; } = -1;
}
