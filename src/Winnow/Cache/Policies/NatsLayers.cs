using System;
using System.Collections.Generic;
using Winnow.Kernels;
using Winnow.Kernels.Linear;

namespace Winnow.Cache.Policies;

/// <summary>The projections of all layers to the logits of types, on a device.</summary>
/// <param name="device">The device.</param>
/// <param name="kvHeads">KV heads of a layer.</param>
internal sealed class NatsLayers(ComputeDevice device, int kvHeads) : IDisposable
{
    private readonly List<(Tensor Weight, Tensor Bias)> _layers = [];
    private Tensor _one;

    /// <summary>Sequences that use them; <see cref="NatsWeights"/> counts.</summary>
    public int Users { get; set; }

    /// <summary>The device.</summary>
    public ComputeDevice Device => device;

    /// <summary>KV heads of a layer.</summary>
    public int KvHeads => kvHeads;

    /// <summary>How many layers there are.</summary>
    public int Count => _layers.Count;

    /// <summary>1, I32 [1]: the number of types that a token has.</summary>
    public Tensor One => _one;

    /// <summary>Adds the next layer.</summary>
    /// <param name="weight">[3 * kvHeads, hidden].</param>
    /// <param name="bias">[3 * kvHeads], or empty.</param>
    public void Add(float[] weight, float[] bias)
    {
        int outputs = NatsWeights.Types * kvHeads;
        if (_one.IsEmpty)
        {
            _one = device.AllocateTensor(DType.I32, new Shape(1));
            device.Upload<int>(_one, [1]);
        }

        Tensor matrix = device.AllocateTensor(DType.F32, new Shape(outputs, weight.Length / outputs));
        _layers.Add((matrix, default));
        device.Upload<float>(matrix, weight);
        if (bias.Length > 0)
        {
            Tensor vector = device.AllocateTensor(DType.F32, new Shape(outputs));
            _layers[^1] = (matrix, vector);
            device.Upload<float>(vector, bias);
        }
    }

    /// <summary>logits = input * transpose(weight) + bias.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="logits">F32 [tokens, 3 * kvHeads].</param>
    /// <param name="input">F32 [tokens, hidden].</param>
    public void Project(int layer, Tensor logits, Tensor input) =>
        device.Linear.Project(input, new Projection { Output = logits, Weight = _layers[layer].Weight, Bias = _layers[layer].Bias });

    public void Dispose()
    {
        _one.Release();
        foreach ((Tensor weight, Tensor bias) in _layers)
        {
            weight.Release();
            bias.Release();
        }
    }
}
