using System.Linq;
using System.Text;
using Winnow.Formats.Tokenizers;

namespace Winnow.Models;

/// <summary>A tokenizer for models without one: a token for each byte, and words that no text spells for the rest of the vocabulary.</summary>
internal static class ByteTokenizer
{
    private const int Unknown = 0;
    private const int Begin = 1;
    private const int End = 2;
    private const int FirstByte = 3;
    private const int FirstUnused = FirstByte + 256;

    /// <summary>Makes one.</summary>
    /// <param name="vocabulary">How many tokens; with fewer than 259 some bytes have none.</param>
    public static Tokenizer Create(int vocabulary) => Tokenizer.FromGguf(new GgufVocabulary
    {
        Model = "llama",
        Tokens = [.. Enumerable.Range(0, vocabulary).Select(id => Encoding.ASCII.GetBytes(NameOf(id)))],
        Scores = [.. Enumerable.Range(0, vocabulary).Select(id => id < FirstUnused ? 0f : -1e4f - id)],
        TokenTypes = [.. Enumerable.Range(0, vocabulary).Select(KindOf)],
        BosId = Begin,
        EosId = End,
        UnknownId = Unknown,
        AddBos = true,
    });

    private static string NameOf(int id) => id switch
    {
        Unknown => "<unk>",
        Begin => "<s>",
        End => "</s>",
        < FirstUnused => $"<0x{id - FirstByte:X2}>",
        _ => $"<unused{id}>",
    };

    // As GGUF numbers them: unknown, control, byte, unused.
    private static int KindOf(int id) => id switch
    {
        Unknown => 2,
        Begin or End => 3,
        < FirstUnused => 6,
        _ => 5,
    };
}
