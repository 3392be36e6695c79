using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>The scales and minima of Q4_K and Q5_K: of the 16 bytes that begin a block, two halves, and six bits of scale and of minimum for each of eight units.</summary>
internal static unsafe class SixBitScales
{
    /// <summary>Those of a block of each of eight rows: <see cref="IByteCodec.Scales"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read(byte* block, nint rowBytes, int last, float* scales, float* minima, nint stride)
    {
        // The dwords of a block's beginning, a row a lane.
        uint* words = stackalloc uint[32];
        if (Avx2.IsSupported && last == 7)
        {
            Turn(block, rowBytes, words);
        }
        else
        {
            for (int i = 0; i < 32; i++)
            {
                words[i] = Unsafe.ReadUnaligned<uint>(block + (Math.Min(i % 8, last) * rowBytes) + (i / 8 * 4));
            }
        }

        Vector256<uint> halves = Vector256.Load(words);
        Vector256<uint> first = Vector256.Load(words + 8), second = Vector256.Load(words + 16), third = Vector256.Load(words + 24);
        Vector256<uint> six = Vector256.Create(0x3F3F3F3Fu), four = Vector256.Create(0x0F0F0F0Fu), two = Vector256.Create(0x30303030u);
        Vector256<float> scale = EightHalves.Widen((halves << 16).AsInt32() >> 16);
        Vector256<float> minimum = EightHalves.Widen(halves.AsInt32() >> 16);
        Four(first & six, scale, scales, stride);
        Four((third & four) | ((first >>> 2) & two), scale, scales + (4 * stride), stride);
        Four(second & six, minimum, minima, stride);
        Four(((third >>> 4) & four) | ((second >>> 2) & two), minimum, minima + (4 * stride), stride);
    }

    // Four units, a byte of each lane a unit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four(Vector256<uint> bytes, Vector256<float> whole, float* output, nint stride)
    {
        Vector256<uint> mask = Vector256.Create(255u);
        (whole * Vector256.ConvertToSingle((bytes & mask).AsInt32())).Store(output);
        (whole * Vector256.ConvertToSingle(((bytes >>> 8) & mask).AsInt32())).Store(output + stride);
        (whole * Vector256.ConvertToSingle(((bytes >>> 16) & mask).AsInt32())).Store(output + (2 * stride));
        (whole * Vector256.ConvertToSingle((bytes >>> 24).AsInt32())).Store(output + (3 * stride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(byte* block, nint rowBytes, uint* words)
    {
        Vector256<uint> a = Two(block, rowBytes), b = Two(block + rowBytes, rowBytes);
        Vector256<uint> c = Two(block + (2 * rowBytes), rowBytes), d = Two(block + (3 * rowBytes), rowBytes);
        Vector256<ulong> low = Avx2.UnpackLow(a, b).AsUInt64(), high = Avx2.UnpackHigh(a, b).AsUInt64();
        Vector256<ulong> otherLow = Avx2.UnpackLow(c, d).AsUInt64(), otherHigh = Avx2.UnpackHigh(c, d).AsUInt64();
        Avx2.UnpackLow(low, otherLow).AsUInt32().Store(words);
        Avx2.UnpackHigh(low, otherLow).AsUInt32().Store(words + 8);
        Avx2.UnpackLow(high, otherHigh).AsUInt32().Store(words + 16);
        Avx2.UnpackHigh(high, otherHigh).AsUInt32().Store(words + 24);
    }

    // A row and the fourth after it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Two(byte* row, nint rowBytes) => Vector256.Create(Vector128.Load((uint*)row), Vector128.Load((uint*)(row + (4 * rowBytes))));
}
