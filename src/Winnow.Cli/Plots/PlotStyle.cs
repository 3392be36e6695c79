using System.Globalization;
using System.Linq;
using System.Text;

namespace Winnow.Cli.Plots;

/// <summary>
/// How lines are told apart: five hues that people with any kind of colour vision tell from each other, on white and on black, seven marks and
/// three dashes. Five and seven have no common factor, so the first 35 lines differ in hue or mark.
/// </summary>
internal static class PlotStyle
{
    /// <summary>What stands for all text.</summary>
    public const string Ink = "#1f2328";

    /// <summary>What stands for text and lines in the background.</summary>
    public const string Muted = "#59636e";

    /// <summary>What stands for the page.</summary>
    public const string Surface = "#ffffff";

    /// <summary>What stands for the grid.</summary>
    public const string Grid = "#dfe3e8";

    private const int Marks = 7;

    private static readonly string[] Light = ["#0072b2", "#c44601", "#00795c", "#a8458c", "#8a6a00"];
    private static readonly string[] Dark = ["#56b4e9", "#ff8a4c", "#3cc9a0", "#e39bcb", "#e6c04a"];
    private static readonly string[] Dashes = ["", "7 3", "2 3"];

    /// <summary>The class that gives line number <paramref name="index"/> its colour.</summary>
    public static string ClassOf(int index, bool isControl) =>
        isControl ? "control" : string.Create(CultureInfo.InvariantCulture, $"hue{index % Light.Length}");

    /// <summary>The colour for programs that know no custom properties.</summary>
    public static string ColourOf(int index, bool isControl) => isControl ? Muted : Light[index % Light.Length];

    /// <summary>The dashes of a line; empty for none.</summary>
    public static string DashOf(int index) => Dashes[index / Light.Length % Dashes.Length];

    /// <summary>The outline of a mark around (0, 0).</summary>
    public static string MarkOf(int index) => (index % Marks) switch
    {
        0 => "M-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0Z",
        1 => "M-3.8-3.8h7.6v7.6h-7.6Z",
        2 => "M0-5L4.7 3.6H-4.7Z",
        3 => "M0-5.2L5.2 0 0 5.2-5.2 0Z",
        4 => "M0 5L4.7-3.6H-4.7Z",
        5 => "M-1.6-5h3.2v3.4h3.4v3.2h-3.4v3.4h-3.2v-3.4h-3.4v-3.2h3.4Z",
        _ => "M0-5.4L1.5-1.7 5.3-1.7 2.3.8 3.4 4.6 0 2.4-3.4 4.6-2.3.8-5.3-1.7-1.5-1.7Z",
    };

    /// <summary>The style sheet: colours are custom properties, which change with the reader's scheme.</summary>
    public static string Sheet()
    {
        StringBuilder sheet = new("\n");
        sheet.Append(CultureInfo.InvariantCulture, $"  .plot {{ --surface: {Surface}; --ink: {Ink}; --muted: {Muted}; --grid: {Grid};{Hues(Light)} }}\n");
        sheet.Append("  @media (prefers-color-scheme: dark) {\n");
        sheet.Append(CultureInfo.InvariantCulture, $"    .plot {{ --surface: #0d1117; --ink: #f0f6fc; --muted: #9198a1; --grid: #2b3139;{Hues(Dark)} }}\n");
        sheet.Append("  }\n");
        sheet.Append("  .plot text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: var(--ink); }\n");
        sheet.Append("  .plot .title { font-size: 16px; font-weight: 600; }\n");
        sheet.Append("  .plot .quiet { fill: var(--muted); }\n");
        sheet.Append("  .plot .page { fill: var(--surface); }\n");
        sheet.Append("  .plot .grid { stroke: var(--grid); }\n");
        sheet.Append("  .plot .control { --own: var(--muted); }\n");
        for (int hue = 0; hue < Light.Length; hue++)
        {
            sheet.Append(CultureInfo.InvariantCulture, $"  .plot .hue{hue} {{ --own: var(--hue{hue}); }}\n");
        }

        sheet.Append("  .plot .line { stroke: var(--own); }\n");
        sheet.Append("  .plot .mark { fill: var(--own); stroke: var(--surface); }\n");
        return sheet.ToString();
    }

    private static string Hues(string[] colours) => string.Concat(colours.Select((colour, hue) => string.Create(CultureInfo.InvariantCulture, $" --hue{hue}: {colour};")));
}
