using System.Text;
using System.Text.Json;
using Winnow.Formats.Tokenizers.Models;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads the <c>model</c> in two steps: its tokens, and, once the added tokens are known, the model itself.</summary>
internal abstract class ModelReader
{
    protected ModelReader(JsonPart part, string? path)
    {
        Part = part;
        Builder = new VocabularyBuilder(path);
    }

    public VocabularyBuilder Builder { get; }

    protected JsonPart Part { get; }

    /// <summary>Reads the tokens of the model that the part describes.</summary>
    public static ModelReader Open(JsonPart part, string? path)
    {
        if (part.Kind != JsonValueKind.Object)
        {
            throw part.Error($"must be an object, not {part.Kind}");
        }

        string type = part.OptionalText("type") ?? Guess(part);
        ModelReader reader = type switch
        {
            "BPE" => new BpeReader(part, path),
            "Unigram" => new UnigramReader(part, path),
            "WordPiece" => new WordPieceReader(part, path),
            "WordLevel" => new WordLevelReader(part, path),
            _ => throw part.Error($"the model '{type}' is not known to this version"),
        };
        reader.ReadTokens();
        return reader;
    }

    public Vocabulary BuildVocabulary() => Builder.Build();

    public abstract TokenModel BuildModel(Vocabulary vocabulary);

    protected virtual void ReadTokens()
    {
        foreach ((string name, JsonPart id) in Part.Get("vocab").Members())
        {
            Builder.AddModelToken(Encoding.UTF8.GetBytes(name), id.Integer(), KindOf(name), id.Key);
        }
    }

    /// <summary>The id of the model's unknown token, which must exist.</summary>
    protected int UnknownId(Vocabulary vocabulary, string text)
    {
        return vocabulary.TryGetId(text, out int id) ? id
            : throw Part.Get("unk_token").Error($"\"{text}\" is not in the vocabulary");
    }

    /// <summary>Byte tokens are known by their spelling.</summary>
    protected static TokenKind KindOf(string token)
    {
        return Decoders.ByteFallbackStage.TryParse(token, out _) ? TokenKind.Byte : TokenKind.Normal;
    }

    // Files older than the type field differ by what they hold.
    private static string Guess(JsonPart part)
    {
        return part.TryGet("merges", out _) ? "BPE"
            : part.TryGet("vocab", out JsonPart vocabulary) && vocabulary.Kind == JsonValueKind.Array ? "Unigram"
            : part.TryGet("continuing_subword_prefix", out _) ? "WordPiece" : "WordLevel";
    }
}
