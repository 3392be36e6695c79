using System;
using System.Text;
using Winnow.Formats.Gguf;

namespace Winnow.Formats.Tokenizers;

/// <summary>Copies <c>tokenizer.ggml.*</c> out of a GGUF file's metadata.</summary>
internal static class GgufVocabularyReader
{
    private const string Prefix = "tokenizer.ggml.";

    public static GgufVocabulary Read(GgufMetadata metadata, string path)
    {
        return new GgufVocabulary
        {
            Model = metadata.GetString(Prefix + "model"),
            Pre = metadata.Has(Prefix + "pre") ? metadata.GetString(Prefix + "pre") : null,
            Tokens = Array.ConvertAll(metadata.GetUtf8List(Prefix + "tokens"), token => token.ToArray()),
            Scores = metadata.Has(Prefix + "scores") ? metadata.GetSingleList(Prefix + "scores") : null,
            TokenTypes = metadata.Has(Prefix + "token_type") ? metadata.GetInt32List(Prefix + "token_type") : null,
            Merges = ReadMerges(metadata),
            BosId = Id(metadata, "bos_token_id"),
            EosId = Id(metadata, "eos_token_id"),
            EotId = Id(metadata, "eot_token_id"),
            EomId = Id(metadata, "eom_token_id"),
            UnknownId = Id(metadata, "unknown_token_id"),
            SeparatorId = Id(metadata, "seperator_token_id") ?? Id(metadata, "separator_token_id"),
            PaddingId = Id(metadata, "padding_token_id"),
            MaskId = Id(metadata, "mask_token_id"),
            AddBos = Flag(metadata, "add_bos_token"),
            AddEos = Flag(metadata, "add_eos_token"),
            AddSpacePrefix = Flag(metadata, "add_space_prefix"),
            RemoveExtraWhitespaces = Flag(metadata, "remove_extra_whitespaces"),
            PrecompiledCharsMap = ReadCharsMap(metadata, path),
            Path = path,
        };
    }

    private static string[]? ReadMerges(GgufMetadata metadata)
    {
        if (!metadata.Has(Prefix + "merges"))
        {
            return null;
        }

        ReadOnlyMemory<byte>[] merges = metadata.GetUtf8List(Prefix + "merges");
        return Array.ConvertAll(merges, merge => Encoding.UTF8.GetString(merge.Span));
    }

    private static byte[]? ReadCharsMap(GgufMetadata metadata, string path)
    {
        const string Key = Prefix + "precompiled_charsmap";
        if (!metadata.Has(Key))
        {
            return null;
        }

        // Converters store the bytes as signed or unsigned.
        int[] values = metadata.GetInt32List(Key);
        byte[] bytes = new byte[values.Length];
        for (int index = 0; index < bytes.Length; index++)
        {
            bytes[index] = values[index] is >= sbyte.MinValue and <= byte.MaxValue ? unchecked((byte)values[index])
                : throw new ModelFormatException($"holds {values[index]}, which is no byte", path, key: Key);
        }

        return bytes;
    }

    private static int? Id(GgufMetadata metadata, string name)
    {
        if (!metadata.Has(Prefix + name))
        {
            return null;
        }

        // Some converters write -1, signed or not, for a token that does not exist.
        long id = metadata.GetInt64(Prefix + name);
        return id is -1 or uint.MaxValue ? null : metadata.GetInt32(Prefix + name);
    }

    private static bool? Flag(GgufMetadata metadata, string name)
    {
        return metadata.Has(Prefix + name) ? metadata.GetBool(Prefix + name) : null;
    }
}
