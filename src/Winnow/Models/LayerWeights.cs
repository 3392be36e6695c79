using Winnow.Kernels;

namespace Winnow.Models;

/// <summary>One decoder layer's tensors on the device; empty where the model has none.</summary>
internal sealed record LayerWeights
{
    public required Tensor AttentionNorm { get; init; }  // F32 [D]

    public required Tensor Query { get; init; }  // [H * d, D]

    public required Tensor Key { get; init; }  // [G * d, D]

    public required Tensor Value { get; init; }  // [G * d, D]

    public required Tensor QueryBias { get; init; }  // F32 [H * d]

    public required Tensor KeyBias { get; init; }  // F32 [G * d]

    public required Tensor ValueBias { get; init; }  // F32 [G * d]

    public required Tensor QueryNorm { get; init; }  // F32 [d]

    public required Tensor KeyNorm { get; init; }  // F32 [d]

    public required Tensor Output { get; init; }  // [D, H * d]

    public required Tensor OutputBias { get; init; }  // F32 [D]

    public required Tensor AttentionPostNorm { get; init; }  // F32 [D]

    public required Tensor FfnNorm { get; init; }  // F32 [D]

    public required Tensor Gate { get; init; }  // [F, D]

    public required Tensor Up { get; init; }  // [F, D]

    public required Tensor Down { get; init; }  // [D, F]

    public required Tensor FfnPostNorm { get; init; }  // F32 [D]
}
