using System.Collections.Generic;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Decides which ids begin, end and surround a sequence, from the post-processor and tokenizer_config.json.</summary>
internal sealed class SpecialTokens
{
    public SpecialTokens(Vocabulary vocabulary, TokenizerOptions options, SpecialAffixes around, string? path)
    {
        BosId = Find(vocabulary, options.BosToken);
        EosId = Find(vocabulary, options.EosToken);
        var prefix = new List<int>(around.Prefix);
        var suffix = new List<int>(around.Suffix);
        Apply(options.AddBosToken, BosId, prefix, atStart: true, "add_bos_token", path);
        Apply(options.AddEosToken, EosId, suffix, atStart: false, "add_eos_token", path);
        Prefix = prefix;
        Suffix = suffix;
        EndOfGenerationIds = SpecialTexts.FindEnds(vocabulary, EosId);
    }

    public int? BosId { get; }

    public int? EosId { get; }

    public IReadOnlyList<int> Prefix { get; }

    public IReadOnlyList<int> Suffix { get; }

    public IReadOnlyList<int> EndOfGenerationIds { get; }

    private static int? Find(Vocabulary vocabulary, string? text)
    {
        return text is not null && vocabulary.TryGetId(text, out int id) ? id : null;
    }

    private static void Apply(bool? wanted, int? id, List<int> ids, bool atStart, string key, string? path)
    {
        if (wanted is null)
        {
            return;
        }

        if (id is not int token)
        {
            if (wanted == true)
            {
                throw new ModelFormatException(
                    "asks for a token that the tokenizer does not have; set it to false or name the token", path, key: key);
            }

            return;
        }

        int place = atStart ? 0 : ids.Count - 1;
        bool present = ids.Count > 0 && ids[place] == token;
        if (wanted == true && !present)
        {
            ids.Insert(atStart ? 0 : ids.Count, token);
        }
        else if (wanted == false && present)
        {
            ids.RemoveAt(place);
        }
    }
}
