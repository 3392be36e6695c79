namespace Winnow.Simulator;

/// <summary>
/// How long it takes until the result of an instruction can be used, clocks: what the critical path of a <see cref="KernelProfile"/> is made of. The values are
/// those of Hopper as microbenchmarks in the literature give them; none was measured for this library, or fitted to a kernel of it.
/// </summary>
/// <remarks>
/// Memory: Luo et al. 2025, "Dissecting the NVIDIA Hopper Architecture through Microbenchmarking and Multiple Level Analysis" (arXiv:2501.12084; as in arXiv:2402.13499
/// measured by chasing pointers). Arithmetic: Jia et al. 2018 and 2019 (Volta, arXiv:1804.06826; Turing, arXiv:1903.07486), which newer generations are taken to have
/// kept. <c>mma.sync</c>: Sun et al. 2022 (arXiv:2206.02874). Shuffles and barriers: what is reported of Ampere; the least certain ones. Products of warpgroups take what
/// their rate of 4096 operations of 16-bit floats a clock and multiprocessor says.
/// </remarks>
public sealed record LatencyTable
{
    /// <summary>The one that is taken where none is given.</summary>
    public static LatencyTable Hopper { get; } = new();

    /// <summary>Integers, 32-bit floats, comparisons, selections, votes.</summary>
    public int Arithmetic { get; init; } = 4;

    /// <summary>16-bit floats, also as a source or a result of conversions between floats.</summary>
    public int Half { get; init; } = 6;

    /// <summary>64-bit floats.</summary>
    public int Double { get; init; } = 8;

    /// <summary>The special function unit: functions, counts of bits, conversions of floats to integers, and of integers but those of 32 bits to floats.</summary>
    public int Special { get; init; } = 15;

    /// <summary>Shuffles, matches and reductions within a warp.</summary>
    public int Shuffle { get; init; } = 25;

    /// <summary>Products of a warp: <c>mma.sync</c> with 16 values of 16 bits or more bits in all to add up.</summary>
    public int Matrix { get; init; } = 33;

    /// <summary>Shared memory without conflicts; each further pass of the banks takes a clock more.</summary>
    public int Shared { get; init; } = 29;

    /// <summary>Shared memory of another block of the cluster.</summary>
    public int RemoteShared { get; init; } = 181;

    /// <summary>The first-level cache; local memory and constants, too.</summary>
    public int L1 { get; init; } = 32;

    /// <summary>The second-level cache.</summary>
    public int L2 { get; init; } = 265;

    /// <summary>Device memory.</summary>
    public int Memory { get; init; } = 656;

    /// <summary>A barrier of a block without warps.</summary>
    public int Barrier { get; init; } = 21;

    /// <summary>What each warp adds to a barrier.</summary>
    public int BarrierWarp { get; init; } = 2;
}
