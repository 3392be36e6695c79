using System;
using System.Globalization;

namespace Winnow.Simulator.Ptx;

/// <summary>A literal number of PTX.</summary>
/// <param name="Bits">The value; for floats their bits.</param>
/// <param name="IsFloat">Written as a float: 0f, 0d or with a decimal point.</param>
/// <param name="IsDouble">A float of 64 bits.</param>
internal readonly record struct PtxNumber(long Bits, bool IsFloat, bool IsDouble)
{
    /// <summary>Reads a literal: decimal, hexadecimal, octal, binary, with U; 0f and 0d with the bits; or a decimal fraction.</summary>
    /// <param name="text">The literal, without a sign.</param>
    /// <param name="number">Its value.</param>
    public static bool TryParse(ReadOnlySpan<char> text, out PtxNumber number)
    {
        number = default;
        if (text.Length == 10 && text[0] == '0' && (text[1] | 0x20) == 'f')
        {
            bool valid = uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint bits);
            number = new PtxNumber(bits, true, false);
            return valid;
        }

        if (text.Length == 18 && text[0] == '0' && (text[1] | 0x20) == 'd')
        {
            bool valid = ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong bits);
            number = new PtxNumber((long)bits, true, true);
            return valid;
        }

        return text.Contains('.') || IsScientific(text) ? TryParseFraction(text, out number) : TryParseInteger(text, out number);
    }

    /// <summary>The number as a double, whatever it was written as.</summary>
    public double ToDouble() => (IsFloat, IsDouble) switch
    {
        (true, true) => BitConverter.Int64BitsToDouble(Bits),
        (true, false) => BitConverter.Int32BitsToSingle((int)Bits),
        _ => Bits,
    };

    /// <summary>The number with its sign changed.</summary>
    public PtxNumber Negated() => (IsFloat, IsDouble) switch
    {
        (true, true) => this with { Bits = Bits ^ long.MinValue },
        (true, false) => this with { Bits = Bits ^ 0x80000000L },
        _ => this with { Bits = unchecked(-Bits) },
    };

    private static bool IsScientific(ReadOnlySpan<char> text) => text.ContainsAny('e', 'E') && !text.ContainsAny('x', 'X');

    private static bool TryParseFraction(ReadOnlySpan<char> text, out PtxNumber number)
    {
        bool valid = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        number = new PtxNumber(BitConverter.DoubleToInt64Bits(value), true, true);
        return valid;
    }

    private static bool TryParseInteger(ReadOnlySpan<char> text, out PtxNumber number)
    {
        number = default;
        text = text[^1] is 'U' or 'u' ? text[..^1] : text;
        int radix = 10;
        if (text.Length > 1 && text[0] == '0')
        {
            radix = (text[1] | 0x20) switch { 'x' => 16, 'b' => 2, _ => 8 };
            text = text[(radix == 8 ? 1 : 2)..];
        }

        ulong value = 0;
        foreach (char character in text)
        {
            int digit = char.IsAsciiDigit(character) ? character - (int)'0' : char.IsAsciiHexDigit(character) ? (character | 0x20) - 'a' + 10 : radix;
            if (digit >= radix || value > (ulong.MaxValue - (ulong)digit) / (ulong)radix)
            {
                return false;
            }

            value = (value * (ulong)radix) + (ulong)digit;
        }

        number = new PtxNumber((long)value, false, false);
        return text.Length > 0;
    }
}
