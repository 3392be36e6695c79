namespace Winnow.Benchmarking.Prediction;

/// <summary>What can bound a kernel.</summary>
public enum BoundKind
{
    /// <summary>Device memory.</summary>
    Memory,

    /// <summary>The second-level cache.</summary>
    L2,

    /// <summary>The banks of shared memory.</summary>
    Shared,

    /// <summary>Tensor cores.</summary>
    Tensor,

    /// <summary>Float arithmetic.</summary>
    Float,

    /// <summary>Integer arithmetic.</summary>
    Integer,

    /// <summary>The special function unit.</summary>
    Special,

    /// <summary>Issue slots of the schedulers.</summary>
    Issue,

    /// <summary>The critical path of a block: instructions that wait for one another.</summary>
    Latency,
}
