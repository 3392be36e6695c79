namespace Winnow.Kernels.Norm;

/// <summary>What is done to the queries and keys of a layer before they meet: an RMS norm of each head where the model has one, then RoPE.</summary>
public readonly record struct Rotation
{
    /// <summary>What <see cref="INorm.RopeTable"/> wrote for the step's tokens, F32 [tokens, rotary / 2, 2].</summary>
    public required Tensor Table { get; init; }

    /// <summary>Which elements rotate together.</summary>
    public required RopeLayout Layout { get; init; }

    /// <summary>F32 [headDim] for models that normalize the heads of queries; empty means none.</summary>
    public Tensor QueryNorm { get; init; }

    /// <summary>F32 [headDim] for models that normalize the heads of keys; empty means none.</summary>
    public Tensor KeyNorm { get; init; }

    /// <summary>Added to the mean square of the norms.</summary>
    public float Epsilon { get; init; }
}
