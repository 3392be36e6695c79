using System;
using System.Collections.Generic;
using System.Globalization;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Conversion;

/// <summary>
/// Which tensor of one format becomes which of the other: names, the order of rotated rows, and the 1 in norm weights.
/// </summary>
internal sealed class TensorMap
{
    private readonly ModelFiles _model;
    private readonly TensorNames _from;
    private readonly TensorNames _to;
    private readonly bool _toGguf;
    private readonly List<TensorPlan> _plans = [];

    private TensorMap(ModelFiles model, bool toGguf)
    {
        _model = model;
        _toGguf = toGguf;
        _from = TensorNames.For(model.Tensors, model.Config);
        _to = toGguf ? TensorNames.Gguf : TensorNames.HuggingFace("model.", "lm_head", model.Config.HasPostNorms);
    }

    /// <summary>Plans every tensor that the decoder uses; what else lies in the file is left out.</summary>
    public static IReadOnlyList<TensorPlan> Plan(ModelFiles model, bool toGguf)
    {
        TensorMap map = new(model, toGguf);
        map.Matrix(map._from.Embedding, map._to.Embedding);
        map.Norm(map._from.OutputNorm, map._to.OutputNorm);
        map.Matrix(map._from.Output, map._to.Output);
        for (int layer = 0; layer < model.Config.Layers; layer++)
        {
            map.PlanLayer(layer);
        }

        return map._plans;
    }

    private void PlanLayer(int layer)
    {
        string Of(string pattern) => string.Format(CultureInfo.InvariantCulture, pattern, layer);
        Norm(Of(_from.AttentionNorm), Of(_to.AttentionNorm));
        Norm(Of(_from.FfnNorm), Of(_to.FfnNorm));
        Matrix(Of(_from.Query), Of(_to.Query), Rotated());
        Matrix(Of(_from.Key), Of(_to.Key), Rotated());
        Matrix(Of(_from.Value), Of(_to.Value));
        Matrix(Of(_from.FusedQkv), Of(_to.FusedQkv));
        Matrix(Of(_from.AttentionOutput), Of(_to.AttentionOutput));
        Matrix(Of(_from.Gate), Of(_to.Gate));
        Matrix(Of(_from.Down), Of(_to.Down));

        // GGUF has one name for "up" alone and for "gate over up": the presence of a gate tells which it is.
        bool fused = !Has(Of(_from.Gate));
        Matrix(Of(fused ? _from.FusedGateUp : _from.Up), Of(fused ? _to.FusedGateUp : _to.Up));
        if (_model.Config.HasPostNorms)
        {
            Norm(Of(_from.AttentionPostNorm), Of(_to.AttentionPostNorm));
            Norm(Of(_from.FfnPostNorm), Of(_to.FfnPostNorm));
        }

        if (_model.Config.HasHeadNorms)
        {
            Norm(Of(_from.QueryNorm), Of(_to.QueryNorm));
            Norm(Of(_from.KeyNorm), Of(_to.KeyNorm));
        }
    }

    private bool Has(string name) => _model.Tensors.TryGet(name + ".weight", out _);

    private void Norm(string from, string to)
    {
        bool addsOne = _model.Config.Family is ModelFamily.Gemma2 or ModelFamily.Gemma3;
        Add(from + ".weight", to + ".weight", null, addsOne ? (_toGguf ? 1 : -1) : 0);
    }

    private void Matrix(string from, string to, Func<long, long>? rowOf = null)
    {
        Add(from + ".weight", to + ".weight", rowOf, 0);
        Add(from + ".bias", to + ".bias", rowOf, 0);
    }

    private void Add(string from, string to, Func<long, long>? rowOf, float add)
    {
        if (_model.Tensors.TryGet(from, out TensorInfo? tensor))
        {
            _plans.Add(new TensorPlan { Source = tensor, Name = to, RowOf = rowOf, Add = add });
        }
    }

    /// <summary>
    /// GGUF files of the Llama architecture keep the two values that rotate together side by side; config.json models keep them half a
    /// head apart. The others agree.
    /// </summary>
    private Func<long, long>? Rotated()
    {
        if (_model.Config.Family is not (ModelFamily.Llama or ModelFamily.Mistral))
        {
            return null;
        }

        long size = _model.Config.HeadDim;
        long half = size / 2;
        return _toGguf
            ? row => (row / size * size) + (row % size % 2 * half) + (row % size / 2)
            : row => (row / size * size) + (row % size % half * 2) + (row % size / half);
    }
}
