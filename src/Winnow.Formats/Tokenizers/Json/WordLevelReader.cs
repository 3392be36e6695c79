using Winnow.Formats.Tokenizers.Models;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads a WordLevel model.</summary>
internal sealed class WordLevelReader : ModelReader
{
    public WordLevelReader(JsonPart part, string? path)
        : base(part, path)
    {
    }

    public override TokenModel BuildModel(Vocabulary vocabulary)
    {
        return new WordLevelModel(vocabulary, UnknownId(vocabulary, Part.Text("unk_token")));
    }
}
