using System;
using System.Collections.Generic;
using System.Globalization;
using Winnow.Formats;

namespace Winnow.Models;

/// <summary>The tensors that a decoder of a configuration needs, with random values of the size that keeps activations near 1.</summary>
internal sealed class RandomWeights
{
    private const float NormDeviation = 0.1f;
    private const float BiasDeviation = 0.02f;

    private readonly ModelConfig _config;
    private readonly TensorNames _names;
    private readonly TensorType _type;
    private readonly List<RandomTensor> _tensors = [];

    private RandomWeights(ModelConfig config, TensorType type) =>
        (_config, _names, _type) = (config, TensorNames.HuggingFace("model.", "lm_head", config.HasPostNorms), type);

    /// <summary>Lists them.</summary>
    /// <param name="config">The model, with the names and layouts of Hugging Face files.</param>
    /// <param name="type">How matrices are stored.</param>
    public static IReadOnlyList<RandomTensor> For(ModelConfig config, TensorType type)
    {
        var self = new RandomWeights(config, type);
        self.Matrix(self._names.Embedding, config.Vocab, config.Hidden, 1 / config.EmbeddingScale);
        self.Norm(self._names.OutputNorm, config.Hidden);
        if (!config.TiedEmbeddings)
        {
            self.Matrix(self._names.Output, config.Vocab, config.Hidden);
        }

        for (int layer = 0; layer < config.Layers; layer++)
        {
            self.AddLayer(layer);
        }

        return self._tensors;
    }

    private void AddLayer(int layer)
    {
        string Name(string pattern) => string.Format(CultureInfo.InvariantCulture, pattern, layer);
        long queries = (long)_config.Heads * _config.HeadDim;
        long keys = (long)_config.KvHeads * _config.HeadDim;
        Norm(Name(_names.AttentionNorm), _config.Hidden);
        Norm(Name(_names.FfnNorm), _config.Hidden);
        if (_config.Family == ModelFamily.Phi3)
        {
            Matrix(Name(_names.FusedQkv), queries + (2 * keys), _config.Hidden);
            Matrix(Name(_names.FusedGateUp), 2L * _config.Ffn, _config.Hidden);
        }
        else
        {
            Projection(Name(_names.Query), queries);
            Projection(Name(_names.Key), keys);
            Projection(Name(_names.Value), keys);
            Matrix(Name(_names.Gate), _config.Ffn, _config.Hidden);
            Matrix(Name(_names.Up), _config.Ffn, _config.Hidden);
        }

        Matrix(Name(_names.AttentionOutput), _config.Hidden, queries);
        Matrix(Name(_names.Down), _config.Hidden, _config.Ffn);
        if (_config.HasHeadNorms)
        {
            Norm(Name(_names.QueryNorm), _config.HeadDim);
            Norm(Name(_names.KeyNorm), _config.HeadDim);
        }

        if (_config.HasPostNorms)
        {
            Norm(Name(_names.AttentionPostNorm), _config.Hidden);
            Norm(Name(_names.FfnPostNorm), _config.Hidden);
        }
    }

    private void Projection(string name, long outputs)
    {
        Matrix(name, outputs, _config.Hidden);
        if (_config.Family == ModelFamily.Qwen2)
        {
            _tensors.Add(new RandomTensor(name + ".bias", TensorType.F32, [outputs], BiasDeviation));
        }
    }

    private void Matrix(string name, long outputs, long inputs, float? deviation = null) =>
        _tensors.Add(new RandomTensor(name + ".weight", _type, [outputs, inputs], deviation ?? (float)(1 / Math.Sqrt(inputs))));

    private void Norm(string name, long length) =>
        _tensors.Add(new RandomTensor(name + ".weight", TensorType.F32, [length], NormDeviation, _config.NormAddsOne ? 0 : 1));
}
