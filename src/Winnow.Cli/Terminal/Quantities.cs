using System;
using System.Globalization;

namespace Winnow.Cli.Terminal;

/// <summary>Numbers as people read them.</summary>
internal static class Quantities
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB"];

    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? $"{Number(bytes)} B" : $"{Number(value, "0.0")} {Units[unit]}";
    }

    /// <summary>1.19 M, 7.24 B and the like: how people name the size of a model.</summary>
    public static string Count(long count) => count switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e9:0.00} billion"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.00} million"),
        >= 10_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e3:0.0} thousand"),
        _ => count.ToString(CultureInfo.InvariantCulture),
    };

    public static string Time(TimeSpan time) => time.TotalSeconds >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMilliseconds:0.0} ms");

    /// <summary>A time of a kernel, in the unit that suits it.</summary>
    public static string Microseconds(double microseconds) => microseconds switch
    {
        >= 10_000 => Number(microseconds / 1000, "0.0") + " ms",
        >= 100 => Number(microseconds, "0") + " us",
        >= 10 => Number(microseconds, "0.0") + " us",
        _ => Number(microseconds, "0.00") + " us",
    };

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
