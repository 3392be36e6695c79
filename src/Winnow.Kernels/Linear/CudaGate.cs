namespace Winnow.Kernels.Linear;

/// <summary>What becomes of the sums: <c>Gate</c> of <c>kernels/linear/params.cuh</c>.</summary>
internal enum CudaGate
{
    /// <summary>They are the output, with bias and residual.</summary>
    None,

    /// <summary>Those of the gate, activated, times those of the projection.</summary>
    Fused,

    /// <summary>The same, with a gate that lies in memory.</summary>
    Stored,
}
