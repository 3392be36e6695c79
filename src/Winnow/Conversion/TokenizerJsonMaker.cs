using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using Winnow.Formats.Gguf;
using Winnow.Formats.Tokenizers;
using Winnow.Models;

namespace Winnow.Conversion;

/// <summary>Turns a GGUF vocabulary into tokenizer.json; what comes out must agree with the original on every probe.</summary>
internal sealed class TokenizerJsonMaker
{
    private const string Space = "\u2581";
    private const int Normal = 1;
    private const int Unknown = 2;
    private const int Control = 3;
    private const int UserDefined = 4;

    private readonly ModelFiles _model;
    private readonly GgufVocabulary _vocabulary;
    private readonly string[] _tokens;
    private readonly int[] _types;

    private TokenizerJsonMaker(ModelFiles model, GgufVocabulary vocabulary)
    {
        (_model, _vocabulary) = (model, vocabulary);
        _tokens = [.. vocabulary.Tokens.Select(Encoding.UTF8.GetString)];
        _types = vocabulary.TokenTypes?.ToArray() ?? [.. _tokens.Select(_ => Normal)];
    }

    public static byte[] Make(ModelFiles model)
    {
        TokenizerJsonMaker maker = new(model, GgufVocabulary.From((GgufFile)model.Tensors));
        foreach (byte[] candidate in maker.Candidates())
        {
            if (TokenizerProbe.Agree(model.Tokenizer, Tokenizer.Parse(candidate)))
            {
                return candidate;
            }
        }

        throw maker.Unsupported("no tokenizer.json that Winnow can write cuts text as its tokenizer does");
    }

    private IEnumerable<byte[]> Candidates() => _vocabulary.Model switch
    {
        "gpt2" => WordPatterns.All.SelectMany(pattern => (byte[][])[ByteLevel(pattern, ignoreMerges: false), ByteLevel(pattern, ignoreMerges: true)]),
        "llama" => [SentencePiece()],
        _ => throw Unsupported($"its tokenizer is of the kind '{_vocabulary.Model}'"),
    };

    private byte[] ByteLevel(string? pattern, bool ignoreMerges) => ModelFolderMaker.Json(json =>
    {
        WriteAddedTokens(json);
        json.WriteNull("normalizer");
        json.WriteStartObject("pre_tokenizer");
        if (pattern is null)
        {
            WriteByteLevel(json, cutsWords: true);
        }
        else
        {
            json.WriteString("type", "Sequence");
            json.WriteStartArray("pretokenizers");
            json.WriteStartObject();
            json.WriteString("type", "Split");
            json.WriteStartObject("pattern");
            json.WriteString("Regex", pattern);
            json.WriteEndObject();
            json.WriteString("behavior", "Isolated");
            json.WriteBoolean("invert", false);
            json.WriteEndObject();
            json.WriteStartObject();
            WriteByteLevel(json, cutsWords: false);
            json.WriteEndObject();
            json.WriteEndArray();
        }

        json.WriteEndObject();
        WritePostProcessor(json);
        json.WriteStartObject("decoder");
        WriteByteLevel(json, cutsWords: true);
        json.WriteEndObject();
        WriteBpe(json, _vocabulary.Merges ?? [], byteFallback: false, ignoreMerges);
    });

    private byte[] SentencePiece() => ModelFolderMaker.Json(json =>
    {
        bool prefix = _vocabulary.AddSpacePrefix ?? true;
        WriteAddedTokens(json);
        json.WriteStartObject("normalizer");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("normalizers");
        if (prefix)
        {
            WriteStage(json, "Prepend", stage => stage.WriteString("prepend", Space));
        }

        WriteReplace(json, " ", Space);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteNull("pre_tokenizer");
        WritePostProcessor(json);
        WriteSentencePieceDecoder(json, prefix);
        WriteBpe(json, MergesFromScores(), byteFallback: true, ignoreMerges: false);
    });

    private static void WriteSentencePieceDecoder(Utf8JsonWriter json, bool prefix)
    {
        json.WriteStartObject("decoder");
        json.WriteString("type", "Sequence");
        json.WriteStartArray("decoders");
        WriteReplace(json, Space, " ");
        WriteStage(json, "ByteFallback", _ => { });
        WriteStage(json, "Fuse", _ => { });
        if (prefix)
        {
            WriteStage(json, "Strip", stage =>
            {
                stage.WriteString("content", " ");
                stage.WriteNumber("start", 1);
                stage.WriteNumber("stop", 0);
            });
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Every way to put a piece together from two others, the best pieces first: the order in which SentencePiece merges.</summary>
    private List<string> MergesFromScores()
    {
        HashSet<string> known = [.. _tokens.Where((_, id) => _types[id] == Normal)];
        IReadOnlyList<float> scores = _vocabulary.Scores!;
        List<string> merges = [];
        foreach (int id in Enumerable.Range(0, _tokens.Length).Where(id => _types[id] == Normal).OrderByDescending(id => scores[id]))
        {
            string token = _tokens[id];
            for (int cut = 1; cut < token.Length; cut++)
            {
                if (!char.IsLowSurrogate(token[cut]) && known.Contains(token[..cut]) && known.Contains(token[cut..]))
                {
                    merges.Add($"{token[..cut]} {token[cut..]}");
                }
            }
        }

        return merges;
    }

    private void WriteAddedTokens(Utf8JsonWriter json)
    {
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < _tokens.Length; id++)
        {
            if (_types[id] is Unknown or Control or UserDefined)
            {
                json.WriteStartObject();
                json.WriteNumber("id", id);
                json.WriteString("content", _tokens[id]);
                json.WriteBoolean("single_word", false);
                json.WriteBoolean("lstrip", false);
                json.WriteBoolean("rstrip", false);
                json.WriteBoolean("normalized", false);
                json.WriteBoolean("special", _types[id] != UserDefined);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private void WritePostProcessor(Utf8JsonWriter json)
    {
        if (!_model.Tokenizer.AddsBos || _model.Tokenizer.BosId is not { } bos)
        {
            json.WriteNull("post_processor");
            return;
        }

        json.WriteStartObject("post_processor");
        json.WriteString("type", "TemplateProcessing");
        foreach ((string name, string[] parts) in new[] { ("single", (string[])["A"]), ("pair", ["A", "B"]) })
        {
            json.WriteStartArray(name);
            for (int type = 0; type < parts.Length; type++)
            {
                WriteItem(json, "SpecialToken", _tokens[bos], type);
                WriteItem(json, "Sequence", parts[type], type);
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("special_tokens");
        json.WriteStartObject(_tokens[bos]);
        json.WriteString("id", _tokens[bos]);
        json.WriteStartArray("ids");
        json.WriteNumberValue(bos);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        json.WriteStringValue(_tokens[bos]);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteItem(Utf8JsonWriter json, string kind, string id, int type)
    {
        json.WriteStartObject();
        json.WriteStartObject(kind);
        json.WriteString("id", id);
        json.WriteNumber("type_id", type);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteBpe(Utf8JsonWriter json, IEnumerable<string> merges, bool byteFallback, bool ignoreMerges)
    {
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        if (byteFallback && _vocabulary.UnknownId is { } unknown)
        {
            json.WriteString("unk_token", _tokens[unknown]);
        }
        else
        {
            json.WriteNull("unk_token");
        }

        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", byteFallback);
        json.WriteBoolean("byte_fallback", byteFallback);
        json.WriteBoolean("ignore_merges", ignoreMerges);
        json.WriteStartObject("vocab");
        for (int id = 0; id < _tokens.Length; id++)
        {
            json.WriteNumber(_tokens[id], id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (string merge in merges)
        {
            json.WriteStringValue(merge);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteByteLevel(Utf8JsonWriter json, bool cutsWords)
    {
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", cutsWords);
    }

    private static void WriteReplace(Utf8JsonWriter json, string pattern, string content) => WriteStage(json, "Replace", stage =>
    {
        stage.WriteStartObject("pattern");
        stage.WriteString("String", pattern);
        stage.WriteEndObject();
        stage.WriteString("content", content);
    });

    private static void WriteStage(Utf8JsonWriter json, string type, Action<Utf8JsonWriter> members)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        members(json);
        json.WriteEndObject();
    }

    private UnsupportedModelException Unsupported(string reason) => new(_model.Path, $"{reason}; keep it as GGUF.");
}
