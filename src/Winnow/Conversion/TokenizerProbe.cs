using System.Linq;
using Winnow.Formats.Tokenizers;

namespace Winnow.Conversion;

/// <summary>
/// Tells tokenizers apart by what they do: texts with everything in which word cutters, merges and byte fallback are known to differ.
/// </summary>
internal static class TokenizerProbe
{
    private static readonly string[] Texts =
    [
        "Hello world, it's John's and they'RE WE'Ll I'd can't \u017fee 'Sx",
        "  two  spaces   three\n\n\nlines \n  indented\r\n\ttab\t\t end  ",
        "1 12 123 1234 12345678901 3.14159 1,000,000 v2.0 0x1F \u0661\u0662\u0663 \u00bd \u2167",
        "camelCase HTTPServer XMLHttpRequest snake_case kebab-case PascalCase iPhone",
        "for (int i = 0; i < n; ++i) { a[i] += b->c; } // ok?! ... --- *** /// \\n \"q\" $5.00 50% a@b.c #tag",
        "na\u00efve caf\u00e9 e\u0301 \u00c5ngstr\u00f6m \u0416\u0443\u0440\u043d\u0430\u043b \u03b1\u03b2\u03b3 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0939\u093f\u0928\u094d\u0926\u0940",
        "\u4f60\u597d\uff0c\u4e16\u754c\u3002\u3053\u3093\u306b\u3061\u306f\u30ab\u30bf\u30ab\u30ca \ud55c\uad6d\uc5b4 \ud842\udfb7 \U0001F600\U0001F468\u200D\U0001F469\u200D\U0001F467",
        "\u00a0nbsp\u2003em\u3000wide\u200bzero \u2581lower \u2019s \u201cquoted\u201d",
        "",
        " ",
        "a",
    ];

    /// <summary>Whether two tokenizers make the same tokens of every probe, and the same text of those tokens.</summary>
    public static bool Agree(Tokenizer one, Tokenizer other) => Texts.All(text =>
    {
        int[] ids = one.Encode(text);
        return ids.SequenceEqual(other.Encode(text)) && one.Decode(ids) == other.Decode(ids);
    });
}
