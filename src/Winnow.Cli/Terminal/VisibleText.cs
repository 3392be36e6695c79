using System.Globalization;
using System.Text;

namespace Winnow.Cli.Terminal;

/// <summary>Text on one line, with what would not show or would move the cursor spelled out.</summary>
internal static class VisibleText
{
    public static string Of(string text)
    {
        StringBuilder visible = new(text.Length);
        foreach (char character in text)
        {
            visible.Append(character switch
            {
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(character) => "\\u" + ((int)character).ToString("x4", CultureInfo.InvariantCulture),
                _ => character.ToString(),
            });
        }

        return visible.ToString();
    }
}
