namespace Winnow.Kernels.Attention;

/// <summary>How the blocks of a launch of the decode kernel share the device, and come together.</summary>
internal enum DecodeForm
{
    /// <summary>Each has a multiprocessor of its own; the last one of a tile merges what all leave in device memory.</summary>
    Apart,

    /// <summary>Several share a multiprocessor; otherwise the same.</summary>
    Crowded,

    /// <summary>Those of a tile are one cluster, each has a multiprocessor of its own, and they merge through shared memory.</summary>
    Cluster,

    /// <summary>The same where there are more splits than blocks: each works on several, one after the other, and memory is busy all the while.</summary>
    ClusterOfSeveral,
}
