using System;
using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// Halves without infinities and NaN need no more widening than their bits moved to where a float has them: that is their value times 2^-112, exactly, and the
/// input's times 2^112 makes up for it in the same rounding. Subnormal halves are subnormal floats then.
/// </summary>
internal static unsafe class FiniteHalves
{
    /// <summary>Sign, exponent and mantissa after the shift by 13, without what else the sign was copied to.</summary>
    public const int Bits = unchecked((int)0x8FFFFFFF);

    /// <summary>2^112, which inputs are multiplied with.</summary>
    public const float InputScale = 5.192296858534828e33f;

    // Times 2^112 it is the first power of two that is no float.
    private const float FirstTooLarge = 65536;

    private const ushort Infinity = 0x7C00;

    /// <summary>
    /// Whether this processor multiplies subnormal floats like others. AMD's with these vectors do; Intel's go through microcode for them, which would take longer than
    /// <see cref="HalfBits"/> does, and of others nothing is known.
    /// </summary>
    public static bool AreQuick { get; } = IsMadeByAmd();

    /// <summary>Whether all of a matrix are finite.</summary>
    /// <param name="matrix">F16, rows of whole units of 32.</param>
    public static bool AreFinite(Tensor matrix)
    {
        ushort* halves = (ushort*)matrix.Address;
        var exponent = new Vector<ushort>(Infinity);
        for (ushort* end = halves + matrix.Shape.ElementCount; halves < end; halves += Vector<ushort>.Count)
        {
            if (Vector.EqualsAny(Vector.Load(halves) & exponent, exponent))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether inputs may be multiplied with <see cref="InputScale"/>.</summary>
    /// <param name="inputs">The first one.</param>
    /// <param name="count">How many.</param>
    public static bool Take(float* inputs, long count)
    {
        var limit = new Vector<float>(FirstTooLarge);
        long i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            if (Vector.GreaterThanOrEqualAny(Vector.Abs(Vector.Load(inputs + i)), limit))
            {
                return false;
            }
        }

        for (; i < count; i++)
        {
            if (MathF.Abs(inputs[i]) >= FirstTooLarge)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsMadeByAmd()
    {
        // "AuthenticAMD", in the order in which the registers hold it.
        const int Auth = 0x68747541, Enti = 0x69746E65, Camd = 0x444D4163;
        if (!X86Base.IsSupported)
        {
            return false;
        }

        (_, int b, int c, int d) = X86Base.CpuId(0, 0);
        return (b, d, c) == (Auth, Enti, Camd);
    }
}
