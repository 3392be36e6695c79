using System;
using System.Globalization;
using System.Text;

namespace Winnow.Simulator.Execution.Control;

/// <summary>Formats as <c>printf</c> of C does.</summary>
internal static class PrintFormat
{
    private const string Flags = "-+ #0";
    private const string Lengths = "hljztqL";

    /// <summary>Formats a text.</summary>
    /// <param name="format">With conversions like <c>%-8.3f</c>.</param>
    /// <param name="arguments">What they convert.</param>
    public static string Format(string format, ArgumentReader arguments)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
            }
            else if (format[i + 1] == '%')
            {
                text.Append('%');
                i++;
            }
            else
            {
                i = Convert(format, i + 1, arguments, text);
            }
        }

        return text.ToString();
    }

    private static int Convert(string format, int at, ArgumentReader arguments, StringBuilder text)
    {
        int start = at;
        at = Skip(format, at, Flags);
        string flags = format[start..at];
        int width = ReadNumber(format, ref at, arguments) ?? 0;
        int? precision = null;
        if (at < format.Length && format[at] == '.')
        {
            at++;
            precision = ReadNumber(format, ref at, arguments) ?? 0;
        }

        start = at;
        at = Skip(format, at, Lengths);
        bool isLong = format.AsSpan(start, at - start).IndexOfAny("ljztq") >= 0;
        char conversion = at < format.Length ? format[at] : '%';
        string value = ConvertValue(conversion, isLong, precision, flags, arguments);
        bool isLeft = width < 0 || flags.Contains('-', StringComparison.Ordinal);
        width = Math.Abs(width);
        bool isZero = !isLeft && flags.Contains('0', StringComparison.Ordinal) && conversion is not ('s' or 'c' or 'p');
        text.Append(isZero ? PadZeros(value, width) : isLeft ? value.PadRight(width) : value.PadLeft(width));
        return at;
    }

    private static int Skip(string format, int at, string characters)
    {
        while (at < format.Length && characters.Contains(format[at], StringComparison.Ordinal))
        {
            at++;
        }

        return at;
    }

    private static int? ReadNumber(string format, ref int at, ArgumentReader arguments)
    {
        if (at < format.Length && format[at] == '*')
        {
            at++;
            return arguments.NextInt();
        }

        int start = at;
        at = Skip(format, at, "0123456789");
        return at == start ? null : int.Parse(format.AsSpan(start, at - start), CultureInfo.InvariantCulture);
    }

    private static string PadZeros(string value, int width)
    {
        int sign = value.Length > 0 && value[0] is '-' or '+' or ' ' ? 1 : 0;
        return value[..sign] + value[sign..].PadLeft(width - sign, '0');
    }

    private static string ConvertValue(char conversion, bool isLong, int? precision, string flags, ArgumentReader arguments)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (conversion)
        {
            case 'd' or 'i':
                long signed = isLong ? arguments.NextLong() : arguments.NextInt();
                return Sign(signed.ToString(culture), flags);
            case 'u':
                return Unsigned(isLong, arguments).ToString(culture);
            case 'x':
                return Unsigned(isLong, arguments).ToString("x", culture);
            case 'X':
                return Unsigned(isLong, arguments).ToString("X", culture);
            case 'o':
                return System.Convert.ToString((long)Unsigned(isLong, arguments), 8);
            case 'p':
                return "0x" + arguments.NextLong().ToString("x", culture);
            case 'c':
                return ((char)arguments.NextInt()).ToString();
            case 's':
                string text = arguments.NextText();
                return precision is int length && length < text.Length ? text[..length] : text;
            default:
                return Sign(Float(char.ToLowerInvariant(conversion), arguments.NextDouble(), precision ?? 6), flags);
        }
    }

    private static ulong Unsigned(bool isLong, ArgumentReader arguments) => isLong ? (ulong)arguments.NextLong() : (uint)arguments.NextInt();

    private static string Sign(string value, string flags)
        => value.StartsWith('-') ? value : flags.Contains('+', StringComparison.Ordinal) ? "+" + value : flags.Contains(' ', StringComparison.Ordinal) ? " " + value : value;

    private static string Float(char conversion, double value, int precision)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value < 0 ? "-inf" : "inf";
        }

        string digits = new('0', precision);
        string exponential = value.ToString($"0.{digits}e+00", CultureInfo.InvariantCulture);
        return conversion switch
        {
            'e' => exponential,
            'g' => value.ToString($"G{Math.Max(precision, 1)}", CultureInfo.InvariantCulture).Replace("E", "e", StringComparison.Ordinal),
            _ => value.ToString($"F{precision}", CultureInfo.InvariantCulture),
        };
    }
}
