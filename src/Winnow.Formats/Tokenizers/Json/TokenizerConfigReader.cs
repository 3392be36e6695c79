using System;
using System.Text.Json;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads from <c>tokenizer_config.json</c> what changes ids and text.</summary>
internal static class TokenizerConfigReader
{
    public static TokenizerOptions Read(ReadOnlySpan<byte> json, string? path)
    {
        using JsonDocument document = JsonPart.ParseDocument(json, path);
        var root = new JsonPart(document.RootElement, "", path);
        return new TokenizerOptions
        {
            BosToken = TokenText(root, "bos_token"),
            EosToken = TokenText(root, "eos_token"),
            AddBosToken = OptionalFlag(root, "add_bos_token"),
            AddEosToken = OptionalFlag(root, "add_eos_token"),
        };
    }

    private static bool? OptionalFlag(JsonPart root, string name) => root.TryGet(name, out _) ? root.Flag(name, false) : null;

    // A token is a string, or an object that also holds its flags.
    private static string? TokenText(JsonPart root, string name)
    {
        if (!root.TryGet(name, out JsonPart part))
        {
            return null;
        }

        return part.Kind == JsonValueKind.Object ? part.Text("content") : part.Text();
    }
}
