using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>
/// One input row times eight weight rows of Q4_K or Q5_K with AVX-512. A group's 16 or 32 possible weights are computed as
/// <see cref="WeightDecoder{TLanes, TVector}"/> computes each weight, and permuted to where their numbers stand: the same bits.
/// </summary>
internal static unsafe class SuperBlockKernel
{
    /// <summary>Weight rows of a call.</summary>
    public const int Rows = EightRows.Count;

    private const int BlockValues = 256;

    // As many factors of eight rows as fit the scratch memory.
    private const int ChunkBlocks = 16;

    // Scales of eight groups and minima of eight groups.
    private const int Factors = 16;
    private const int HeaderBytes = 16;
    private const int FifthBytes = 32;

    /// <summary>Computes the lanes' sums of eight products.</summary>
    /// <param name="fifth">True for Q5_K, false for Q4_K.</param>
    /// <param name="w">The first weight row.</param>
    /// <param name="rowBytes">Bytes from one weight row to the next.</param>
    /// <param name="x">The input row.</param>
    /// <param name="inputs">Values in a row, a multiple of 256.</param>
    /// <param name="sums">Room for eight vectors.</param>
    /// <param name="scratch">Room for 2048 floats.</param>
    public static void Run(bool fifth, byte* w, nint rowBytes, float* x, long inputs, float* sums, float* scratch)
    {
        // Apart from the loop that uses them: they would push its sums out of the registers.
        nint blockBytes = fifth ? 176 : 144;
        for (long left = inputs / BlockValues; left > 0; left -= ChunkBlocks)
        {
            int blocks = (int)Math.Min(left, ChunkBlocks);
            for (int block = 0; block < blocks; block++)
            {
                LoadFactors(w + (block * blockBytes), rowBytes, scratch + (block * Rows * Factors));
            }

            byte* ahead = w + EightRows.Ahead(rowBytes);
            bool fresh = left == inputs / BlockValues;
            if (fifth)
            {
                EightOfFiveBits(w, rowBytes, x, blocks, sums, scratch, ahead, fresh);
            }
            else
            {
                EightOfFourBits(w, rowBytes, x, blocks, sums, scratch, ahead, fresh);
            }

            w += blocks * blockBytes;
            x += blocks * BlockValues;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void EightOfFourBits(byte* w, nint rowBytes, float* x, int blocks, float* sums, float* factors, byte* ahead, bool fresh) =>
        Eight(fifth: false, w, rowBytes, x, blocks, sums, factors, ahead, fresh);

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void EightOfFiveBits(byte* w, nint rowBytes, float* x, int blocks, float* sums, float* factors, byte* ahead, bool fresh) =>
        Eight(fifth: true, w, rowBytes, x, blocks, sums, factors, ahead, fresh);

    // Calls nothing: the sums would have to lie in memory for it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Eight(bool fifth, byte* w, nint rowBytes, float* x, int blocks, float* sums, float* factors, byte* ahead, bool fresh)
    {
        Vector512<float> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default, a6 = default, a7 = default;
        if (!fresh)
        {
            a0 = Vector512.Load(sums);
            a1 = Vector512.Load(sums + 16);
            a2 = Vector512.Load(sums + 32);
            a3 = Vector512.Load(sums + 48);
            a4 = Vector512.Load(sums + 64);
            a5 = Vector512.Load(sums + 80);
            a6 = Vector512.Load(sums + 96);
            a7 = Vector512.Load(sums + 112);
        }

        bool near = EightRows.IsNear(rowBytes);
        for (; blocks > 0; blocks--, w += fifth ? 176 : 144, factors += ((Rows - 1) * Factors) + 8)
        {
            for (int pair = 0; pair < 4; pair++, x += 64, factors += 2)
            {
                EightRows.Prefetch(ahead, fifth ? 352 : 288, near);
                ahead += fifth ? 352 : 288;
                byte* w3 = w + (3 * rowBytes);
                byte* w6 = w3 + (3 * rowBytes);
                a0 = Add(fifth, a0, x, w, pair, factors);
                a1 = Add(fifth, a1, x, w + rowBytes, pair, factors + Factors);
                a2 = Add(fifth, a2, x, w + (2 * rowBytes), pair, factors + (2 * Factors));
                a3 = Add(fifth, a3, x, w3, pair, factors + (3 * Factors));
                a4 = Add(fifth, a4, x, w3 + rowBytes, pair, factors + (4 * Factors));
                a5 = Add(fifth, a5, x, w3 + (2 * rowBytes), pair, factors + (5 * Factors));
                a6 = Add(fifth, a6, x, w6, pair, factors + (6 * Factors));
                a7 = Add(fifth, a7, x, w6 + rowBytes, pair, factors + (7 * Factors));
            }
        }

        a0.Store(sums);
        a1.Store(sums + 16);
        a2.Store(sums + 32);
        a3.Store(sums + 48);
        a4.Store(sums + 64);
        a5.Store(sums + 80);
        a6.Store(sums + 96);
        a7.Store(sums + 112);
    }

    // Two groups of 32, one in the low and one in the high nibbles of 32 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Add(bool fifth, Vector512<float> sum, float* x, byte* block, int pair, float* factor)
    {
        byte* nibbles = block + HeaderBytes + (fifth ? FifthBytes : 0) + (32 * pair);
        Vector512<int> first = Avx512F.ConvertToVector512Int32(Vector128.Load(nibbles));
        Vector512<int> second = Avx512F.ConvertToVector512Int32(Vector128.Load(nibbles + 16));
        Vector512<int> firstHigh = Avx512F.ShiftRightLogical(first, 4);
        Vector512<int> secondHigh = Avx512F.ShiftRightLogical(second, 4);
        Vector512<float> levels = Vector512.Create(0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        Vector512<float> evenMinimum = Vector512.Create(factor[8]);
        Vector512<float> oddMinimum = Vector512.Create(factor[9]);
        Vector512<float> even = Avx512F.Multiply(levels, Vector512.Create(factor[0]));
        Vector512<float> odd = Avx512F.Multiply(levels, Vector512.Create(factor[1]));
        Vector512<float> evenTable = Avx512F.Subtract(even, evenMinimum);
        Vector512<float> oddTable = Avx512F.Subtract(odd, oddMinimum);
        if (!fifth)
        {
            sum = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(evenTable, first), Vector512.Load(x), sum);
            sum = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(evenTable, second), Vector512.Load(x + 16), sum);
            sum = Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(oddTable, firstHigh), Vector512.Load(x + 32), sum);
            return Avx512F.FusedMultiplyAdd(Avx512F.PermuteVar16x32(oddTable, secondHigh), Vector512.Load(x + 48), sum);
        }

        // The upper half of the table: sixteen scales more. Bits 2 * pair and 2 * pair + 1 of the fifth bits go to bit 4.
        Vector512<float> evenUpper = Avx512F.Subtract(Avx512F.Add(even, Vector512.Create(16 * factor[0])), evenMinimum);
        Vector512<float> oddUpper = Avx512F.Subtract(Avx512F.Add(odd, Vector512.Create(16 * factor[1])), oddMinimum);
        Vector512<int> bits = Avx512F.ConvertToVector512Int32(Vector128.Load(block + HeaderBytes));
        Vector512<int> moreBits = Avx512F.ConvertToVector512Int32(Vector128.Load(block + HeaderBytes + 16));
        Vector512<uint> evenTurn = Vector512.Create((uint)(4 - (2 * pair)) & 31);
        Vector512<uint> oddTurn = Vector512.Create((uint)(3 - (2 * pair)) & 31);
        sum = Avx512F.FusedMultiplyAdd(Pick(evenTable, evenUpper, first, bits, evenTurn), Vector512.Load(x), sum);
        sum = Avx512F.FusedMultiplyAdd(Pick(evenTable, evenUpper, second, moreBits, evenTurn), Vector512.Load(x + 16), sum);
        sum = Avx512F.FusedMultiplyAdd(Pick(oddTable, oddUpper, firstHigh, bits, oddTurn), Vector512.Load(x + 32), sum);
        return Avx512F.FusedMultiplyAdd(Pick(oddTable, oddUpper, secondHigh, moreBits, oddTurn), Vector512.Load(x + 48), sum);
    }

    // Numbers of five bits: four of the nibble and one that is turned to bit 4; the permutation looks at no more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pick(
        Vector512<float> lower, Vector512<float> upper, Vector512<int> nibbles, Vector512<int> bits, Vector512<uint> turn)
    {
        Vector512<int> turned = Avx512F.RotateLeftVariable(bits, turn);
        Vector512<int> number = Vector512.ConditionalSelect(Vector512.Create(15), nibbles, turned);
        return Avx512F.PermuteVar16x32x2(lower, number, upper);
    }

    // factors[row, 0 to 7]: scales, [row, 8 to 15]: minima. A header is two halves and twelve bytes of 6-bit numbers; four rows' fill a register.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void LoadFactors(byte* w, nint rowBytes, float* factors)
    {
        Vector512<uint> lower = Headers(w, rowBytes);
        Vector512<uint> upper = Headers(w + (4 * rowBytes), rowBytes);
        Vector512<uint> firsts = Vector512.Create(0u, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0);
        Vector512<float> halves = Lanes512.FromHalves(Avx512F.PermuteVar16x32x2(lower, firsts, upper).GetLower().AsInt16());
        Vector512<sbyte> numbers = Numbers(lower);
        Store(numbers, 0, halves, 0, factors);
        Store(numbers, 1, halves, 1, factors);
        Store(numbers, 2, halves, 2, factors);
        Store(numbers, 3, halves, 3, factors);
        numbers = Numbers(upper);
        Store(numbers, 0, halves, 4, factors);
        Store(numbers, 1, halves, 5, factors);
        Store(numbers, 2, halves, 6, factors);
        Store(numbers, 3, halves, 7, factors);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Headers(byte* w, nint rowBytes) => Vector512.Create(
        Vector256.Create(Vector128.Load(w), Vector128.Load(w + rowBytes)),
        Vector256.Create(Vector128.Load(w + (2 * rowBytes)), Vector128.Load(w + (3 * rowBytes)))).AsUInt32();

    // In each 16 bytes: eight scales, then eight minima. The first four of each are six bits of a byte, the others four and two bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<sbyte> Numbers(Vector512<uint> headers)
    {
        Vector512<uint> low = Avx512F.ShiftRightLogicalVariable(
            Avx512F.Shuffle(headers, 0xED), Vector512.Create(Vector256.Create(Vector128.Create(0u, 0, 0, 4), Vector128.Create(0u, 0, 0, 4))));
        Vector512<uint> high = Avx512F.ShiftRightLogical(Avx512F.Shuffle(headers, 0xA5), 2);
        Vector512<uint> lowBits = Vector512.Create(0x0F0F0F0F3F3F3F3FUL).AsUInt32();
        Vector512<uint> highBits = Vector512.Create(0x3030303000000000UL).AsUInt32();
        return Avx512F.Or(Avx512F.And(low, lowBits), Avx512F.And(high, highBits)).AsSByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(
        Vector512<sbyte> numbers, [System.Diagnostics.CodeAnalysis.ConstantExpected] byte part, Vector512<float> halves, int row, float* factors)
    {
        Vector512<int> place = Vector512.Create(Vector256.Create(2 * row), Vector256.Create((2 * row) + 1));
        Vector512<float> values = Lanes512.FromSigned(Avx512F.ExtractVector128(numbers, part), 0);
        Avx512F.Multiply(values, Avx512F.PermuteVar16x32(halves, place)).Store(factors + (row * Factors));
    }
}
