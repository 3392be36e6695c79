using System;
using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Norm;

/// <summary>Arithmetic on one row, the same whatever other rows there are.</summary>
internal static unsafe class NormRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>1 / sqrt(mean of the squares + epsilon).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float InverseRms(float* values, int columns, float epsilon)
    {
        TVector a = TSimd.Broadcast(0f), b = a, c = a, d = a;
        int i = 0;
        for (; i <= columns - (4 * TSimd.Count); i += 4 * TSimd.Count)
        {
            a = AddSquare(values + i, a);
            b = AddSquare(values + i + TSimd.Count, b);
            c = AddSquare(values + i + (2 * TSimd.Count), c);
            d = AddSquare(values + i + (3 * TSimd.Count), d);
        }

        for (; i <= columns - TSimd.Count; i += TSimd.Count)
        {
            a = AddSquare(values + i, a);
        }

        float sum = TSimd.Sum(TSimd.Add(TSimd.Add(a, b), TSimd.Add(c, d)));
        for (; i < columns; i++)
        {
            sum += values[i] * values[i];
        }

        return 1f / MathF.Sqrt((sum / columns) + epsilon);
    }

    /// <summary>output = input * factor * weight, or that added to what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(float* output, float* input, float* weight, float factor, int columns, bool add)
    {
        TVector scale = TSimd.Broadcast(factor);
        int i = 0;
        for (; i <= columns - TSimd.Count; i += TSimd.Count)
        {
            TVector value = TSimd.Multiply(TSimd.Multiply(TSimd.Load(input + i), scale), TSimd.Load(weight + i));
            TSimd.Store(output + i, add ? TSimd.Add(TSimd.Load(output + i), value) : value);
        }

        for (; i < columns; i++)
        {
            float value = input[i] * factor * weight[i];
            output[i] = add ? output[i] + value : value;
        }
    }

    /// <summary>values *= factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(float* values, float factor, int columns)
    {
        TVector scale = TSimd.Broadcast(factor);
        int i = 0;
        for (; i <= columns - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(values + i, TSimd.Multiply(TSimd.Load(values + i), scale));
        }

        for (; i < columns; i++)
        {
            values[i] *= factor;
        }
    }

    /// <summary>sums += values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add(float* sums, float* values, int columns)
    {
        int i = 0;
        for (; i <= columns - TSimd.Count; i += TSimd.Count)
        {
            TSimd.Store(sums + i, TSimd.Add(TSimd.Load(sums + i), TSimd.Load(values + i)));
        }

        for (; i < columns; i++)
        {
            sums[i] += values[i];
        }
    }

    /// <summary>The mean of the values, and 1 / sqrt(mean of the squared distances from it + epsilon).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static (float Mean, float Factor) Moments(float* values, int columns, float epsilon)
    {
        TVector sums = TSimd.Broadcast(0f);
        int i = 0;
        for (; i <= columns - TSimd.Count; i += TSimd.Count)
        {
            sums = TSimd.Add(sums, TSimd.Load(values + i));
        }

        float sum = TSimd.Sum(sums);
        for (; i < columns; i++)
        {
            sum += values[i];
        }

        float mean = sum / columns;
        TVector center = TSimd.Broadcast(mean);
        TVector squares = TSimd.Broadcast(0f);
        for (i = 0; i <= columns - TSimd.Count; i += TSimd.Count)
        {
            TVector distance = TSimd.Subtract(TSimd.Load(values + i), center);
            squares = TSimd.FusedMultiplyAdd(distance, distance, squares);
        }

        float square = TSimd.Sum(squares);
        for (; i < columns; i++)
        {
            square += (values[i] - mean) * (values[i] - mean);
        }

        return (mean, 1f / MathF.Sqrt((square / columns) + epsilon));
    }

    /// <summary>output = (input - mean) * factor * weight + bias; the bias may be null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Center(float* output, float* input, float* weight, float* bias, float mean, float factor, int columns)
    {
        TVector center = TSimd.Broadcast(mean);
        TVector scale = TSimd.Broadcast(factor);
        int i = 0;
        for (; i <= columns - TSimd.Count; i += TSimd.Count)
        {
            TVector value = TSimd.Multiply(TSimd.Multiply(TSimd.Subtract(TSimd.Load(input + i), center), scale), TSimd.Load(weight + i));
            TSimd.Store(output + i, bias == null ? value : TSimd.Add(value, TSimd.Load(bias + i)));
        }

        for (; i < columns; i++)
        {
            float value = (input[i] - mean) * factor * weight[i];
            output[i] = bias == null ? value : value + bias[i];
        }
    }

    /// <summary>Rotates pairs (first[i], second[i]): x cos - y sin, y cos + x sin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RotateHalves(float* first, float* second, float* cos, float* sin, int pairs)
    {
        int i = 0;
        for (; i <= pairs - TSimd.Count; i += TSimd.Count)
        {
            TVector x = TSimd.Load(first + i), y = TSimd.Load(second + i);
            TVector c = TSimd.Load(cos + i), s = TSimd.Load(sin + i);
            TSimd.Store(first + i, TSimd.Subtract(TSimd.Multiply(x, c), TSimd.Multiply(y, s)));
            TSimd.Store(second + i, TSimd.Add(TSimd.Multiply(y, c), TSimd.Multiply(x, s)));
        }

        for (; i < pairs; i++)
        {
            (float x, float y) = (first[i], second[i]);
            first[i] = (x * cos[i]) - (y * sin[i]);
            second[i] = (y * cos[i]) + (x * sin[i]);
        }
    }

    /// <summary>Rotates pairs (2i, 2i + 1); cosines stand twice and sines as (-sin, sin), [2 * pairs].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void RotateNeighbours(float* head, float* cos, float* sin, int pairs)
    {
        int i = 0;
        for (; i <= (2 * pairs) - TSimd.Count; i += TSimd.Count)
        {
            TVector x = TSimd.Load(head + i);
            TVector turned = TSimd.Multiply(TSimd.SwapPairs(x), TSimd.Load(sin + i));
            TSimd.Store(head + i, TSimd.Add(TSimd.Multiply(x, TSimd.Load(cos + i)), turned));
        }

        for (; i < 2 * pairs; i += 2)
        {
            (float x, float y) = (head[i], head[i + 1]);
            head[i] = (x * cos[i]) + (y * sin[i]);
            head[i + 1] = (y * cos[i + 1]) + (x * sin[i + 1]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector AddSquare(float* values, TVector sum)
    {
        TVector x = TSimd.Load(values);
        return TSimd.FusedMultiplyAdd(x, x, sum);
    }
}
