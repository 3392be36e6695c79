using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Input rows as bytes in units of 32: a value is a byte from -127 to 127 times the scale of its unit, the greatest magnitude over 127.</summary>
internal unsafe struct QuantizedRows
{
    /// <summary>[rows, inputs].</summary>
    public sbyte* Bytes;

    /// <summary>[rows, inputs / 32].</summary>
    public float* Scales;

    /// <summary>[rows, inputs / 32]: the sum of a unit's bytes.</summary>
    public int* Sums;

    /// <summary>[rows, inputs / 32]: the sums of the first and of the second 16 of them, in the lower and in the upper 16 bits.</summary>
    public int* HalfSums;

    /// <summary>[rows, inputs / 32]: scale times sum.</summary>
    public float* Totals;

    /// <summary>Inputs of a row, a multiple of 32.</summary>
    public long Inputs;

    /// <summary>Bytes that rows need, a multiple of 64.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="inputs">Their length.</param>
    public static long BytesOf(long rows, long inputs) => ((rows * (inputs + (inputs / 32 * 16))) + 63) / 64 * 64;

    /// <summary>Lays rows out in memory.</summary>
    /// <param name="memory">As many bytes as <see cref="BytesOf"/> says.</param>
    /// <param name="rows">How many.</param>
    /// <param name="inputs">Their length.</param>
    public static QuantizedRows At(byte* memory, long rows, long inputs)
    {
        long units = rows * (inputs / 32);
        float* scales = (float*)(memory + (rows * inputs));
        int* sums = (int*)(scales + (2 * units));
        return new QuantizedRows { Bytes = (sbyte*)memory, Scales = scales, Totals = scales + units, Sums = sums, HalfSums = sums + units, Inputs = inputs };
    }

    /// <summary>The rows from one on.</summary>
    public readonly QuantizedRows From(long row) => new()
    {
        Bytes = Bytes + (row * Inputs),
        Scales = Scales + (row * (Inputs / 32)),
        Sums = Sums + (row * (Inputs / 32)),
        HalfSums = HalfSums + (row * (Inputs / 32)),
        Totals = Totals + (row * (Inputs / 32)),
        Inputs = Inputs,
    };

    /// <summary>Rounds a row, ties to even. What is not finite makes its unit's scale so, and with it all results.</summary>
    /// <param name="input">F32 [inputs]; null for zeros.</param>
    /// <param name="row">Where it goes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Set(float* input, long row)
    {
        QuantizedRows to = From(row);
        long units = Inputs / 32;
        if (input == null)
        {
            new Span<sbyte>(to.Bytes, checked((int)Inputs)).Clear();
            new Span<float>(to.Scales, (int)units).Clear();
            new Span<float>(to.Totals, (int)units).Clear();
            new Span<int>(to.Sums, (int)units).Clear();
            new Span<int>(to.HalfSums, (int)units).Clear();
            return;
        }

        for (long unit = 0; unit < units; unit++, input += 32)
        {
            Vector256<float> a = Vector256.Load(input), b = Vector256.Load(input + 8), c = Vector256.Load(input + 16), d = Vector256.Load(input + 24);
            Vector256<float> most = Vector256.Max(
                Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)), Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
            float scale = Greatest(most) / 127;
            Vector256<float> inverse = Vector256.Create(scale == 0 ? 0 : 1 / scale);
            Vector256<int> p = Rounded(a, inverse), q = Rounded(b, inverse), r = Rounded(c, inverse), s = Rounded(d, inverse);
            Vector256.Narrow(Vector256.Narrow(p, q), Vector256.Narrow(r, s)).Store(to.Bytes + (unit * 32));
            int first = Vector256.Sum(p + q);
            int second = Vector256.Sum(r + s);
            int sum = first + second;
            to.Scales[unit] = scale;
            to.Sums[unit] = sum;
            to.HalfSums[unit] = (ushort)first | (second << 16);
            to.Totals[unit] = scale * sum;
        }
    }

    // NaN where there is one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Greatest(Vector256<float> values)
    {
        Vector128<float> four = Vector128.Max(values.GetLower(), values.GetUpper());
        four = Vector128.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return MathF.Max(four[0], four[1]);
    }

    // A scale so small that its inverse is infinite rounds everything to the greatest bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Rounded(Vector256<float> values, Vector256<float> inverse) =>
        Vector256.ConvertToInt32(Vector256.Min(Vector256.Max(Vector256.Round(values * inverse), Vector256.Create(-127f)), Vector256.Create(127f)));
}
