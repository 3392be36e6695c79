using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Sampling;

/// <summary>Passes over rows of floats. Every pass runs in one fixed order, so equal rows give equal bits.</summary>
internal static class RowMath
{
    private const int Lanes = 8;
    private const int BlockLength = 1024;

    // Below this exp is no normal float any more; it counts as 0, so such a token is never drawn.
    private const float SmallestExponent = -87f;

    /// <summary>Largest value, its first index, and the sum of exp(value - largest): one walk through memory, block by
    /// block.</summary>
    public static RowStatistics Scan(ReadOnlySpan<float> row)
    {
        float maximum = float.NegativeInfinity;
        int bestBlock = 0;
        double sum = 0;
        bool hasNaN = false;
        for (int start = 0; start < row.Length; start += BlockLength)
        {
            ReadOnlySpan<float> block = row.Slice(start, Math.Min(BlockLength, row.Length - start));
            float top = Maximum(block, ref hasNaN);
            if (top > maximum)
            {
                sum *= Math.Exp((double)maximum - top);
                maximum = top;
                bestBlock = start;
            }

            if (!float.IsNegativeInfinity(maximum))
            {
                sum += SumExp(block, maximum);
            }
        }

        int argMax = hasNaN ? 0 : bestBlock + FirstIndex(row[bestBlock..], maximum);
        return new RowStatistics(maximum, argMax, sum, hasNaN);
    }

    /// <summary>The largest value; negative infinity for an empty row.</summary>
    public static float Maximum(ReadOnlySpan<float> row)
    {
        bool hasNaN = false;
        return Maximum(row, ref hasNaN);
    }

    /// <summary>The first index of a value that the row holds.</summary>
    public static int FirstIndex(ReadOnlySpan<float> row, float value)
    {
        Vector256<float> wanted = Vector256.Create(value);
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            uint mask = Vector256.Equals(Load(row, i), wanted).ExtractMostSignificantBits();
            if (mask != 0)
            {
                return i + System.Numerics.BitOperations.TrailingZeroCount(mask);
            }
        }

        while (i < row.Length - 1 && row[i] != value)
        {
            i++;
        }

        return i;
    }

    /// <summary>The sum of exp(value - maximum), in double.</summary>
    public static double SumExp(ReadOnlySpan<float> row, float maximum)
    {
        Vector256<float> shift = Vector256.Create(maximum);
        Vector256<double> lower = Vector256<double>.Zero, upper = Vector256<double>.Zero;
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            AddWide(ref lower, ref upper, Exp(Load(row, i) - shift));
        }

        AddWide(ref lower, ref upper, Exp(LoadTail(row[i..]) - shift));
        return Vector256.Sum(lower + upper);
    }

    /// <summary>weights = exp(value - maximum); returns their sum, in double.</summary>
    public static double WriteExp(ReadOnlySpan<float> row, float maximum, Span<float> weights)
    {
        weights = weights[..row.Length];
        Vector256<float> shift = Vector256.Create(maximum);
        Vector256<double> lower = Vector256<double>.Zero, upper = Vector256<double>.Zero;
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            Vector256<float> exp = Exp(Load(row, i) - shift);
            exp.CopyTo(weights[i..]);
            AddWide(ref lower, ref upper, exp);
        }

        Vector256<float> tail = Exp(LoadTail(row[i..]) - shift);
        for (int lane = 0; i + lane < row.Length; lane++)
        {
            weights[i + lane] = tail[lane];
        }

        AddWide(ref lower, ref upper, tail);
        return Vector256.Sum(lower + upper);
    }

    /// <summary>The sum of exp(d) and of exp(d) * -d, where d = value - maximum, in double; what counts as impossible
    /// adds nothing.</summary>
    public static (double Sum, double Surprise) EntropySums(ReadOnlySpan<float> row, float maximum)
    {
        Vector256<float> shift = Vector256.Create(maximum);
        Vector256<double> lower = Vector256<double>.Zero, upper = lower, surpriseLower = lower, surpriseUpper = lower;
        for (int i = 0; i < row.Length; i += Lanes)
        {
            Vector256<float> distance = (i <= row.Length - Lanes ? Load(row, i) : LoadTail(row[i..])) - shift;
            Vector256<float> weight = Exp(distance);
            AddWide(ref lower, ref upper, weight);

            // 0 times negative infinity is no number, so the distance is bounded where the weight is 0 anyway.
            Vector256<float> bounded = Vector256.MaxNative(distance, Vector256.Create(2 * SmallestExponent));
            AddWide(ref surpriseLower, ref surpriseUpper, weight * -bounded);
        }

        return (Vector256.Sum(lower + upper), Vector256.Sum(surpriseLower + surpriseUpper));
    }

    /// <summary>The sum of values, in double.</summary>
    public static double Sum(ReadOnlySpan<float> row)
    {
        Vector256<double> lower = Vector256<double>.Zero, upper = Vector256<double>.Zero;
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            AddWide(ref lower, ref upper, Load(row, i));
        }

        double total = Vector256.Sum(lower + upper);
        for (; i < row.Length; i++)
        {
            total += row[i];
        }

        return total;
    }

    /// <summary>target = (value - shift) / divisor; may work in place.</summary>
    public static void Scale(ReadOnlySpan<float> row, float shift, float divisor, Span<float> target)
    {
        Vector256<float> shifts = Vector256.Create(shift);
        Vector256<float> divisors = Vector256.Create(divisor);
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            ((Load(row, i) - shifts) / divisors).CopyTo(target[i..]);
        }

        for (; i < row.Length; i++)
        {
            target[i] = (row[i] - shift) / divisor;
        }
    }

    /// <summary>
    /// Copies the values at or above a threshold, and their tokens, in order; may work in place. An empty list of ids
    /// stands for consecutive tokens.
    /// </summary>
    /// <returns>How many were copied.</returns>
    public static int KeepAtLeast(
        ReadOnlySpan<float> row, ReadOnlySpan<int> ids, int firstToken, float threshold, Span<float> values, Span<int> tokens)
    {
        Vector256<float> limit = Vector256.Create(threshold);
        int count = 0;
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            Vector256<float> vector = Load(row, i);
            uint mask = Vector256.GreaterThanOrEqual(vector, limit).ExtractMostSignificantBits();
            for (; mask != 0; mask &= mask - 1)
            {
                int index = i + System.Numerics.BitOperations.TrailingZeroCount(mask);
                values[count] = row[index];
                tokens[count++] = ids.IsEmpty ? firstToken + index : ids[index];
            }
        }

        for (; i < row.Length; i++)
        {
            if (row[i] >= threshold)
            {
                values[count] = row[i];
                tokens[count++] = ids.IsEmpty ? firstToken + i : ids[i];
            }
        }

        return count;
    }

    /// <summary>Mean and population standard deviation of the finite values, in double; at least one is
    /// finite.</summary>
    public static (double Mean, double Deviation) Moments(ReadOnlySpan<float> row)
    {
        Vector256<double> lower = Vector256<double>.Zero, upper = lower;
        Vector256<float> count = Vector256<float>.Zero, nothing = Vector256.Create(float.NegativeInfinity);
        for (int i = 0; i < row.Length; i += Lanes)
        {
            Vector256<float> vector = i <= row.Length - Lanes ? Load(row, i) : LoadTail(row[i..]);
            Vector256<float> finite = Vector256.GreaterThan(vector, nothing);
            AddWide(ref lower, ref upper, vector & finite);
            count += Vector256<float>.One & finite;
        }

        double mean = Vector256.Sum(lower + upper) / Vector256.Sum(count);
        Vector256<double> center = Vector256.Create(mean), squares = Vector256<double>.Zero;
        for (int i = 0; i < row.Length; i += Lanes)
        {
            Vector256<float> vector = i <= row.Length - Lanes ? Load(row, i) : LoadTail(row[i..]);
            squares += FiniteSquares(Vector256.WidenLower(vector) - center) + FiniteSquares(Vector256.WidenUpper(vector) - center);
        }

        return (mean, Math.Sqrt(Vector256.Sum(squares) / Vector256.Sum(count)));
    }

    /// <summary>exp for arguments up to 0, within 2 ulp: 2^n * e^r with |r| at most ln(2) / 2. Negative infinity gives
    /// 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> clamped = Vector256.Max(x, Vector256.Create(SmallestExponent));

        // Adding 1.5 * 2^23 leaves the nearest whole number in the low bits of the sum.
        Vector256<float> magic = Vector256.Create(12582912f);
        Vector256<float> shifted = Vector256.MultiplyAddEstimate(clamped, Vector256.Create(1.44269504f), magic);
        Vector256<float> n = shifted - magic;
        Vector256<float> r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-0.693359375f), clamped);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(2.12194440e-4f), r);

        Vector256<float> p = Vector256.Create(1f / 5040);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1f / 720));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1f / 120));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1f / 24));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(1f / 6));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.5f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256<float>.One);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256<float>.One);

        Vector256<float> power = (Vector256.ShiftLeft(shifted.AsInt32(), 23) + Vector256.Create(0x3F800000)).AsSingle();
        return Vector256.ConditionalSelect(
            Vector256.LessThan(x, Vector256.Create(SmallestExponent)), Vector256<float>.Zero, p * power);
    }

    /// <summary>The largest value, and whether some value is not a number.</summary>
    internal static float Maximum(ReadOnlySpan<float> row, ref bool hasNaN)
    {
        Vector256<float> best = Vector256.Create(float.NegativeInfinity);
        Vector256<float> ordered = Vector256<float>.AllBitsSet;
        int i = 0;
        for (; i <= row.Length - Lanes; i += Lanes)
        {
            Vector256<float> vector = Load(row, i);
            best = Vector256.MaxNative(best, vector);
            ordered &= Vector256.Equals(vector, vector);
        }

        Vector256<float> tail = LoadTail(row[i..]);
        best = Vector256.MaxNative(best, tail);
        ordered &= Vector256.Equals(tail, tail);
        hasNaN |= ordered.ExtractMostSignificantBits() != 0xFF;

        float maximum = best[0];
        for (int lane = 1; lane < Lanes; lane++)
        {
            maximum = MathF.Max(maximum, best[lane]);
        }

        return maximum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWide(ref Vector256<double> lower, ref Vector256<double> upper, Vector256<float> terms)
    {
        lower += Vector256.WidenLower(terms);
        upper += Vector256.WidenUpper(terms);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ReadOnlySpan<float> row, int index) =>
        Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(row), (nuint)index);

    private static Vector256<double> FiniteSquares(Vector256<double> x) =>
        x * x & Vector256.GreaterThan(x, Vector256.Create(double.NegativeInfinity));

    private static Vector256<float> LoadTail(ReadOnlySpan<float> tail)
    {
        Span<float> padded = stackalloc float[Lanes];
        padded.Fill(float.NegativeInfinity);
        tail.CopyTo(padded);
        return Vector256.Create<float>(padded);
    }
}
