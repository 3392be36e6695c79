namespace Winnow.Kernels.Linear;

/// <summary>One of several products that share their input: Output = Residual + input * transpose(Weight) + Bias.</summary>
public readonly record struct Projection
{
    /// <summary>F32 [rows, outputs].</summary>
    public required Tensor Output { get; init; }

    /// <summary>[outputs, inputs], F32, F16, BF16 or any GGUF block type.</summary>
    public required Tensor Weight { get; init; }

    /// <summary>F32 [outputs]; empty means none.</summary>
    public Tensor Bias { get; init; }

    /// <summary>F32 [rows, outputs], may be <see cref="Output"/> itself; empty means none.</summary>
    public Tensor Residual { get; init; }
}
