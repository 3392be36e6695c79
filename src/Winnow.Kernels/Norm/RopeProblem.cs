namespace Winnow.Kernels.Norm;

/// <summary>One call of <see cref="INorm.Rope"/> as plain pointers and numbers.</summary>
internal readonly unsafe struct RopeProblem(
    float* values, float* table, float* weight, float epsilon, int heads, int headDim, int pairs, RopeLayout layout)
{
    public float* Values { get; } = values;

    public float* Table { get; } = table;

    /// <summary>The norm's weight, or null.</summary>
    public float* Weight { get; } = weight;

    public float Epsilon { get; } = epsilon;

    public int Heads { get; } = heads;

    public int HeadDim { get; } = headDim;

    public int Pairs { get; } = pairs;

    public RopeLayout Layout { get; } = layout;
}
