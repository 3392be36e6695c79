using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>128-bit vectors in portable operations: NEON, and x64 without AVX2.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => 4;

    public static int TileColumns => AdvSimd.IsSupported ? 6 : 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) =>
        Vector128.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Vector128.MinNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Vector128.MaxNative(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> AddToExponent(Vector128<float> a, Vector128<float> b) =>
        (a.AsInt32() + (b.AsInt32() << 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FromHalves(ushort* source)
    {
        Vector128<int> wide = Vector128.WidenLower(Four(source).AsInt16()) << 13;
        Vector128<float> magnitude = ((wide & Vector128.Create(HalfBits.Magnitude)) | Vector128.Create(HalfBits.Bias)).AsSingle();
        Vector128<float> subnormal = Vector128.FusedMultiplyAdd(
            magnitude, Vector128.Create(2 * HalfBits.Unbias), Vector128.Create(-HalfBits.SmallestNormal));
        Vector128<float> value = Vector128.MinNative(magnitude * Vector128.Create(HalfBits.Unbias), subnormal);
        return (value.AsInt32() | (wide & Vector128.Create(int.MinValue))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FromFiniteHalves(ushort* source) =>
        ((Vector128.WidenLower(Four(source).AsInt16()) << 13) & Vector128.Create(FiniteHalves.Bits)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FromBrains(ushort* source) => (Vector128.WidenLower(Four(source)) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FromSigned(Vector128<sbyte> bytes, int part)
    {
        Vector128<short> eight = part < 2 ? Vector128.WidenLower(bytes) : Vector128.WidenUpper(bytes);
        return Vector128.ConvertToSingle(part % 2 == 0 ? Vector128.WidenLower(eight) : Vector128.WidenUpper(eight));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadSigned(sbyte* source) =>
        FromSigned(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(source)).AsSByte(), 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Levels(byte* nibbles, bool high, Vector128<sbyte> levels, Vector128<float> scale, int part)
    {
        Vector128<byte> packed = Vector128.Load(nibbles);
        Vector128<byte> index = high ? packed >> 4 : packed & Vector128.Create((byte)15);
        return FromSigned(Vector128.Shuffle(levels, index.AsSByte()), part) * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WhereBits(uint bits, Vector128<float> value)
    {
        Vector128<uint> lane = Vector128.Create(1u, 2, 4, 8);
        return (Vector128.Equals(Vector128.Create(bits) & lane, lane) & value.AsUInt32()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> WhereMasked(byte* bytes, byte mask, Vector128<float> value)
    {
        Vector128<byte> four = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(bytes)).AsByte();
        Vector128<uint> wide = Vector128.WidenLower(Vector128.WidenLower(four)) & Vector128.Create((uint)mask);
        return Vector128.AndNot(value.AsUInt32(), Vector128.Equals(wide, Vector128<uint>.Zero)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum16(float* vectors, nint stride, float* sums)
    {
        for (int i = 0; i < 16; i += 4, vectors += 4 * stride)
        {
            SumFour(
                Vector128.Load(vectors),
                Vector128.Load(vectors + stride),
                Vector128.Load(vectors + (2 * stride)),
                Vector128.Load(vectors + (3 * stride))).Store(sums + i);
        }
    }

    /// <summary>(a0 + a2) + (a1 + a3) and so on for b, c, d.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SumFour(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        Vector128<float> ab = Vector128.Create(a.GetLower(), b.GetLower()) + Vector128.Create(a.GetUpper(), b.GetUpper());
        Vector128<float> cd = Vector128.Create(c.GetLower(), d.GetLower()) + Vector128.Create(c.GetUpper(), d.GetUpper());
        Vector128<float> even = Vector128.Create(
            Vector128.Shuffle(ab, Vector128.Create(0, 2, 1, 3)).GetLower(), Vector128.Shuffle(cd, Vector128.Create(0, 2, 1, 3)).GetLower());
        Vector128<float> odd = Vector128.Create(
            Vector128.Shuffle(ab, Vector128.Create(1, 3, 0, 2)).GetLower(), Vector128.Shuffle(cd, Vector128.Create(1, 3, 0, 2)).GetLower());
        return even + odd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Four(ushort* source) =>
        Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(source)).AsUInt16();
}
