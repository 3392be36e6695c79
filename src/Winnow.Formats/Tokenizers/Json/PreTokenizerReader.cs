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
            "Split" => new SplitPreTokenizer(
                PatternReader.Read(part.Get("pattern")), ReadBehavior(part, SplitBehavior.Isolated), part.Flag("invert", false)),
            "Digits" => ReadDigits(part),
            "Metaspace" => ReadMetaspace(part),
            "Whitespace" => new SplitPreTokenizer(
                new FirstOfScanner([new RunScanner(UnicodeClass.IsWord), new RunScanner(IsSign)]), SplitBehavior.Removed, invert: true),
            "WhitespaceSplit" => WordSplitter.WhiteSpace(),
            "BertPreTokenizer" => WordSplitter.Bert(),
            "Punctuation" => new SplitPreTokenizer(
                new RunScanner(WordSplitter.IsPunctuation, maximum: 1), ReadBehavior(part, SplitBehavior.Isolated)),
            "CharDelimiterSplit" => new SplitPreTokenizer(
                new LiteralScanner(ReadCharacter(part.Get("delimiter"))), SplitBehavior.Removed),
            "FixedLength" => ReadFixedLength(part),
            _ => throw part.Error($"the pre-tokenizer '{type}' is not known to this version"),
        };
    }

    /// <summary>Reads <c>prepend_scheme</c>, or <c>add_prefix_space</c> as older files have it.</summary>
    public static MetaspaceScheme ReadScheme(JsonPart part)
    {
        string? name = part.OptionalText("prepend_scheme");
        return name switch
        {
            null => part.Flag("add_prefix_space", true) ? MetaspaceScheme.Always : MetaspaceScheme.Never,
            "always" => MetaspaceScheme.Always,
            "first" => MetaspaceScheme.First,
            "never" => MetaspaceScheme.Never,
            _ => throw part.Get("prepend_scheme").Error($"'{name}' is not known: always, first or never"),
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

    private static SplitPreTokenizer ReadDigits(JsonPart part)
    {
        SplitBehavior behavior = part.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous;
        return new SplitPreTokenizer(new RunScanner(UnicodeClass.IsNumber, maximum: 1), behavior);
    }

    private static MetaspacePreTokenizer ReadMetaspace(JsonPart part)
    {
        string replacement = part.TryGet("replacement", out JsonPart found) ? ReadCharacter(found) : "\u2581";
        return new MetaspacePreTokenizer(replacement, ReadScheme(part), part.Flag("split", true));
    }

    private static FixedLengthPreTokenizer ReadFixedLength(JsonPart part)
    {
        int length = part.Count("length", 5);
        return length > 0 ? new FixedLengthPreTokenizer(length) : throw part.Get("length").Error("must be 1 or larger");
    }

    private static SplitBehavior ReadBehavior(JsonPart part, SplitBehavior absent)
    {
        string? name = part.OptionalText("behavior");
        return name switch
        {
            null => absent,
            "Removed" or "removed" => SplitBehavior.Removed,
            "Isolated" or "isolated" => SplitBehavior.Isolated,
            "MergedWithPrevious" or "merged_with_previous" => SplitBehavior.MergedWithPrevious,
            "MergedWithNext" or "merged_with_next" => SplitBehavior.MergedWithNext,
            "Contiguous" or "contiguous" => SplitBehavior.Contiguous,
            _ => throw part.Get("behavior").Error($"'{name}' is not a known way to split"),
        };
    }

    private static string ReadCharacter(JsonPart part)
    {
        string text = part.Text();
        bool single = text.Length == 1 || (text.Length == 2 && char.IsSurrogatePair(text, 0));
        return single ? text : throw part.Error("must be one character");
    }

    private static bool IsSign(int scalar) => !UnicodeClass.IsWord(scalar) && !UnicodeClass.IsWhiteSpace(scalar);
}
