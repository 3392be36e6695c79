using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Products of bytes on any processor, as products of 32-bit integers.</summary>
internal readonly unsafe struct PlainDot : IByteDot
{
    /// <inheritdoc/>
    public static bool IsWide => false;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> sums, Vector256<byte> weights, Vector256<sbyte> inputs)
    {
        Vector256<int> w = weights.AsInt32();
        Vector256<int> x = inputs.AsInt32();
        Vector256<int> mask = Vector256.Create(255);
        sums += (w & mask) * ((x << 24) >> 24);
        sums += ((w >>> 8) & mask) * ((x << 16) >> 24);
        sums += ((w >>> 16) & mask) * ((x << 8) >> 24);
        return sums + ((w >>> 24) * (x >> 24));
    }
}
