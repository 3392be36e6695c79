using System;
using System.Collections.Generic;
using System.Text;
using Winnow.Formats.Tokenizers.Normalizers;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads the <c>normalizer</c>.</summary>
internal static class NormalizerReader
{
    public static Normalizer Read(JsonPart part)
    {
        GrowthLimit.Check(part, "normalizers");
        return Make(part);
    }

    private static Normalizer Make(JsonPart part)
    {
        string type = part.Text("type");
        return type switch
        {
            "Sequence" => ReadSequence(part),
            "Prepend" => TextNormalizer.Prepend(part.Text("prepend")),
            "Replace" => ReadReplace(part),
            "BertNormalizer" => ReadBert(part),
            "Lowercase" => new TextNormalizer(CharacterRules.Lower),
            "StripAccents" => new TextNormalizer(CharacterRules.RemoveMarks),
            "Strip" => ReadStrip(part),
            "Nmt" => new TextNormalizer(CharacterRules.Translation),
            "NFC" => UnicodeForms.Create(NormalizationForm.FormC),
            "NFD" => UnicodeForms.Create(NormalizationForm.FormD),
            "NFKC" => UnicodeForms.Create(NormalizationForm.FormKC),
            "NFKD" => UnicodeForms.Create(NormalizationForm.FormKD),
            "Precompiled" => ReadPrecompiled(part),
            "ByteLevel" => new TextNormalizer(ByteAlphabet.Write),
            _ => throw part.Error($"the normalizer '{type}' is not known to this version"),
        };
    }

    private static SequenceNormalizer ReadSequence(JsonPart part)
    {
        var stages = new List<Normalizer>();
        foreach (JsonPart item in part.Get("normalizers").Items())
        {
            stages.Add(Make(item));
        }

        return new SequenceNormalizer(stages);
    }

    private static TextNormalizer ReadReplace(JsonPart part)
    {
        string content = part.Text("content");
        JsonPart pattern = part.Get("pattern");
        Scanner scanner = PatternReader.Read(pattern);
        return pattern.OptionalText("String") is string text ? TextNormalizer.Replace(text, content)
            : new TextNormalizer(input => ScanReplace.Apply(input, scanner, content));
    }

    private static SequenceNormalizer ReadBert(JsonPart part)
    {
        bool lower = part.Flag("lowercase", true);
        var stages = new List<Normalizer>();
        if (part.Flag("clean_text", true))
        {
            stages.Add(new TextNormalizer(CharacterRules.Clean));
        }

        if (part.Flag("handle_chinese_chars", true))
        {
            stages.Add(new TextNormalizer(CharacterRules.SpaceChinese));
        }

        if (part.Flag("strip_accents", lower))
        {
            stages.Add(UnicodeForms.Create(NormalizationForm.FormD));
            stages.Add(new TextNormalizer(CharacterRules.RemoveAccents));
        }

        if (lower)
        {
            stages.Add(new TextNormalizer(CharacterRules.Lower));
        }

        return new SequenceNormalizer(stages);
    }

    private static TextNormalizer ReadStrip(JsonPart part)
    {
        bool left = part.Flag("strip_left", true);
        bool right = part.Flag("strip_right", true);
        return new TextNormalizer(text => CharacterRules.Strip(text, left, right));
    }

    private static Normalizer ReadPrecompiled(JsonPart part)
    {
        // A tokenizer without rules carries an empty or absent map.
        if (!part.TryGet("precompiled_charsmap", out JsonPart map) || map.Text().Length == 0)
        {
            return new TextNormalizer(text => text);
        }

        string base64 = map.Text();
        byte[] blob = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, blob, out int length) && CharsMap.TryRead(blob.AsSpan(0, length)) is CharsMap rules
            ? rules : throw map.Error("is not a compiled normalization map; convert the tokenizer again");
    }
}
