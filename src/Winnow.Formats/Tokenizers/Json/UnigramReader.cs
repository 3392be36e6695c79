using System.Collections.Generic;
using System.Linq;
using System.Text;
using Winnow.Formats.Tokenizers.Models;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads a Unigram model: its vocabulary is a list of [token, score], the id is the place.</summary>
internal sealed class UnigramReader : ModelReader
{
    private readonly List<double> _scores = [];

    public UnigramReader(JsonPart part, string? path)
        : base(part, path)
    {
    }

    public override TokenModel BuildModel(Vocabulary vocabulary)
    {
        JsonPart unknown = Part.Get("unk_id");
        long id = unknown.Integer();
        if (id < 0 || id >= _scores.Count)
        {
            throw unknown.Error($"is {id}, but the vocabulary has {_scores.Count} tokens");
        }

        return new UnigramModel(vocabulary, _scores, _scores.Min(), (int)id, Part.Flag("byte_fallback", false));
    }

    protected override void ReadTokens()
    {
        foreach (JsonPart item in Part.Get("vocab").Items())
        {
            List<JsonPart> pair = item.Items();
            if (pair.Count != 2)
            {
                throw item.Error("must be a token and its score");
            }

            string token = pair[0].Text();
            Builder.AddModelToken(Encoding.UTF8.GetBytes(token), _scores.Count, KindOf(token), item.Key);
            _scores.Add(pair[1].Number());
        }

        if (Part.TryGet("unk_id", out JsonPart unknown) && unknown.Integer() is long id && id >= 0 && id < _scores.Count)
        {
            Builder.SetKind((int)id, TokenKind.Unused);
        }
    }
}
