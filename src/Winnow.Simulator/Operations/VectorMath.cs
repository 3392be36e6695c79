using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Simulator.Operations;

/// <summary>What vectors of .NET lack in portable form; AVX2 where there is one.</summary>
internal static class VectorMath
{
    /// <summary>Products of the even elements, 64 bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> MultiplyEven(Vector256<uint> a, Vector256<uint> b) => Avx2.IsSupported
        ? Avx2.Multiply(a, b)
        : (a.AsUInt64() & Vector256.Create(0xFFFFFFFFul)) * (b.AsUInt64() & Vector256.Create(0xFFFFFFFFul));

    /// <summary>Signed products of the even elements, 64 bits each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<long> MultiplyEven(Vector256<int> a, Vector256<int> b) => Avx2.IsSupported
        ? Avx2.Multiply(a, b)
        : ((a.AsInt64() << 32) >> 32) * ((b.AsInt64() << 32) >> 32);

    /// <summary>Upper halves of 64-bit products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> MultiplyHigh(Vector256<uint> a, Vector256<uint> b)
    {
        Vector256<ulong> even = MultiplyEven(a, b) >>> 32;
        Vector256<ulong> odd = MultiplyEven((a.AsUInt64() >>> 32).AsUInt32(), (b.AsUInt64() >>> 32).AsUInt32());
        return (even | (odd & Vector256.Create(0xFFFFFFFF00000000ul))).AsUInt32();
    }

    /// <summary>Upper halves of signed 64-bit products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyHigh(Vector256<int> a, Vector256<int> b)
    {
        Vector256<ulong> even = MultiplyEven(a, b).AsUInt64() >>> 32;
        Vector256<ulong> odd = MultiplyEven((a.AsUInt64() >>> 32).AsInt32(), (b.AsUInt64() >>> 32).AsInt32()).AsUInt64();
        return (even | (odd & Vector256.Create(0xFFFFFFFF00000000ul))).AsInt32();
    }

    /// <summary>Shifts left by a count of its own for each element; 32 and more give 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ShiftLeft(Vector256<uint> a, Vector256<uint> count) => Avx2.IsSupported
        ? Avx2.ShiftLeftLogicalVariable(a, count)
        : EachOf(a, count, static (value, n) => n > 31 ? 0 : value << (int)n);

    /// <summary>Shifts zeros in from above; 32 and more give 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ShiftRight(Vector256<uint> a, Vector256<uint> count) => Avx2.IsSupported
        ? Avx2.ShiftRightLogicalVariable(a, count)
        : EachOf(a, count, static (value, n) => n > 31 ? 0 : value >> (int)n);

    /// <summary>Shifts the sign in from above; 32 and more give the sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ShiftRightSigned(Vector256<uint> a, Vector256<uint> count) => Avx2.IsSupported
        ? Avx2.ShiftRightArithmeticVariable(a.AsInt32(), count).AsUInt32()
        : EachOf(a, count, static (value, n) => (uint)((int)value >> (int)(n > 31 ? 31 : n)));

    /// <summary>Shifts left by a count of its own for each element; 64 and more give 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ShiftLeft(Vector256<ulong> a, Vector256<ulong> count) => Avx2.IsSupported
        ? Avx2.ShiftLeftLogicalVariable(a, count)
        : EachOf(a, count, static (value, n) => n > 63 ? 0 : value << (int)n);

    /// <summary>Shifts zeros in from above; 64 and more give 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ShiftRight(Vector256<ulong> a, Vector256<ulong> count) => Avx2.IsSupported
        ? Avx2.ShiftRightLogicalVariable(a, count)
        : EachOf(a, count, static (value, n) => n > 63 ? 0 : value >> (int)n);

    /// <summary>Shifts the sign in from above; 64 and more give the sign.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ulong> ShiftRightSigned(Vector256<ulong> a, Vector256<ulong> count)
    {
        Vector256<ulong> sign = (a.AsInt64() >> 63).AsUInt64();
        return ShiftRight(a ^ sign, count) ^ sign;
    }

    /// <summary>Chooses bytes within each 16; a place of 0x80 gives 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> ShuffleWithin(Vector256<byte> bytes, Vector256<byte> places) => Avx2.IsSupported
        ? Avx2.Shuffle(bytes, places)
        : Vector256.Create(
            Vector128.Shuffle(bytes.GetLower(), places.GetLower() & Vector128.Create((byte)0x8F)),
            Vector128.Shuffle(bytes.GetUpper(), places.GetUpper() & Vector128.Create((byte)0x8F)));

    /// <summary>Sums of the products of the 16-bit integers of each element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> MultiplyPairs(Vector256<int> a, Vector256<int> b) => Avx2.IsSupported
        ? Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16())
        : (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));

    /// <summary>Widens 8 integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> Widen(Vector128<ushort> values) => Avx2.IsSupported
        ? Avx2.ConvertToVector256Int32(values).AsUInt32()
        : Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values));

    /// <summary>Widens 4 floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Widen(Vector128<float> values) => Avx.IsSupported
        ? Avx.ConvertToVector256Double(values)
        : Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values));

    /// <summary>Rounds 4 doubles to nearest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Narrow(Vector256<double> values) => Avx.IsSupported
        ? Avx.ConvertToVector128Single(values)
        : Vector128.Narrow(values.GetLower(), values.GetUpper());

    private static Vector256<T> EachOf<T>(Vector256<T> a, Vector256<T> b, System.Func<T, T, T> apply)
    {
        Vector256<T> result = a;
        for (int i = 0; i < Vector256<T>.Count; i++)
        {
            result = result.WithElement(i, apply(a.GetElement(i), b.GetElement(i)));
        }

        return result;
    }
}
