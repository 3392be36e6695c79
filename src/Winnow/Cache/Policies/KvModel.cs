using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Cache.Policies;

/// <summary>What policies may want to know of the model beside its cache.</summary>
/// <param name="Config">Its dimensions.</param>
/// <param name="Inverse">The inverse rotary frequencies, F32 [rotary / 2].</param>
/// <param name="WindowInverse">Those of layers with a window, where they differ; otherwise empty.</param>
/// <param name="Layers">The layers' weights; none where a policy that needs them cannot occur.</param>
internal sealed record KvModel(ModelConfig Config, Tensor Inverse, Tensor WindowInverse, IReadOnlyList<LayerWeights> Layers)
{
    /// <summary>The ids of tokens that end a segment of a text: those of . , ? ! ; : and white space alone.</summary>
    public IReadOnlySet<int> Separators => LazySeparators.Value;

    /// <summary>How they are found, when a policy asks for them.</summary>
    public Lazy<IReadOnlySet<int>> LazySeparators { get; init; } = new(() => new HashSet<int>());

    /// <summary>The inverse rotary frequencies of a layer.</summary>
    public Tensor InverseOf(int layer) => !WindowInverse.IsEmpty && Config.WindowOf(layer) > 0 ? WindowInverse : Inverse;

    /// <summary>What the cosines and sines of a layer's rotation are multiplied by.</summary>
    public float MagnitudeOf(int layer) => RopeFrequencies.Magnitude((Config.WindowOf(layer) > 0 ? Config.WindowRope : null) ?? Config.Rope, Config.ContextTokens);

    /// <summary>The weights of a layer.</summary>
    public LayerWeights WeightsOf(int layer) =>
        layer < Layers.Count ? Layers[layer] : throw new InvalidOperationException("The model's weights are not at hand.");
}
