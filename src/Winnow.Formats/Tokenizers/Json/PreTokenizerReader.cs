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
}
