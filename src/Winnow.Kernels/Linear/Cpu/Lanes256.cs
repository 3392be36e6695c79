using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>AVX2 with fused multiply-add.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    public static int Count => 8;

    public static int TileColumns => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Avx.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Avx.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> AddToExponent(Vector256<float> a, Vector256<float> b) =>
        (a.AsInt32() + (b.AsInt32() << 23)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FromHalves(ushort* source)
    {
        Vector256<int> wide = Avx2.ConvertToVector256Int32(Vector128.Load((short*)source)) << 13;
        Vector256<float> magnitude = ((wide & Vector256.Create(HalfBits.Magnitude)) | Vector256.Create(HalfBits.Bias)).AsSingle();
        Vector256<float> subnormal = Fma.MultiplyAdd(
            magnitude, Vector256.Create(2 * HalfBits.Unbias), Vector256.Create(-HalfBits.SmallestNormal));
        Vector256<float> value = Avx.Min(magnitude * Vector256.Create(HalfBits.Unbias), subnormal);
        return (value.AsInt32() | (wide & Vector256.Create(int.MinValue))).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FromFiniteHalves(ushort* source) =>
        ((Avx2.ConvertToVector256Int32(Vector128.Load((short*)source)) << 13) & Vector256.Create(FiniteHalves.Bits)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FromBrains(ushort* source) =>
        (Avx2.ConvertToVector256Int32(Vector128.Load(source)) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> FromSigned(Vector128<sbyte> bytes, int part) =>
        Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(part == 0 ? bytes : Sse2.ShiftRightLogical128BitLane(bytes, 8)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadSigned(sbyte* source) =>
        Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Levels(byte* nibbles, bool high, Vector128<sbyte> levels, Vector256<float> scale, int part)
    {
        Vector128<byte> packed = Vector128.Load(nibbles);
        Vector128<byte> index = (high ? (packed.AsUInt16() >> 4).AsByte() : packed) & Vector128.Create((byte)15);
        return FromSigned(Ssse3.Shuffle(levels, index.AsSByte()), part) * scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereBits(uint bits, Vector256<float> value)
    {
        Vector256<uint> lane = Vector256.Create(1u, 2, 4, 8, 16, 32, 64, 128);
        return (Vector256.Equals(Vector256.Create(bits) & lane, lane) & value.AsUInt32()).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> WhereMasked(byte* bytes, byte mask, Vector256<float> value)
    {
        Vector128<byte> eight = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(bytes)).AsByte();
        Vector256<int> wide = Avx2.ConvertToVector256Int32(eight) & Vector256.Create((int)mask);
        return Vector256.AndNot(value.AsInt32(), Vector256.Equals(wide, Vector256<int>.Zero)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum16(float* vectors, nint stride, float* sums)
    {
        for (int i = 0; i < 16; i += 4, vectors += 4 * stride)
        {
            Lanes128.SumFour(
                Fold(vectors), Fold(vectors + stride), Fold(vectors + (2 * stride)), Fold(vectors + (3 * stride))).Store(sums + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fold(float* vector) => Vector128.Load(vector) + Vector128.Load(vector + 4);
}
