using System.Collections.Generic;
using Winnow.Formats.Tokenizers.Normalizers;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads the <c>normalizer</c>.</summary>
internal static class NormalizerReader
{
    public static Normalizer Read(JsonPart part)
    {
        string type = part.Text("type");
        return type switch
        {
            "Sequence" => ReadSequence(part),
            "Prepend" => TextNormalizer.Prepend(part.Text("prepend")),
            "Replace" => ReadReplace(part),
            _ => throw part.Error($"the normalizer '{type}' is not known to this version"),
        };
    }

    private static SequenceNormalizer ReadSequence(JsonPart part)
    {
        var stages = new List<Normalizer>();
        foreach (JsonPart item in part.Get("normalizers").Items())
        {
            stages.Add(Read(item));
        }

        return new SequenceNormalizer(stages);
    }

    private static TextNormalizer ReadReplace(JsonPart part)
    {
        JsonPart pattern = part.Get("pattern");
        string content = part.Text("content");
        string text = pattern.Text("String");
        return text.Length > 0 ? TextNormalizer.Replace(text, content) : throw pattern.Error("is empty");
    }
}
