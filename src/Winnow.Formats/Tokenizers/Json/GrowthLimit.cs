using System;
using System.Globalization;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>
/// Bounds how much longer the stages of a normalizer or decoder may make a text. Replacements multiply: nine that write ten letters for each make a thousand million of one.
/// </summary>
internal static class GrowthLimit
{
    // Far above published tokenizers, of which one writes six characters for one.
    private const double MostGrowth = 1024;

    /// <summary>Checks a stage, or a sequence of them.</summary>
    /// <param name="part">The stage.</param>
    /// <param name="list">What the list of a sequence is called: <c>normalizers</c> or <c>decoders</c>.</param>
    /// <exception cref="ModelFormatException">The text could grow too much.</exception>
    public static void Check(JsonPart part, string list) => Walk(part, list, 1);

    private static double Walk(JsonPart part, string list, double growth)
    {
        switch (part.Text("type"))
        {
            case "Sequence":
                foreach (JsonPart item in part.Get(list).Items())
                {
                    growth = Walk(item, list, growth);
                }

                return growth;
            case "Replace":
                int replaced = part.Get("pattern").OptionalText("String")?.Length ?? 1;
                return Grown(part, growth * Math.Max(1, part.Text("content").Length / (double)Math.Max(1, replaced)));
            case "Prepend":
                return Grown(part, growth * (1 + part.Text("prepend").Length));
            default:
                return growth;
        }
    }

    private static double Grown(JsonPart part, double growth) => growth <= MostGrowth
        ? growth
        : throw part.Error(string.Create(CultureInfo.InvariantCulture, $"makes a text up to {growth:0} times as long, with the stages before it; {MostGrowth:0} times is the most"));
}
