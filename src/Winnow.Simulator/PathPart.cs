namespace Winnow.Simulator;

/// <summary>What a critical path spends its clocks on; see <see cref="KernelProfile.LongestPathParts"/>.</summary>
public enum PathPart
{
    /// <summary>Trips to device memory, bulk copies from there included.</summary>
    DeviceMemory,

    /// <summary>Global memory that a cache has, and atomics, which are done there; local memory and constants, too.</summary>
    Cache,

    /// <summary>Shared memory of the block.</summary>
    SharedMemory,

    /// <summary>Shared memory of other blocks of the cluster.</summary>
    ClusterMemory,

    /// <summary>Barriers of the block, mbarriers and fences themselves; not what they wait for, which the way of the last who came tells.</summary>
    Barrier,

    /// <summary>Barriers of the cluster.</summary>
    ClusterBarrier,

    /// <summary>Matrix products of tensor cores.</summary>
    Tensor,

    /// <summary>The special function unit, and shuffles, matches and reductions within a warp.</summary>
    Special,

    /// <summary>Units of the multiprocessor that other instructions use; only with <see cref="PtxSimulatorOptions.Units"/>.</summary>
    Units,

    /// <summary>Other arithmetic, and the clocks in which instructions are issued.</summary>
    Arithmetic,
}
