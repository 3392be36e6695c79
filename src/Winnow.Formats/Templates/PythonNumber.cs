using System;
using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Numbers as Python reads and prints them.</summary>
internal static class PythonNumber
{
    private static readonly SearchValues<char> FloatCharacters = SearchValues.Create("0123456789+-.eE");

    /// <summary>Beyond this an int is refused, as CPython refuses to print it.</summary>
    public const int MaxBits = 16_384;

    /// <summary>Reads digits of a base from 2 to 36 without sign or separators.</summary>
    public static bool TryParseDigits(ReadOnlySpan<char> digits, int numberBase, out BigInteger value)
    {
        value = BigInteger.Zero;
        if (digits.IsEmpty)
        {
            return false;
        }

        foreach (char character in digits)
        {
            int digit = char.IsAsciiDigit(character) ? character - '0'
                : char.IsAsciiLetter(character) ? char.ToLowerInvariant(character) - 'a' + 10 : 99;
            if (digit >= numberBase)
            {
                return false;
            }

            value = value * numberBase + digit;
        }

        return true;
    }

    /// <summary>Python's int(text, base): blanks around, a sign, a prefix that fits the base, single underscores inside.</summary>
    public static bool TryParseInt(string text, int numberBase, out BigInteger value)
    {
        value = BigInteger.Zero;
        ReadOnlySpan<char> body = TrimSpace(text);
        bool negative = body.Length > 0 && body[0] == '-';
        if (body.Length > 0 && body[0] is '-' or '+')
        {
            body = body[1..];
        }

        int prefix = body.Length > 2 && body[0] == '0' ? char.ToLowerInvariant(body[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 0 } : 0;
        if (prefix > 0 && (prefix == numberBase || numberBase == 0))
        {
            body = body[2..];
            numberBase = prefix;
        }

        numberBase = numberBase == 0 ? 10 : numberBase;
        if (body.Length > 1000 || body.IsEmpty || body[0] == '_' || body[^1] == '_' || body.Contains("__", StringComparison.Ordinal)
            || !TryParseDigits(body.ToString().Replace("_", "", StringComparison.Ordinal), numberBase, out value))
        {
            return false;
        }

        value = negative ? -value : value;
        return true;
    }

    /// <summary>Python's float(text).</summary>
    public static bool TryParseFloat(string text, out double value)
    {
        ReadOnlySpan<char> body = TrimSpace(text);
        string lower = body.Length > 10 ? "" : body.ToString().ToLowerInvariant();
        switch (lower.TrimStart('+', '-'))
        {
            case "inf" or "infinity" when lower.Length - lower.TrimStart('+', '-').Length <= 1:
                value = lower[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
                return true;
            case "nan" when lower.Length <= 4:
                value = double.NaN;
                return true;
        }

        value = 0;
        if (!TryDropSeparators(ref body))
        {
            return false;
        }

        return body.Length > 0 && body.Length < 10_000 && !body.ContainsAnyExcept(FloatCharacters)
            && double.TryParse(body, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Python's repr(float): the shortest digits that read back, exponent from 1e16 on and below 1e-4.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0.0" : "0.0";
        }

        (string digits, int exponent) = Split(Math.Abs(value).ToString("R", CultureInfo.InvariantCulture));
        string sign = value < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        return digits.Length <= exponent + 1
            ? $"{sign}{digits.PadRight(exponent + 1, '0')}.0"
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    /// <summary>Python's round(value, precision): the exact value goes to the nearest decimal, ties to even.</summary>
    public static double Round(double value, int precision)
    {
        if (!double.IsFinite(value) || value == 0 || precision > 323)
        {
            return value;
        }

        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)((bits >> 52) & 0x7ff);
        BigInteger mantissa = bits & 0xfffffffffffff;
        mantissa = exponent == 0 ? mantissa : mantissa + (BigInteger.One << 52);
        int shift = (exponent == 0 ? 1 : exponent) - 1075;
        BigInteger scaled = mantissa * BigInteger.Pow(10, Math.Max(precision, 0)) * BigInteger.Pow(2, Math.Max(shift, 0));
        BigInteger divisor = BigInteger.Pow(10, Math.Min(Math.Max(-precision, 0), 400)) * BigInteger.Pow(2, Math.Max(-shift, 0));
        BigInteger quotient = BigInteger.DivRem(scaled, divisor, out BigInteger rest);
        int half = (rest * 2).CompareTo(divisor);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        double rounded = double.Parse($"{quotient}E{-precision}", CultureInfo.InvariantCulture);
        return value < 0 ? -rounded : rounded;
    }

    /// <summary>Takes out underscores; each has to stand between two digits.</summary>
    private static bool TryDropSeparators(ref ReadOnlySpan<char> body)
    {
        for (int i = 0; i < body.Length; i++)
        {
            if (body[i] == '_' && (i == 0 || i + 1 == body.Length || !char.IsAsciiDigit(body[i - 1]) || !char.IsAsciiDigit(body[i + 1])))
            {
                return false;
            }
        }

        body = body.Contains('_') ? body.ToString().Replace("_", "", StringComparison.Ordinal) : body;
        return true;
    }

    private static ReadOnlySpan<char> TrimSpace(string text)
    {
        int start = 0;
        int end = text.Length;
        while (start < end && PythonText.IsSpace(text[start]))
        {
            start++;
        }

        while (end > start && PythonText.IsSpace(text[end - 1]))
        {
            end--;
        }

        return text.AsSpan(start, end - start);
    }

    /// <summary>Digits without leading and trailing zeros, and the power of ten of the first.</summary>
    private static (string Digits, int Exponent) Split(string number)
    {
        int mark = number.IndexOf('E', StringComparison.Ordinal);
        int exponent = mark < 0 ? 0 : int.Parse(number.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string plain = mark < 0 ? number : number[..mark];
        int point = plain.IndexOf('.', StringComparison.Ordinal);
        int whole = point < 0 ? plain.Length : point;
        string digits = plain.Replace(".", "", StringComparison.Ordinal);
        int leading = digits.Length - digits.TrimStart('0').Length;
        return (digits.Trim('0'), exponent + whole - 1 - leading);
    }
}
