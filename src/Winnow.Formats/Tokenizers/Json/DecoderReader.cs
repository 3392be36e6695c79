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
            _ => throw part.Error($"the decoder '{type}' is not known to this version"),
        });
    }

    private static DecoderStep ReadReplace(JsonPart part)
    {
        JsonPart pattern = part.Get("pattern");
        string content = part.Text("content");
        string text = pattern.Text("String");
        return text.Length > 0 ? DecoderStep.Replace(text, content) : throw pattern.Error("is empty");
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
}
