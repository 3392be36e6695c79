using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Winnow.Formats.Tokenizers;
using Winnow.Models;

namespace Winnow.Conversion;

/// <summary>
/// Turns tokenizer.json into a GGUF vocabulary. GGUF only names the way in which words are cut, so the name is found by trying: the
/// first whose tokenizer agrees with the original one on every probe.
/// </summary>
internal sealed class GgufVocabularyMaker
{
    private const int Normal = 1;
    private const int Unknown = 2;
    private const int Control = 3;
    private const int UserDefined = 4;
    private const int Unused = 5;
    private const int Byte = 6;

    private static readonly string[] Cutters = ["gpt-2", "llama-bpe", "qwen2", "dbrx", "tekken", "gpt-4o", "starcoder", "deepseek-v3", "qwen35", "falcon"];

    private readonly ModelFiles _model;
    private readonly JsonElement _json;
    private readonly JsonElement _bpe;
    private readonly List<byte[]> _tokens = [];
    private readonly List<int> _types = [];

    private GgufVocabularyMaker(ModelFiles model, JsonElement json)
    {
        (_model, _json, _bpe) = (model, json, json.GetProperty("model"));
    }

    public static GgufVocabulary Make(ModelFiles model)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(model.Path, "tokenizer.json")));
        return new GgufVocabularyMaker(model, document.RootElement).Make();
    }

    private GgufVocabulary Make()
    {
        if (Text(_bpe, "type") is not (null or "BPE") || !_bpe.TryGetProperty("merges", out _))
        {
            throw Unsupported($"its tokenizer is of the kind {Text(_bpe, "type")}");
        }

        ReadTokens();
        bool byteLevel = Mentions("pre_tokenizer", "ByteLevel") || Mentions("decoder", "ByteLevel");
        foreach (GgufVocabulary candidate in byteLevel ? ByteLevelCandidates() : SentencePieceCandidates())
        {
            if (TokenizerProbe.Agree(_model.Tokenizer, Tokenizer.FromGguf(candidate)))
            {
                return candidate;
            }
        }

        throw Unsupported("no tokenizer that GGUF can name cuts text as this one does");
    }

    private IEnumerable<GgufVocabulary> ByteLevelCandidates()
    {
        GgufVocabulary vocabulary = Common("gpt2") with { Merges = [.. Merges().Select(merge => $"{merge.Left} {merge.Right}")] };
        return Cutters.Select(pre => vocabulary with { Pre = pre });
    }

    private IEnumerable<GgufVocabulary> SentencePieceCandidates()
    {
        // SentencePiece merges the best piece first: the rank of the merge that makes a piece, counted down, is such a score.
        float[] scores = new float[_tokens.Count];
        Dictionary<string, int> ids = [];
        for (int id = 0; id < scores.Length; id++)
        {
            ids[Encoding.UTF8.GetString(_tokens[id])] = id;
        }

        int rank = 0;
        foreach ((string left, string right) in Merges())
        {
            int made = ids[left + right];
            rank++;
            scores[made] = scores[made] == 0 ? -rank : scores[made];
        }

        GgufVocabulary vocabulary = Common("llama") with
        {
            Scores = scores,
            UnknownId = Text(_bpe, "unk_token") is { } unknown && ids.TryGetValue(unknown, out int unknownId) ? unknownId : null,
        };
        return [vocabulary with { AddSpacePrefix = true }, vocabulary with { AddSpacePrefix = false }];
    }

    private GgufVocabulary Common(string model) => new()
    {
        Model = model,
        Tokens = _tokens,
        TokenTypes = _types,
        BosId = _model.Tokenizer.BosId,
        EosId = _model.Tokenizer.EosId ?? (_model.EndOfGenerationIds.Count > 0 ? _model.EndOfGenerationIds[0] : null),
        AddBos = _model.Tokenizer.AddsBos,
        AddEos = false,
        Path = _model.Path,
    };

    private void ReadTokens()
    {
        SortedDictionary<int, (string Text, int Type)> byId = [];
        string? unknown = Text(_bpe, "unk_token");
        foreach (JsonProperty entry in _bpe.GetProperty("vocab").EnumerateObject())
        {
            int type = entry.Name == unknown ? Unknown : IsByte(entry.Name) ? Byte : Normal;
            byId[entry.Value.GetInt32()] = (entry.Name, type);
        }

        if (_json.TryGetProperty("added_tokens", out JsonElement added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in added.EnumerateArray())
            {
                string text = Text(token, "content") ?? "";
                bool special = token.TryGetProperty("special", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
                byId[token.GetProperty("id").GetInt32()] = (text, text == unknown ? Unknown : special ? Control : UserDefined);
            }
        }

        int count = Math.Max(_model.Config.Vocab, byId.Count == 0 ? 0 : byId.Keys.Last() + 1);
        for (int id = 0; id < count; id++)
        {
            // Embedding tables often have more rows than there are tokens; every row needs a name.
            (string text, int type) = byId.TryGetValue(id, out (string, int) found)
                ? found
                : (string.Create(CultureInfo.InvariantCulture, $"[PAD{id}]"), Unused);
            _tokens.Add(Encoding.UTF8.GetBytes(text));
            _types.Add(type);
        }
    }

    /// <summary>Merges are pairs, or texts with a space between the two parts.</summary>
    private IEnumerable<(string Left, string Right)> Merges() => _bpe.GetProperty("merges").EnumerateArray().Select(merge =>
    {
        if (merge.ValueKind == JsonValueKind.Array)
        {
            return (merge[0].GetString()!, merge[1].GetString()!);
        }

        string text = merge.GetString()!;
        int space = text.IndexOf(' ', 1);
        return (text[..space], text[(space + 1)..]);
    });

    private bool IsByte(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && _bpe.TryGetProperty("byte_fallback", out JsonElement fallback) && fallback.ValueKind == JsonValueKind.True;

    private bool Mentions(string stage, string type) =>
        _json.TryGetProperty(stage, out JsonElement part) && part.GetRawText().Contains($"\"{type}\"", StringComparison.Ordinal);

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private UnsupportedModelException Unsupported(string reason) =>
        new(_model.Path, $"{reason}, so it cannot go along into a GGUF file; use the model as it is.");
}
