using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <content>
/// Products of one row with weights whose units' halves have factors, all sixteen outputs in a vector. Two times two products of bytes up to 63 and 127 fit 16 bits, and what adds neighbours up to 32 bits
/// multiplies with the factor on the way.
/// </content>
internal sealed unsafe partial class ByteKernelOf<TCodec, TDot>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddHalvesOfAll(byte* group, int units, in QuantizedRows x, long firstUnit, float* sums)
    {
        float* scales = stackalloc float[TileOutputs * TCodec.Units];
        Vector512<float> results = Vector512.Load(sums);
        for (long unit = firstUnit; unit < firstUnit + units; unit += TCodec.Units, group += TCodec.BlockBytes * RowGroups.Rows)
        {
            TCodec.Prepare(group, scales, null);
            Fetch(group);
            for (int i = 0; i < TCodec.Units; i += 4)
            {
                AddFourUnits(ref results, group, i, x, unit + i, Vector512.Load(scales));
            }
        }

        results.Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFourUnits(ref Vector512<float> results, byte* block, int unit, in QuantizedRows x, long at, Vector512<float> scales)
    {
        int* fours = (int*)(x.Bytes + (at * 32));
        Vector512<short> a = Pairs(TCodec.AllFactors(block, unit, 0)), b = Pairs(TCodec.AllFactors(block, unit, 1)), c = Pairs(TCodec.AllFactors(block, unit, 2)), d = Pairs(TCodec.AllFactors(block, unit, 3));
        Vector512<int> sumA = Starts(a, x.HalfSums[at]), sumB = Starts(b, x.HalfSums[at + 1]);
        Vector512<int> sumC = Starts(c, x.HalfSums[at + 2]), sumD = Starts(d, x.HalfSums[at + 3]);
        Vector512<short> factorA = Twice(a, false), factorB = Twice(b, false), factorC = Twice(c, false), factorD = Twice(d, false);
        AddFourParts(ref sumA, ref sumB, ref sumC, ref sumD, factorA, factorB, factorC, factorD, block, unit, 0, fours);
        AddFourParts(ref sumA, ref sumB, ref sumC, ref sumD, factorA, factorB, factorC, factorD, block, unit, 2, fours);
        (factorA, factorB, factorC, factorD) = (Twice(a, true), Twice(b, true), Twice(c, true), Twice(d, true));
        AddFourParts(ref sumA, ref sumB, ref sumC, ref sumD, factorA, factorB, factorC, factorD, block, unit, 4, fours);
        AddFourParts(ref sumA, ref sumB, ref sumC, ref sumD, factorA, factorB, factorC, factorD, block, unit, 6, fours);

        results = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sumA), scales * Vector512.Create(x.Scales[at]), results);
        results = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sumB), scales * Vector512.Create(x.Scales[at + 1]), results);
        results = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sumC), scales * Vector512.Create(x.Scales[at + 2]), results);
        results = Vector512.FusedMultiplyAdd(Vector512.ConvertToSingle(sumD), scales * Vector512.Create(x.Scales[at + 3]), results);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddFourParts(
        ref Vector512<int> sumA, ref Vector512<int> sumB, ref Vector512<int> sumC, ref Vector512<int> sumD,
        Vector512<short> a, Vector512<short> b, Vector512<short> c, Vector512<short> d, byte* block, int unit, int four, int* fours)
    {
        AddPart(ref sumA, a, block, unit, 0, four, fours + four);
        AddPart(ref sumB, b, block, unit, 1, four, fours + four + 8);
        AddPart(ref sumC, c, block, unit, 2, four, fours + four + 16);
        AddPart(ref sumD, d, block, unit, 3, four, fours + four + 24);
    }

    // Two times four inputs of one half of a unit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPart(ref Vector512<int> sum, Vector512<short> factor, byte* block, int unit, int part, int four, int* inputs)
    {
        Vector512<short> first = Avx512BW.MultiplyAddAdjacent(TCodec.UnpackAll(block, unit, part, four), Vector512.Create(inputs[0]).AsSByte());
        Vector512<short> second = Avx512BW.MultiplyAddAdjacent(TCodec.UnpackAll(block, unit, part, four + 1), Vector512.Create(inputs[1]).AsSByte());
        sum = Avx512F.Add(sum, Avx512BW.MultiplyAddAdjacent(Avx512BW.Add(first, second), factor));
    }

    // The two factors of a unit, as 16-bit neighbours.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Pairs(Vector512<int> factors)
    {
        const ulong Low = 0x0580048001800080, High = 0x0D800C8009800880;
        return Avx512BW.Shuffle(factors.AsByte(), Vector512.Create(Low, High, Low, High, Low, High, Low, High).AsByte()).AsInt16() >> 8;
    }

    // The first or the second of two neighbours in the place of both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<short> Twice(Vector512<short> pairs, bool second)
    {
        const ulong Low = 0x0504050401000100, High = 0x0D0C0D0C09080908, Next = 0x0202020202020202;
        Vector512<ulong> order = second
            ? Vector512.Create(Low + Next, High + Next, Low + Next, High + Next, Low + Next, High + Next, Low + Next, High + Next)
            : Vector512.Create(Low, High, Low, High, Low, High, Low, High);
        return Avx512BW.Shuffle(pairs.AsByte(), order.AsByte()).AsInt16();
    }

    // What the bytes' offset adds to a sum, taken away beforehand.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Starts(Vector512<short> factors, int halfSums) =>
        Avx512BW.MultiplyAddAdjacent(factors, Vector512.Create(halfSums).AsInt16()) * Vector512.Create(-TCodec.Offset);
}
