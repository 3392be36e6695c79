using System;
using System.Globalization;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>Python's strftime in the C locale.</summary>
internal static class PythonTime
{
    public static string Format(TemplateRun run, string format, DateTimeOffset time)
    {
        var result = new StringBuilder();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                result.Append(format[i]);
                continue;
            }

            bool unpadded = format[i + 1] == '-' && i + 2 < format.Length;
            i += unpadded ? 2 : 1;
            string field = Field(run, format[i], time);
            result.Append(unpadded && field.Length > 1 && char.IsAsciiDigit(field[0]) ? Unpad(field) : field);
        }

        return result.ToString();
    }

    private static string Unpad(string field)
    {
        string bare = field.TrimStart('0');
        return bare.Length == 0 || !char.IsAsciiDigit(bare[0]) ? "0" + bare : bare;
    }

    private static string Field(TemplateRun run, char directive, DateTimeOffset time) => directive switch
    {
        'Y' => Text(time, "yyyy"),
        'y' => Text(time, "yy"),
        'm' => Text(time, "MM"),
        'd' => Text(time, "dd"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'B' => Text(time, "MMMM"),
        'b' or 'h' => Text(time, "MMM"),
        'A' => Text(time, "dddd"),
        'a' => Text(time, "ddd"),
        'H' => Text(time, "HH"),
        'I' => Text(time, "hh"),
        'M' => Text(time, "mm"),
        'S' => Text(time, "ss"),
        'f' => Text(time, "ffffff"),
        'p' => Text(time, "tt"),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'F' => Text(time, "yyyy-MM-dd"),
        'T' => Text(time, "HH:mm:ss"),
        'R' => Text(time, "HH:mm"),
        'D' or 'x' => Text(time, "MM/dd/yy"),
        'X' => Text(time, "HH:mm:ss"),
        'c' => Text(time, "ddd MMM ") + time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + Text(time, " HH:mm:ss yyyy"),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'n' => "\n",
        't' => "\t",
        '%' => "%",

        // The clock that templates see is a naive datetime in Python, whose zone prints as nothing.
        'z' or 'Z' => "",
        _ => throw run.Unsupported($"the time format '%{directive}'"),
    };


    private static string Text(DateTimeOffset time, string format) =>
        time.ToString(format, CultureInfo.InvariantCulture);
}
