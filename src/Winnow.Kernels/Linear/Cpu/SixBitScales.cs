using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The scales and minima of Q4_K and Q5_K: of the 16 bytes that begin a block, two halves, and six bits of scale and of minimum for each of eight units.</summary>
internal static unsafe class SixBitScales
{
    /// <summary>Those of a block of interleaved rows: <see cref="IByteCodec.Prepare"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(byte* block, float* scales, float* minima)
    {
        if (Lanes512.IsSupported)
        {
            Sixteen((uint*)block, scales, minima);
            return;
        }

        for (int i = 0; i < RowGroups.Rows; i += Vector256<uint>.Count)
        {
            uint* words = (uint*)block + i;
            Vector256<uint> halves = Vector256.Load(words);
            Vector256<uint> first = Vector256.Load(words + 16), second = Vector256.Load(words + 32), third = Vector256.Load(words + 48);
            Vector256<uint> six = Vector256.Create(0x3F3F3F3Fu), four = Vector256.Create(0x0F0F0F0Fu), two = Vector256.Create(0x30303030u);
            Vector256<float> scale = SixteenHalves.Widen((halves << 16).AsInt32() >> 16);
            Vector256<float> minimum = SixteenHalves.Widen(halves.AsInt32() >> 16);
            Four(first & six, scale, scales + i);
            Four((third & four) | ((first >>> 2) & two), scale, scales + i + (4 * RowGroups.Rows));
            Four(second & six, minimum, minima + i);
            Four(((third >>> 4) & four) | ((second >>> 2) & two), minimum, minima + i + (4 * RowGroups.Rows));
        }
    }

    // The same of all rows at once.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sixteen(uint* words, float* scales, float* minima)
    {
        Vector512<uint> halves = Vector512.Load(words);
        Vector512<uint> first = Vector512.Load(words + 16), second = Vector512.Load(words + 32), third = Vector512.Load(words + 48);
        Vector512<uint> six = Vector512.Create(0x3F3F3F3Fu), four = Vector512.Create(0x0F0F0F0Fu), two = Vector512.Create(0x30303030u);
        Vector512<float> scale = Lanes512.FromHalves((halves << 16).AsInt32() >> 16);
        Vector512<float> minimum = Lanes512.FromHalves(halves.AsInt32() >> 16);
        Four(first & six, scale, scales);
        Four((third & four) | ((first >>> 2) & two), scale, scales + (4 * RowGroups.Rows));
        Four(second & six, minimum, minima);
        Four(((third >>> 4) & four) | ((second >>> 2) & two), minimum, minima + (4 * RowGroups.Rows));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(Vector512<uint> bytes, Vector512<float> whole, float* output)
    {
        Vector512<uint> mask = Vector512.Create(255u);
        (whole * Vector512.ConvertToSingle((bytes & mask).AsInt32())).Store(output);
        (whole * Vector512.ConvertToSingle(((bytes >>> 8) & mask).AsInt32())).Store(output + RowGroups.Rows);
        (whole * Vector512.ConvertToSingle(((bytes >>> 16) & mask).AsInt32())).Store(output + (2 * RowGroups.Rows));
        (whole * Vector512.ConvertToSingle((bytes >>> 24).AsInt32())).Store(output + (3 * RowGroups.Rows));
    }

    // Four units, a byte of each lane a unit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(Vector256<uint> bytes, Vector256<float> whole, float* output)
    {
        Vector256<uint> mask = Vector256.Create(255u);
        (whole * Vector256.ConvertToSingle((bytes & mask).AsInt32())).Store(output);
        (whole * Vector256.ConvertToSingle(((bytes >>> 8) & mask).AsInt32())).Store(output + RowGroups.Rows);
        (whole * Vector256.ConvertToSingle(((bytes >>> 16) & mask).AsInt32())).Store(output + (2 * RowGroups.Rows));
        (whole * Vector256.ConvertToSingle((bytes >>> 24).AsInt32())).Store(output + (3 * RowGroups.Rows));
    }
}
