namespace Winnow.Benchmarking.Compilation;

/// <summary>What keeps a multiprocessor from holding one more block.</summary>
public enum OccupancyLimit
{
    /// <summary>The most threads that it holds.</summary>
    Threads,

    /// <summary>The most blocks that it holds.</summary>
    Blocks,

    /// <summary>Its registers.</summary>
    Registers,

    /// <summary>Its shared memory.</summary>
    SharedMemory,
}
