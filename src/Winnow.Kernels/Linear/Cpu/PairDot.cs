using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Products of bytes up to 127 of two rows at once, with vectors of 512 bits.</summary>
internal static unsafe class PairDot
{
    /// <summary>Whether the processor has what it takes, and is quick at it.</summary>
    public static bool IsSupported => Avx512BW.IsSupported && Vector512.IsHardwareAccelerated;

    /// <summary>Sixteen sums of four neighbours: those of two rows in the order of <see cref="IByteCodec.UnpackTwo"/>.</summary>
    /// <param name="block">The first row's block.</param>
    /// <param name="other">The second row's.</param>
    /// <param name="unit">Which of their units, an even one.</param>
    /// <param name="odd">For the unit after that.</param>
    /// <param name="inputs">32 factors from -127 to 127.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Multiply<TCodec>(byte* block, byte* other, int unit, bool odd, Vector256<sbyte> inputs)
        where TCodec : struct, IByteCodec
    {
        Vector512<sbyte> twice = TCodec.TakesTurns
            ? Avx512F.PermuteVar8x64(Vector512.Create(inputs, inputs).AsInt64(), Vector512.Create(0L, 1, 0, 1, 2, 3, 2, 3)).AsSByte()
            : Vector512.Create(inputs, inputs);
        return Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(TCodec.UnpackTwo(block, other, unit, odd), twice), Vector512<short>.One);
    }

    /// <summary>Adds up the sums of rows 0 and 4, 1 and 5, 2 and 6, 3 and 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Totals(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d, bool takesTurns)
    {
        Vector512<long> ab = Avx512F.Add(Avx512F.UnpackLow(a, b), Avx512F.UnpackHigh(a, b)).AsInt64();
        Vector512<long> cd = Avx512F.Add(Avx512F.UnpackLow(c, d), Avx512F.UnpackHigh(c, d)).AsInt64();
        Vector512<int> all = Avx512F.Add(Avx512F.UnpackLow(ab, cd).AsInt32(), Avx512F.UnpackHigh(ab, cd).AsInt32());
        if (!takesTurns)
        {
            all = Avx512F.Shuffle4x128(all, all, 0b11_01_10_00);
        }

        return Avx2.Add(all.GetLower(), all.GetUpper());
    }
}
