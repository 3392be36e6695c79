using System;
using System.Numerics;

namespace Winnow.Simulator.Tests.Operations;

/// <summary>A number m * 2^e without limits: sums and products are exact, and rounding happens when the test says so.</summary>
internal readonly record struct BigFloat(BigInteger M, int E)
{
    public static BigFloat From(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7FF;
        long fraction = bits & 0xFFFFFFFFFFFFF;
        BigInteger m = exponent == 0 ? fraction : fraction + (1L << 52);
        return new BigFloat(bits < 0 ? -m : m, Math.Max(exponent, 1) - 1075);
    }

    public static BigFloat operator +(BigFloat a, BigFloat b)
    {
        int e = Math.Min(a.E, b.E);
        return new BigFloat((a.M << (a.E - e)) + (b.M << (b.E - e)), e);
    }

    public static BigFloat operator *(BigFloat a, BigFloat b) => new(a.M * b.M, a.E + b.E);

    /// <summary>The quotient to 400 bits; the last one tells that there would be more.</summary>
    public static BigFloat operator /(BigFloat a, BigFloat b)
    {
        BigInteger quotient = BigInteger.DivRem(a.M << 400, b.M, out BigInteger rest);
        return new BigFloat((quotient * 2) + (rest.IsZero ? 0 : (a.M.Sign * b.M.Sign)), a.E - b.E - 401);
    }

    /// <summary>The root to some 200 bits; the last one tells that there would be more.</summary>
    public static BigFloat SquareRoot(BigFloat a)
    {
        int shift = 400 + (a.E & 1);
        BigInteger square = a.M << shift;
        BigInteger low = 0;
        BigInteger high = BigInteger.One << (int)((square.GetBitLength() / 2) + 1);
        while (high - low > 1)
        {
            BigInteger middle = (low + high) / 2;
            (low, high) = middle * middle <= square ? (middle, high) : (low, middle);
        }

        return new BigFloat((low * 2) + (low * low == square ? 0 : 1), ((a.E - shift) / 2) - 1);
    }

    /// <summary>Rounds to <paramref name="precision"/> bits, fewer below 2^<paramref name="lowest"/>; the mode is one of n, z, m, p.</summary>
    /// <remarks>The result is a double, which holds numbers of all formats; too large a number is the caller's affair.</remarks>
    public double Round(int precision, int lowest, char mode)
    {
        BigInteger size = BigInteger.Abs(M);
        int top = (int)size.GetBitLength() - 1 + E;
        int quantum = Math.Max(top, lowest) - precision + 1;
        BigInteger unit = BigInteger.One << Math.Max(quantum - E, 0);
        BigInteger whole = BigInteger.DivRem(size << Math.Max(E - quantum, 0), unit, out BigInteger rest);
        bool isUp = mode switch
        {
            'n' => (rest * 2 > unit) || (rest * 2 == unit && !whole.IsEven),
            'm' => M.Sign < 0 && !rest.IsZero,
            'p' => M.Sign > 0 && !rest.IsZero,
            _ => false,
        };
        double result = Math.ScaleB((double)(whole + (isUp ? 1 : 0)), quantum);
        return M.Sign < 0 ? -result : result;
    }
}
