using System;
using System.Collections.Generic;
using System.Text.Json;
using Winnow.Formats.Tokenizers.Models;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads a BPE model; merges may be "a b" strings or [a, b] pairs.</summary>
internal sealed class BpeReader : ModelReader
{
    private const int LongestAffix = 64;

    public BpeReader(JsonPart part, string? path)
        : base(part, path)
    {
    }

    public override TokenModel BuildModel(Vocabulary vocabulary)
    {
        if (Part.TryGet("dropout", out JsonPart dropout) && dropout.Number() != 0)
        {
            throw dropout.Error("drops merges at random, which is for training; set it to null");
        }

        string? unknown = Part.OptionalText("unk_token");
        var options = new BpeOptions
        {
            UnknownId = unknown is null ? null : UnknownId(vocabulary, unknown),
            Prefix = Affix("continuing_subword_prefix"),
            Suffix = Affix("end_of_word_suffix"),
            FuseUnknown = Part.Flag("fuse_unk", false),
            ByteFallback = Part.Flag("byte_fallback", false),
            IgnoreMerges = Part.Flag("ignore_merges", false),
        };
        return new BpeModel(vocabulary, ReadMerges(vocabulary, options.Prefix.Length), options);
    }

    private MergeTable ReadMerges(Vocabulary vocabulary, int prefixLength)
    {
        var merges = new MergeTable();
        List<JsonPart> items = Part.Get("merges").Items();
        for (int rank = 0; rank < items.Count; rank++)
        {
            (string left, string right) = ReadMerge(items[rank]);
            if (!merges.TryAdd(vocabulary, left, right, rank, prefixLength))
            {
                throw items[rank].Error($"merges \"{left}\" and \"{right}\", but one of them or the result is not in the vocabulary");
            }
        }

        return merges;
    }

    private static (string Left, string Right) ReadMerge(JsonPart item)
    {
        if (item.Kind == JsonValueKind.Array)
        {
            List<JsonPart> pair = item.Items();
            return pair.Count == 2 ? (pair[0].Text(), pair[1].Text()) : throw item.Error("must hold two tokens");
        }

        string text = item.Text();
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space == text.LastIndexOf(' ') && space < text.Length - 1 ? (text[..space], text[(space + 1)..])
            : throw item.Error("must be two tokens with one space between them");
    }

    private string Affix(string name)
    {
        string affix = Part.OptionalText(name) ?? "";
        return affix.Length <= LongestAffix ? affix : throw Part.Get(name).Error($"is longer than {LongestAffix} characters");
    }
}
