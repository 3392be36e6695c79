using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;
using Winnow.Formats;
using Winnow.Models;

namespace Winnow.Conversion;

/// <summary>The text files beside the weights in a model's folder.</summary>
internal static class ModelFolderMaker
{
    private const long LargestText = 64L << 20;

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The texts of a folder that keeps its format.</summary>
    public static Dictionary<string, byte[]> Copy(string folder) => new DirectoryInfo(folder).EnumerateFiles()
        .Where(file => file.Extension is ".json" or ".jinja" or ".md" or ".txt" && !file.Name.EndsWith(".index.json", StringComparison.Ordinal))
        .Where(file => file.Length <= LargestText)
        .ToDictionary(file => file.Name, file => File.ReadAllBytes(file.FullName), StringComparer.Ordinal);

    /// <summary>The texts of a folder made from a GGUF file.</summary>
    public static Dictionary<string, byte[]> Make(ModelFiles model, TensorType type)
    {
        Dictionary<string, byte[]> texts = new(StringComparer.Ordinal)
        {
            ["config.json"] = Json(json => HuggingFaceConfigMaker.Write(json, model, type)),
            ["tokenizer.json"] = TokenizerJsonMaker.Make(model),
            ["tokenizer_config.json"] = Json(json => WriteTokenizerConfig(json, model)),
        };
        return texts;
    }

    /// <summary>An indented JSON object whose members <paramref name="members"/> adds.</summary>
    public static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using MemoryStream memory = new();
        using (Utf8JsonWriter json = new(memory, Readable))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private static void WriteTokenizerConfig(Utf8JsonWriter json, ModelFiles model)
    {
        json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
        if (model.Tokenizer.BosId is { } bos)
        {
            json.WriteString("bos_token", model.Tokenizer.TokenText(bos));
        }

        if (model.Tokenizer.EosId is { } eos)
        {
            json.WriteString("eos_token", model.Tokenizer.TokenText(eos));
        }

        json.WriteBoolean("clean_up_tokenization_spaces", false);
        if (model.ChatTemplate is { } template)
        {
            json.WriteString("chat_template", template.Source);
        }
    }
}
