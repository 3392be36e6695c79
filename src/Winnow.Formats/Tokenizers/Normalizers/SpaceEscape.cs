using System.Text;

namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>SentencePiece's treatment of spaces: written as U+2581, runs optionally one, one optionally put in front.</summary>
internal static class SpaceEscape
{
    private const char Space = '\u2581';

    public static string Apply(string text, bool prepend, bool merge)
    {
        var result = new StringBuilder(text.Length + 1);
        bool inWord = false;
        bool begun = false;
        foreach (char unit in text)
        {
            if (unit == ' ')
            {
                inWord = false;
                if (!merge)
                {
                    result.Append(Space);
                }

                continue;
            }

            if (!inWord && (merge || (prepend && !begun)))
            {
                result.Append(Space);
                begun = true;
            }

            inWord = true;
            result.Append(unit);
        }

        return result.ToString();
    }
}
