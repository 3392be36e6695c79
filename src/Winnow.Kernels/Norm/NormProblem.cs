namespace Winnow.Kernels.Norm;

/// <summary>One norm of rows as plain pointers and numbers.</summary>
internal readonly unsafe struct NormProblem
{
    public required NormKind Kind { get; init; }

    public required float* Output { get; init; }

    public required float* Input { get; init; }

    /// <summary>What the input is added to, where the kind has it.</summary>
    public float* Residual { get; init; }

    public required float* Weight { get; init; }

    /// <summary>The bias of a layer norm, or null.</summary>
    public float* Bias { get; init; }

    public required float Epsilon { get; init; }

    public required int Columns { get; init; }
}
