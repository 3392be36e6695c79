using System;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Safetensors;
using Winnow.Kernels.Reduction;

namespace Winnow.Cache.Policies;

/// <summary>The trained network of <see cref="AttentionPredictorPolicy"/>.</summary>
/// <param name="Packed">All weights in the order of <see cref="BlockNetwork.Weights"/>.</param>
internal sealed record AttentionPredictorWeights(float[] Packed)
{
    private const string Remedy = "give weights=PATH of a safetensors file with conv1, conv2 and conv3, .weight and .bias each, as in the authors' checkpoint";

    private static readonly (string Name, long[] Shape)[] Tensors =
    [
        ("conv1.weight", [BlockNetwork.Hidden, 1, 3, 3]),
        ("conv1.bias", [BlockNetwork.Hidden]),
        ("conv2.weight", [BlockNetwork.Features, BlockNetwork.Hidden, 3, 3]),
        ("conv2.bias", [BlockNetwork.Features]),
        ("conv3.weight", [1, BlockNetwork.Features, 1]),
        ("conv3.bias", [1]),
    ];

    /// <summary>Reads a file.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <exception cref="ArgumentException">There is none; the message says what it holds.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or a tensor is missing or has another shape.</exception>
    public static AttentionPredictorWeights Load(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
        {
            throw new ArgumentException($"The policy attentionpredictor needs a trained network: {Remedy}.");
        }

        if (!File.Exists(path))
        {
            throw new ArgumentException($"The trained network of the policy attentionpredictor is not at '{path}': {Remedy}.");
        }

        float[] packed = new float[BlockNetwork.Weights];
        int at = 0;
        using SafetensorsFile file = SafetensorsFile.Open(path);
        foreach ((string name, long[] shape) in Tensors)
        {
            TensorInfo info = file.TryGet(name, out TensorInfo? found)
                ? found
                : throw new ModelFormatException($"a trained network for the policy attentionpredictor has this tensor; {Remedy}", path, null, name);
            if (!info.Shape.SequenceEqual(shape))
            {
                throw new ModelFormatException(
                    $"has shape [{string.Join(", ", info.Shape)}] where the network has [{string.Join(", ", shape)}]; {Remedy}", info.Path, info.Offset, name);
            }

            file.ReadFloats(info, 0, packed.AsSpan(at, (int)info.Elements));
            at += (int)info.Elements;
        }

        return new AttentionPredictorWeights(packed);
    }
}
