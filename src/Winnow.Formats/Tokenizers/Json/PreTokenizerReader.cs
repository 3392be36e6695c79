using System;
using System.Collections.Generic;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads the <c>pre_tokenizer</c>.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer Read(JsonPart part)
    {
        string type = part.Text("type");
        return type switch
        {
            "Sequence" => ReadSequence(part),
            "ByteLevel" => ReadByteLevel(part),
            "Split" => ReadSplit(part),
            "Digits" => ReadDigits(part),
            _ => throw part.Error($"the pre-tokenizer '{type}' is not known to this version"),
        };
    }

    private static SequencePreTokenizer ReadSequence(JsonPart part)
    {
        var stages = new List<PreTokenizer>();
        foreach (JsonPart item in part.Get("pretokenizers").Items())
        {
            stages.Add(Read(item));
        }

        return new SequencePreTokenizer(stages);
    }

    private static ByteLevelPreTokenizer ReadByteLevel(JsonPart part)
    {
        Scanner? words = part.Flag("use_regex", true) ? new Gpt2Scanner() : null;
        return new ByteLevelPreTokenizer(part.Flag("add_prefix_space", true), words);
    }

    private static SplitPreTokenizer ReadSplit(JsonPart part)
    {
        return new SplitPreTokenizer(
            PatternReader.Read(part.Get("pattern")), ReadBehavior(part, SplitBehavior.Isolated), part.Flag("invert", false));
    }

    private static SplitPreTokenizer ReadDigits(JsonPart part)
    {
        SplitBehavior behavior = part.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous;
        return new SplitPreTokenizer(new RunScanner(UnicodeClass.IsNumber, maximum: 1), behavior);
    }

    private static SplitBehavior ReadBehavior(JsonPart part, SplitBehavior absent)
    {
        string? name = part.OptionalText("behavior");
        if (name is null)
        {
            return absent;
        }

        // Older files spell the names in camel case.
        return Enum.TryParse(name, ignoreCase: true, out SplitBehavior behavior) && Enum.IsDefined(behavior) && !char.IsAsciiDigit(name[0])
            ? behavior : throw part.Get("behavior").Error($"'{name}' is not a way to split");
    }
}
