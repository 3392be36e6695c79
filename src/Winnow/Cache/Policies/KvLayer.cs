using Winnow.Kernels;

namespace Winnow.Cache.Policies;

/// <summary>What one layer is about to do with the tokens of one sequence in a step. T tokens of the sequence.</summary>
public readonly record struct KvLayer
{
    /// <summary>The device.</summary>
    public required ComputeDevice Device { get; init; }

    /// <summary>The layer.</summary>
    public required int Layer { get; init; }

    /// <summary>The layer's input after its norm, F32 [T, hidden].</summary>
    public required Tensor Input { get; init; }

    /// <summary>Queries before RoPE and before a norm of heads, F32 [T, heads * headDim]; not to be changed.</summary>
    public required Tensor Queries { get; init; }

    /// <summary>The weight of the norm of query heads that comes before RoPE, F32 [headDim]; empty where the model has none.</summary>
    public Tensor QueryNorm { get; init; }

    /// <summary>Added to the mean square in norms.</summary>
    public float NormEpsilon { get; init; }

    /// <summary>Positions of the tokens, I32 [T].</summary>
    public required Tensor Positions { get; init; }

    /// <summary>What the policy notes about the sequence.</summary>
    public required KvPolicyState? State { get; init; }
}
