using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// The arithmetic of attention on a block of 32 slots. Everything works lane by lane in an order that depends on neither the number of
/// rows nor the width of the vectors, so a row gives the same bits alone and among others. The loops are compiled at full strength at
/// once: a first prompt would be over before the run-time compiler had noticed them.
/// </summary>
internal static unsafe class AttentionKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int Slots = AttentionScratch.BlockSlots;

    /// <summary>scores[r, j] = sum over c of q[r, c] * keys[c, j], c ascending, for four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoresOfFour(float* scores, float* qa, float* qb, float* qc, float* qd, float* keys, int headDim)
    {
        for (int j = 0; j < Slots; j += 2 * TSimd.Count)
        {
            TVector a0 = TSimd.Broadcast(0f), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
            float* k = keys + j;
            for (nint c = 0; c < headDim; c++, k += Slots)
            {
                TVector k0 = TSimd.Load(k);
                TVector k1 = TSimd.Load(k + TSimd.Count);
                TVector row = TSimd.Broadcast(qa[c]);
                a0 = TSimd.FusedMultiplyAdd(row, k0, a0);
                a1 = TSimd.FusedMultiplyAdd(row, k1, a1);
                row = TSimd.Broadcast(qb[c]);
                b0 = TSimd.FusedMultiplyAdd(row, k0, b0);
                b1 = TSimd.FusedMultiplyAdd(row, k1, b1);
                row = TSimd.Broadcast(qc[c]);
                c0 = TSimd.FusedMultiplyAdd(row, k0, c0);
                c1 = TSimd.FusedMultiplyAdd(row, k1, c1);
                row = TSimd.Broadcast(qd[c]);
                d0 = TSimd.FusedMultiplyAdd(row, k0, d0);
                d1 = TSimd.FusedMultiplyAdd(row, k1, d1);
            }

            StorePair(scores + j, a0, a1);
            StorePair(scores + Slots + j, b0, b1);
            StorePair(scores + (2 * Slots) + j, c0, c1);
            StorePair(scores + (3 * Slots) + j, d0, d1);
        }
    }

    /// <summary>The same for one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScoresOfOne(float* scores, float* query, float* keys, int headDim)
    {
        for (int j = 0; j < Slots; j += 2 * TSimd.Count)
        {
            TVector a0 = TSimd.Broadcast(0f), a1 = a0;
            float* k = keys + j;
            for (nint c = 0; c < headDim; c++, k += Slots)
            {
                TVector row = TSimd.Broadcast(query[c]);
                a0 = TSimd.FusedMultiplyAdd(row, TSimd.Load(k), a0);
                a1 = TSimd.FusedMultiplyAdd(row, TSimd.Load(k + TSimd.Count), a1);
            }

            StorePair(scores + j, a0, a1);
        }
    }

    /// <summary>scores *= scale, then the soft cap where there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleAndCap(float* scores, float scale, float cap)
    {
        TVector factor = TSimd.Broadcast(scale);
        TVector bound = TSimd.Broadcast(cap);
        for (int j = 0; j < Slots; j += TSimd.Count)
        {
            TVector score = TSimd.Multiply(TSimd.Load(scores + j), factor);
            if (cap != 0)
            {
                score = TSimd.Multiply(VectorMath.Tanh<TSimd, TVector>(TSimd.Divide(score, bound)), bound);
            }

            TSimd.Store(scores + j, score);
        }
    }

    /// <summary>
    /// Turns a row's scores into exp(score - greatest so far), brings its state (greatest, sum) up to date and returns the factor for
    /// what was summed before. A slot that is not seen has the score minus infinity. (Milakov and Gimelshein 2018, arXiv:1805.02867.)
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Softmax(float* scores, float* state)
    {
        TVector greatest = TSimd.Load(scores);
        for (int j = TSimd.Count; j < Slots; j += TSimd.Count)
        {
            greatest = TSimd.Max(greatest, TSimd.Load(scores + j));
        }

        float before = state[0];
        float block = TSimd.MaxAcross(greatest);
        float now = block <= before ? before : block;
        if (now == float.NegativeInfinity)
        {
            // The greatest one may have passed over NaN: a broken row must come out broken, not empty.
            now = SumOfBlock(scores);
            if (now == float.NegativeInfinity)
            {
                new Span<float>(scores, Slots).Clear();
                return 1f;
            }
        }

        TVector shift = TSimd.Broadcast(now);
        for (int j = 0; j < Slots; j += TSimd.Count)
        {
            TSimd.Store(scores + j, VectorMath.Exp<TSimd, TVector>(TSimd.Subtract(TSimd.Load(scores + j), shift)));
        }

        float factor = before == now ? 1f : ExpOfOne(before - now);
        state[0] = now;
        state[1] = (state[1] * factor) + SumOfBlock(scores);
        return factor;
    }

    /// <summary>sums[r, c] = sums[r, c] * factors[r] + sum over slots j of weights[r, j] * values[j, c], j ascending, for four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddFour(float* sums, float* factors, float* weights, float* values, int slots, int headDim)
    {
        int c = 0;
        for (; c <= headDim - (2 * TSimd.Count); c += 2 * TSimd.Count)
        {
            AddPairOfFour(sums + c, factors, weights, values + c, slots, headDim);
        }

        for (int row = 0; row < 4 && c < headDim; row++)
        {
            AddOne(sums + (row * headDim), factors[row], weights + (row * Slots), values, slots, headDim, c);
        }
    }

    /// <summary>The same for one row, from column <paramref name="c"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOne(float* sums, float factor, float* weights, float* values, int slots, int headDim, int c = 0)
    {
        for (; c <= headDim - (4 * TSimd.Count); c += 4 * TSimd.Count)
        {
            AddFourColumns(sums + c, factor, weights, values + c, slots, headDim);
        }

        for (; c <= headDim - TSimd.Count; c += TSimd.Count)
        {
            AddColumn(sums + c, factor, weights, values + c, slots, headDim);
        }

        // A head of 8, 24, 40, ... does not fill the widest vectors.
        if (headDim - c >= Simd256.Count && TSimd.Count > Simd256.Count)
        {
            AttentionKernel<Simd256, Vector256<float>>.AddOne(sums, factor, weights, values, slots, headDim, c);
        }
        else if (c < headDim)
        {
            AttentionKernel<Simd128, Vector128<float>>.AddOne(sums, factor, weights, values, slots, headDim, c);
        }
    }

    /// <summary>The same for two rows: each of them waits for its own sums, so that together they take hardly longer than one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddTwo(float* sums, float* factors, float* weights, float* values, int slots, int headDim)
    {
        int c = 0;
        for (; c <= headDim - (2 * TSimd.Count); c += 2 * TSimd.Count)
        {
            AddPairOfTwo(sums + c, factors, weights, values + c, slots, headDim);
        }

        for (; TSimd.Count >= Simd256.Count && c <= headDim - Simd256.Count; c += Simd256.Count)
        {
            AddColumnOfTwo(sums + c, factors, weights, values + c, slots, headDim);
        }

        for (int row = 0; row < 2 && c < headDim; row++)
        {
            AddOne(sums + (row * headDim), factors[row], weights + (row * Slots), values, slots, headDim, c);
        }
    }

    /// <summary>Adds a partial result to another one: greatest score, sum, weighted values. One that saw nothing changes nothing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(float* state, float* sums, float* otherState, float* otherSums, int headDim)
    {
        if (otherState[0] == float.NegativeInfinity)
        {
            return;
        }

        float greatest = otherState[0] <= state[0] ? state[0] : otherState[0];
        float factor = state[0] == greatest ? 1f : ExpOfOne(state[0] - greatest);
        float otherFactor = otherState[0] == greatest ? 1f : ExpOfOne(otherState[0] - greatest);
        state[0] = greatest;
        state[1] = (state[1] * factor) + (otherState[1] * otherFactor);
        for (int c = 0; c < headDim; c += Simd128.Count)
        {
            (Vector128.Load(sums + c) * factor + (Vector128.Load(otherSums + c) * otherFactor)).Store(sums + c);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPairOfFour(float* sums, float* factors, float* weights, float* values, nint slots, nint stride)
    {
        TVector f = TSimd.Broadcast(factors[0]);
        TVector a0 = Scaled(sums, f), a1 = Scaled(sums + TSimd.Count, f);
        f = TSimd.Broadcast(factors[1]);
        TVector b0 = Scaled(sums + stride, f), b1 = Scaled(sums + stride + TSimd.Count, f);
        f = TSimd.Broadcast(factors[2]);
        TVector c0 = Scaled(sums + (2 * stride), f), c1 = Scaled(sums + (2 * stride) + TSimd.Count, f);
        f = TSimd.Broadcast(factors[3]);
        TVector d0 = Scaled(sums + (3 * stride), f), d1 = Scaled(sums + (3 * stride) + TSimd.Count, f);
        for (nint j = 0; j < slots; j++, values += stride)
        {
            TVector v0 = TSimd.Load(values), v1 = TSimd.Load(values + TSimd.Count);
            TVector weight = TSimd.Broadcast(weights[j]);
            a0 = TSimd.FusedMultiplyAdd(weight, v0, a0);
            a1 = TSimd.FusedMultiplyAdd(weight, v1, a1);
            weight = TSimd.Broadcast(weights[j + Slots]);
            b0 = TSimd.FusedMultiplyAdd(weight, v0, b0);
            b1 = TSimd.FusedMultiplyAdd(weight, v1, b1);
            weight = TSimd.Broadcast(weights[j + (2 * Slots)]);
            c0 = TSimd.FusedMultiplyAdd(weight, v0, c0);
            c1 = TSimd.FusedMultiplyAdd(weight, v1, c1);
            weight = TSimd.Broadcast(weights[j + (3 * Slots)]);
            d0 = TSimd.FusedMultiplyAdd(weight, v0, d0);
            d1 = TSimd.FusedMultiplyAdd(weight, v1, d1);
        }

        StorePair(sums, a0, a1);
        StorePair(sums + stride, b0, b1);
        StorePair(sums + (2 * stride), c0, c1);
        StorePair(sums + (3 * stride), d0, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddPairOfTwo(float* sums, float* factors, float* weights, float* values, nint slots, nint stride)
    {
        TVector f = TSimd.Broadcast(factors[0]);
        TVector a0 = Scaled(sums, f), a1 = Scaled(sums + TSimd.Count, f);
        f = TSimd.Broadcast(factors[1]);
        TVector b0 = Scaled(sums + stride, f), b1 = Scaled(sums + stride + TSimd.Count, f);
        for (nint j = 0; j < slots; j++, values += stride)
        {
            TVector v0 = TSimd.Load(values), v1 = TSimd.Load(values + TSimd.Count);
            TVector weight = TSimd.Broadcast(weights[j]);
            a0 = TSimd.FusedMultiplyAdd(weight, v0, a0);
            a1 = TSimd.FusedMultiplyAdd(weight, v1, a1);
            weight = TSimd.Broadcast(weights[j + Slots]);
            b0 = TSimd.FusedMultiplyAdd(weight, v0, b0);
            b1 = TSimd.FusedMultiplyAdd(weight, v1, b1);
        }

        StorePair(sums, a0, a1);
        StorePair(sums + stride, b0, b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddColumnOfTwo(float* sums, float* factors, float* weights, float* values, nint slots, nint stride)
    {
        Vector256<float> a = Vector256.Load(sums) * factors[0];
        Vector256<float> b = Vector256.Load(sums + stride) * factors[1];
        for (nint j = 0; j < slots; j++, values += stride)
        {
            Vector256<float> value = Vector256.Load(values);
            a = Simd256.FusedMultiplyAdd(Vector256.Create(weights[j]), value, a);
            b = Simd256.FusedMultiplyAdd(Vector256.Create(weights[j + Slots]), value, b);
        }

        a.Store(sums);
        b.Store(sums + stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddFourColumns(float* sums, float factor, float* weights, float* values, nint slots, nint stride)
    {
        TVector f = TSimd.Broadcast(factor);
        TVector a = Scaled(sums, f), b = Scaled(sums + TSimd.Count, f);
        TVector c = Scaled(sums + (2 * TSimd.Count), f), d = Scaled(sums + (3 * TSimd.Count), f);
        for (nint j = 0; j < slots; j++, values += stride)
        {
            TVector weight = TSimd.Broadcast(weights[j]);
            a = TSimd.FusedMultiplyAdd(weight, TSimd.Load(values), a);
            b = TSimd.FusedMultiplyAdd(weight, TSimd.Load(values + TSimd.Count), b);
            c = TSimd.FusedMultiplyAdd(weight, TSimd.Load(values + (2 * TSimd.Count)), c);
            d = TSimd.FusedMultiplyAdd(weight, TSimd.Load(values + (3 * TSimd.Count)), d);
        }

        StorePair(sums, a, b);
        StorePair(sums + (2 * TSimd.Count), c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddColumn(float* sums, float factor, float* weights, float* values, nint slots, nint stride)
    {
        TVector sum = Scaled(sums, TSimd.Broadcast(factor));
        for (nint j = 0; j < slots; j++, values += stride)
        {
            sum = TSimd.FusedMultiplyAdd(TSimd.Broadcast(weights[j]), TSimd.Load(values), sum);
        }

        TSimd.Store(sums, sum);
    }

    // The halves of the block are added to each other again and again, whatever the width.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float SumOfBlock(float* x) => TSimd.Count switch
    {
        16 => TSimd.Sum(Pair(x)),
        8 => TSimd.Sum(TSimd.Add(Pair(x), Pair(x + 8))),
        _ => TSimd.Sum(TSimd.Add(TSimd.Add(Pair(x), Pair(x + 8)), TSimd.Add(Pair(x + 4), Pair(x + 12)))),
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Pair(float* x) => TSimd.Add(TSimd.Load(x), TSimd.Load(x + PagedKv.PageSlots));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Scaled(float* x, TVector factor) => TSimd.Multiply(TSimd.Load(x), factor);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePair(float* destination, TVector first, TVector second)
    {
        TSimd.Store(destination, first);
        TSimd.Store(destination + TSimd.Count, second);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float ExpOfOne(float x) => VectorMath.Exp<Simd128, Vector128<float>>(Simd128.Broadcast(x)).ToScalar();
}
