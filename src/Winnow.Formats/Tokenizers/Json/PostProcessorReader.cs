using System.Collections.Generic;
using System.Text.Json;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads the <c>post_processor</c>: only what it does to one sequence matters here, pairs are not encoded.</summary>
internal static class PostProcessorReader
{
    public static void Read(JsonPart part, Vocabulary vocabulary, SpecialAffixes around)
    {
        string type = part.Text("type");
        switch (type)
        {
            case "ByteLevel":
                break;
            case "TemplateProcessing":
                ReadTemplate(part, vocabulary, around);
                break;
            case "BertProcessing":
            case "RobertaProcessing":
                around.Prefix.Insert(0, ReadPair(part.Get("cls"), vocabulary));
                around.Suffix.Add(ReadPair(part.Get("sep"), vocabulary));
                break;
            case "Sequence":
                foreach (JsonPart item in part.Get("processors").Items())
                {
                    Read(item, vocabulary, around);
                }

                break;
            default:
                throw part.Error($"the post-processor '{type}' is not known to this version");
        }
    }

    private static void ReadTemplate(JsonPart part, Vocabulary vocabulary, SpecialAffixes around)
    {
        var prefix = new List<int>();
        var suffix = new List<int>();
        bool seen = false;
        foreach (JsonPart item in part.Get("single").Items())
        {
            if (item.TryGet("SpecialToken", out JsonPart token))
            {
                ReadIds(part, token.Text("id"), vocabulary, seen ? suffix : prefix);
            }
            else if (item.TryGet("Sequence", out JsonPart sequence) && sequence.Text("id") == "A" && !seen)
            {
                seen = true;
            }
            else
            {
                throw item.Error("must be a SpecialToken or the one Sequence A");
            }
        }

        if (!seen)
        {
            throw part.Get("single").Error("leaves the text out: it has no Sequence A");
        }

        around.Prefix.InsertRange(0, prefix);
        around.Suffix.AddRange(suffix);
    }

    private static void ReadIds(JsonPart part, string name, Vocabulary vocabulary, List<int> ids)
    {
        foreach (JsonPart id in part.Get("special_tokens").Get(name).Get("ids").Items())
        {
            ids.Add(CheckId(id, vocabulary));
        }
    }

    private static int ReadPair(JsonPart part, Vocabulary vocabulary)
    {
        List<JsonPart> pair = part.Items();
        return pair.Count == 2 && pair[0].Kind == JsonValueKind.String ? CheckId(pair[1], vocabulary)
            : throw part.Error("must be a token and its id");
    }

    private static int CheckId(JsonPart part, Vocabulary vocabulary)
    {
        long id = part.Integer();
        return id >= 0 && id < vocabulary.Size && vocabulary.Kind((int)id) != TokenKind.Absent ? (int)id
            : throw part.Error($"names the id {id}, which the vocabulary does not have");
    }
}
