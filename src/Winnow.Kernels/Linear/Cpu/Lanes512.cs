using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>AVX-512. Chosen by the instruction set, not by the runtime's preference, which is narrower on processors that slow down a little.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static bool IsSupported => Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported;

    public static int Count => 16;

    public static int TileColumns => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Avx512F.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => Avx512F.Add(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => Avx512F.Subtract(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => Avx512F.Multiply(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => Avx512F.Divide(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Avx512F.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Avx512F.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> AddToExponent(Vector512<float> a, Vector512<float> b) =>
        Avx512F.Add(a.AsInt32(), Avx512F.ShiftLeftLogical(b.AsInt32(), 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromHalves(ushort* source) => FromHalves(Vector256.Load((short*)source));

    /// <summary>Widens halves that lie in a register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromHalves(Vector256<short> halves) => FromHalves(Avx512F.ConvertToVector512Int32(halves));

    /// <summary>Widens halves that have the sign's copies before them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromHalves(Vector512<int> halves)
    {
        Vector512<int> wide = Avx512F.ShiftLeftLogical(halves, 13);
        Vector512<float> magnitude = Avx512F.Or(
            Avx512F.And(wide, Vector512.Create(HalfBits.Magnitude)), Vector512.Create(HalfBits.Bias)).AsSingle();
        Vector512<float> normal = Avx512F.Multiply(magnitude, Vector512.Create(HalfBits.Unbias));
        Vector512<float> subnormal = Avx512F.FusedMultiplyAdd(
            magnitude, Vector512.Create(2 * HalfBits.Unbias), Vector512.Create(-HalfBits.SmallestNormal));
        Vector512<int> sign = Avx512F.And(wide, Vector512.Create(int.MinValue));
        return Avx512F.Or(Avx512F.Min(normal, subnormal).AsInt32(), sign).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromFiniteHalves(ushort* source)
    {
        Vector512<int> wide = Avx512F.ShiftLeftLogical(Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source)), 13);
        return Avx512F.And(wide, Vector512.Create(FiniteHalves.Bits)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromBrains(ushort* source) =>
        Avx512F.ShiftLeftLogical(Avx512F.ConvertToVector512Int32(Vector256.Load(source)), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> FromSigned(Vector128<sbyte> bytes, int part) =>
        Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(bytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadSigned(sbyte* source) =>
        Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(Vector128.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Levels(byte* nibbles, bool high, Vector128<sbyte> levels, Vector512<float> scale, int part)
    {
        // The permutation looks at the lowest four bits only.
        Vector512<float> table = Avx512F.Multiply(FromSigned(levels, 0), scale);
        Vector512<int> index = Avx512F.ConvertToVector512Int32(Vector128.Load(nibbles));
        return Avx512F.PermuteVar16x32(table, high ? Avx512F.ShiftRightLogical(index, 4) : index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereBits(uint bits, Vector512<float> value)
    {
        Vector512<uint> lane = Vector512.Create(
            1u, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6, 1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15);
        return Avx512F.And(Avx512F.CompareEqual(Avx512F.And(Vector512.Create(bits), lane), lane), value.AsUInt32()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> WhereMasked(byte* bytes, byte mask, Vector512<float> value)
    {
        Vector512<int> wide = Avx512F.And(Avx512F.ConvertToVector512Int32(Vector128.Load(bytes)), Vector512.Create((int)mask));
        return Avx512F.And(Avx512F.CompareNotEqual(wide, Vector512<int>.Zero), value.AsInt32()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum16(float* vectors, nint stride, float* sums)
    {
        Vector512<float> p = Fold4(vectors, 4 * stride);
        Vector512<float> q = Fold4(vectors + stride, 4 * stride);
        Vector512<float> r = Fold4(vectors + (2 * stride), 4 * stride);
        Vector512<float> s = Fold4(vectors + (3 * stride), 4 * stride);

        // Each group of four lanes now belongs to one vector; lane i meets i + 2, then i + 1.
        Vector512<float> pq = Avx512F.Add(Avx512F.Shuffle(p, q, 0x44), Avx512F.Shuffle(p, q, 0xEE));
        Vector512<float> rs = Avx512F.Add(Avx512F.Shuffle(r, s, 0x44), Avx512F.Shuffle(r, s, 0xEE));
        Avx512F.Add(Avx512F.Shuffle(pq, rs, 0x88), Avx512F.Shuffle(pq, rs, 0xDD)).Store(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fold4(float* vectors, nint stride)
    {
        Vector512<float> ab = Fold(Vector512.Load(vectors), Vector512.Load(vectors + stride), 0x44, 0xEE);
        Vector512<float> cd = Fold(Vector512.Load(vectors + (2 * stride)), Vector512.Load(vectors + (3 * stride)), 0x44, 0xEE);
        return Fold(ab, cd, 0x88, 0xDD);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fold(
        Vector512<float> a, Vector512<float> b, [ConstantExpected] byte lower, [ConstantExpected] byte upper) =>
        Avx512F.Add(Avx512F.Shuffle4x128(a, b, lower), Avx512F.Shuffle4x128(a, b, upper));
}
