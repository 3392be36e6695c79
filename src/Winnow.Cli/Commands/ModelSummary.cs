using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using Winnow.Cli.Terminal;
using Winnow.Models;

namespace Winnow.Cli.Commands;

/// <summary>The facts of a model that fit on a screen.</summary>
internal sealed class ModelSummary
{
    private readonly ModelFiles _model;

    private ModelSummary(ModelFiles model) => _model = model;

    private ModelConfig Config => _model.Config;

    private long Parameters => _model.Tensors.Tensors.Sum(tensor => tensor.Elements);

    private long WeightBytes => _model.Tensors.Tensors.Sum(tensor => tensor.Bytes);

    /// <summary>Keys and values of one token in all layers, as F32.</summary>
    private long CacheBytesPerToken => 2L * Config.Layers * Config.KvHeads * Config.HeadDim * sizeof(float);

    public static ModelSummary Of(ModelFiles model) => new(model);

    public IEnumerable<(string Name, string Value)> Facts()
    {
        yield return ("model", _model.Name);
        yield return ("path", _model.Path);
        yield return ("architecture", $"{Config.Architecture} ({Config.Family})");
        yield return ("parameters", Quantities.Count(Parameters));
        yield return ("weight types", string.Join(", ", Types().Select(type => $"{type.Type} ({type.Tensors} tensors, {Quantities.Bytes(type.Bytes)})")));
        yield return ("layers", Quantities.Number(Config.Layers));
        yield return ("hidden / feed-forward", $"{Config.Hidden} / {Config.Ffn}");
        yield return ("heads", $"{Config.Heads} for queries, {Config.KvHeads} for keys and values, {Config.HeadDim} values each");
        yield return ("vocabulary", $"{_model.Tokenizer.VocabularySize} tokens");
        yield return ("context", $"{Config.ContextTokens} tokens" + (Config.Window > 0 ? $", window of {Config.Window}" : ""));
        yield return ("rotary embedding", $"base {Quantities.Number(Config.Rope.Base, "G9")}, {(Config.Rope.Scaling == RopeScaling.None ? "no" : Config.Rope.Scaling)} scaling");
        yield return ("chat template", _model.ChatTemplate is null ? "none" : "yes");
        yield return ("weights", Quantities.Bytes(WeightBytes));
        yield return ("KV cache", $"{Quantities.Bytes(CacheBytesPerToken)} a token, {Quantities.Bytes(CacheBytesPerToken * Config.ContextTokens)} for a full context (F32)");
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("model", _model.Name);
        json.WriteString("path", _model.Path);
        json.WriteString("architecture", Config.Architecture);
        json.WriteString("family", Config.Family.ToString());
        json.WriteNumber("parameters", Parameters);
        json.WriteNumber("layers", Config.Layers);
        json.WriteNumber("hidden", Config.Hidden);
        json.WriteNumber("ffn", Config.Ffn);
        json.WriteNumber("heads", Config.Heads);
        json.WriteNumber("kv_heads", Config.KvHeads);
        json.WriteNumber("head_dim", Config.HeadDim);
        json.WriteNumber("vocabulary", _model.Tokenizer.VocabularySize);
        json.WriteNumber("context_tokens", Config.ContextTokens);
        json.WriteBoolean("chat_template", _model.ChatTemplate is not null);
        json.WriteNumber("weight_bytes", WeightBytes);
        json.WriteNumber("kv_bytes_per_token", CacheBytesPerToken);
    }

    private IEnumerable<(string Type, int Tensors, long Bytes)> Types() => _model.Tensors.Tensors
        .GroupBy(tensor => tensor.TypeName)
        .Select(group => (group.Key, group.Count(), group.Sum(tensor => tensor.Bytes)))
        .OrderByDescending(type => type.Item3);
}
