using Winnow.Formats.Tokenizers.Models;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads a WordPiece model.</summary>
internal sealed class WordPieceReader : ModelReader
{
    public WordPieceReader(JsonPart part, string? path)
        : base(part, path)
    {
    }

    public override TokenModel BuildModel(Vocabulary vocabulary)
    {
        int unknown = UnknownId(vocabulary, Part.Text("unk_token"));
        string prefix = Part.OptionalText("continuing_subword_prefix") ?? "##";
        return new WordPieceModel(vocabulary, "", prefix, unknown, Part.Count("max_input_chars_per_word", 100));
    }
}
