using System.Collections.Generic;
using System.Text;
using Winnow.Formats.Tokenizers.Decoders;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads the <c>decoder</c>.</summary>
internal static class DecoderReader
{
    public static DecoderChain Read(JsonPart root, bool cleanUpSpaces)
    {
        var steps = new List<DecoderStep>();
        if (root.TryGet("decoder", out JsonPart part))
        {
            GrowthLimit.Check(part, "decoders");
            Read(part, steps);
        }
        else
        {
            steps.Add(DecoderStep.Join());
        }

        if (cleanUpSpaces)
        {
            steps.Add(DecoderStep.Fuse());
            steps.AddRange(CleanUp.Steps());
        }

        return new DecoderChain(steps, takesBytes: false);
    }

    private static void Read(JsonPart part, List<DecoderStep> steps)
    {
        string type = part.Text("type");
        if (type == "Sequence")
        {
            foreach (JsonPart item in part.Get("decoders").Items())
            {
                Read(item, steps);
            }

            return;
        }

        steps.Add(type switch
        {
            "ByteLevel" => DecoderStep.ByteLevel(),
            "ByteFallback" => DecoderStep.ByteFallback(),
            "Fuse" => DecoderStep.Fuse(),
            "Replace" => ReadReplace(part),
            "Strip" => ReadStrip(part),
            "Metaspace" => ReadMetaspace(part),
            "WordPiece" => DecoderStep.WordPiece(part.OptionalText("prefix") ?? "##", part.Flag("cleanup", true)),
            "BPEDecoder" => DecoderStep.Suffix(Filled(part, "suffix", "</w>")),
            "CTC" => DecoderStep.Ctc(
                Filled(part, "pad_token", "<pad>"), Filled(part, "word_delimiter_token", "|"), part.Flag("cleanup", true)),
            _ => throw part.Error($"the decoder '{type}' is not known to this version"),
        });
    }

    private static DecoderStep ReadReplace(JsonPart part)
    {
        JsonPart pattern = part.Get("pattern");
        string content = part.Text("content");
        PreTokenizers.Scanner scanner = PatternReader.Read(pattern);
        return pattern.OptionalText("String") is string text ? DecoderStep.Replace(text, content)
            : DecoderStep.Replace(scanner, content);
    }

    private static DecoderStep ReadStrip(JsonPart part)
    {
        string content = part.Text("content");
        if (!Rune.TryGetRuneAt(content.PadRight(1, '\0'), 0, out Rune rune) || rune.Utf16SequenceLength != content.Length)
        {
            throw part.Get("content").Error("must be one character");
        }

        return DecoderStep.Strip(rune, part.Count("start", 0), part.Count("stop", 0));
    }

    private static DecoderStep ReadMetaspace(JsonPart part)
    {
        return DecoderStep.Metaspace(
            Filled(part, "replacement", "\u2581"), PreTokenizerReader.ReadScheme(part) != PreTokenizers.MetaspaceScheme.Never);
    }

    private static string Filled(JsonPart part, string name, string absent)
    {
        string text = part.OptionalText(name) ?? absent;
        return text.Length > 0 ? text : throw part.Get(name).Error("is empty");
    }
}
