using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Kernels;

/// <summary>Conversions between F32 and the 16-bit floats, exact upwards, to nearest with ties to even downwards; NaN stays NaN.</summary>
internal static unsafe class FloatConversion
{
    /// <summary>Converts values of F32, F16 or BF16 to F32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(DType type, byte* source, float* destination, int count)
    {
        switch (type)
        {
            case DType.F16:
                WidenHalf((ushort*)source, destination, count);
                break;
            case DType.BF16:
                WidenBFloat16((ushort*)source, destination, count);
                break;
            default:
                Buffer.MemoryCopy(source, destination, count * 4L, count * 4L);
                break;
        }
    }

    /// <summary>Converts F32 values to F32, F16 or BF16.</summary>
    public static void Narrow(DType type, float* source, byte* destination, int count)
    {
        switch (type)
        {
            case DType.F16:
                NarrowToHalf(source, (ushort*)destination, count);
                break;
            case DType.BF16:
                NarrowToBFloat16(source, (ushort*)destination, count);
                break;
            default:
                Buffer.MemoryCopy(source, destination, count * 4L, count * 4L);
                break;
        }
    }

    /// <summary>F16 to F32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WidenHalf(ushort* source, float* destination, int count)
    {
        int i = 0;
        if (Avx512BW.IsSupported)
        {
            i = count & -32;
            if (!WidenFinite(source, destination, i))
            {
                i = 0;
            }

            for (; i <= count - 16; i += 16)
            {
                HalfToSingle(Avx512F.ConvertToVector512Int32(Vector256.Load(source + i))).Store(destination + i);
            }
        }

        for (; i <= count - 8; i += 8)
        {
            HalfToSingle(LoadUInt16(source + i).AsInt32()).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = (float)BitConverter.UInt16BitsToHalf(source[i]);
        }
    }

    /// <summary>BF16 to F32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WidenBFloat16(ushort* source, float* destination, int count)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256.ShiftLeft(LoadUInt16(source + i), 16).AsSingle().Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = (float)new BFloat16(source[i]);
        }
    }

    /// <summary>F32 to F16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NarrowToHalf(float* source, ushort* destination, int count)
    {
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<uint> low = SingleToHalf(Vector256.Load((uint*)source + i));
            Vector256<uint> high = SingleToHalf(Vector256.Load((uint*)source + i + 8));
            Vector256.Narrow(low, high).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = BitConverter.HalfToUInt16Bits((Half)source[i]);
        }
    }

    /// <summary>F32 to BF16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NarrowToBFloat16(float* source, ushort* destination, int count)
    {
        int i = 0;
        for (; i <= count - 16; i += 16)
        {
            Vector256<uint> low = SingleToBFloat16(Vector256.Load((uint*)source + i));
            Vector256<uint> high = SingleToBFloat16(Vector256.Load((uint*)source + i + 8));
            Vector256.Narrow(low, high).Store(destination + i);
        }

        for (; i < count; i++)
        {
            destination[i] = ((BFloat16)source[i]).Bits;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> LoadUInt16(ushort* source)
    {
        Vector128<ushort> values = Vector128.Load(source);
        return Avx2.IsSupported
            ? Avx2.ConvertToVector256Int32(values).AsUInt32()
            : Vector256.Create(Vector128.WidenLower(values), Vector128.WidenUpper(values));
    }

    // As HalfToSingle, without asking each half whether it is finite; false if one was not.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool WidenFinite(ushort* source, float* destination, int count)
    {
        Vector512<ushort> most = Vector512<ushort>.Zero;
        Vector512<int> bits = Vector512.Create(unchecked((int)0x8FFFFFFF));
        Vector512<float> scale = Vector512.Create(5.192296858534828e33f);
        for (int i = 0; i < count; i += 32)
        {
            most = Vector512.Max(most, Vector512.Load(source + i) & Vector512.Create((ushort)0x7FFF));
            Vector512<int> low = Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source + i)), 13) & bits;
            Vector512<int> high = Vector512.ShiftLeft(Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source + i + 16)), 13) & bits;
            (low.AsSingle() * scale).Store(destination + i);
            (high.AsSingle() * scale).Store(destination + i + 16);
        }

        return !Vector512.GreaterThanOrEqualAny(most, Vector512.Create((ushort)0x7C00));
    }

    // The bits of a half in the place of a float's are that value times 2^-112, subnormals included; infinity and NaN need their exponent.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> HalfToSingle(Vector512<int> half)
    {
        Vector512<int> placed = Vector512.ShiftRightArithmetic(Vector512.ShiftLeft(half, 16), 3) & Vector512.Create(unchecked((int)0x8FFFE000));
        Vector512<int> exponent = Vector512.Create(0x0F800000);
        Vector512<int> special = Vector512.Equals(placed & exponent, exponent) & Vector512.Create(0x7F800000);
        return ((placed.AsSingle() * Vector512.Create(5.192296858534828e33f)).AsInt32() | special).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> HalfToSingle(Vector256<int> half)
    {
        Vector256<int> placed = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(half, 16), 3) & Vector256.Create(unchecked((int)0x8FFFE000));
        Vector256<int> exponent = Vector256.Create(0x0F800000);
        Vector256<int> special = Vector256.Equals(placed & exponent, exponent) & Vector256.Create(0x7F800000);
        return ((placed.AsSingle() * Vector256.Create(5.192296858534828e33f)).AsInt32() | special).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SingleToHalf(Vector256<uint> single)
    {
        Vector256<uint> magnitude = single & Vector256.Create(0x7FFFFFFFu);
        Vector256<uint> sign = Vector256.ShiftRightLogical(single ^ magnitude, 16);

        // Normal results: the exponent moves from bias 127 to bias 15; half of what is cut off, less one for even results, rounds.
        Vector256<uint> odd = Vector256.ShiftRightLogical(magnitude, 13) & Vector256<uint>.One;
        Vector256<uint> normal = Vector256.ShiftRightLogical(magnitude + Vector256.Create(0xC8000FFFu) + odd, 13);

        // Subnormal results: next to 0.5 a float's last bit is worth 2^-24, a half's smallest step, so the addition rounds.
        Vector256<uint> step = Vector256.Create(0x3F000000u);
        Vector256<uint> subnormal = (magnitude.AsSingle() + step.AsSingle()).AsUInt32() - step;
        Vector256<uint> special = Vector256.ConditionalSelect(
            Vector256.GreaterThan(magnitude.AsInt32(), Vector256.Create(0x7F800000)).AsUInt32(),
            Vector256.Create(0x7E00u),
            Vector256.Create(0x7C00u));
        Vector256<uint> small = Vector256.LessThan(magnitude.AsInt32(), Vector256.Create(0x38800000)).AsUInt32();
        Vector256<uint> large = Vector256.GreaterThan(magnitude.AsInt32(), Vector256.Create(0x477FFFFF)).AsUInt32();
        Vector256<uint> result = Vector256.ConditionalSelect(small, subnormal, normal);
        return Vector256.ConditionalSelect(large, special, result) | sign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> SingleToBFloat16(Vector256<uint> single)
    {
        Vector256<uint> upper = Vector256.ShiftRightLogical(single, 16);
        Vector256<uint> rounded = Vector256.ShiftRightLogical(single + Vector256.Create(0x7FFFu) + (upper & Vector256<uint>.One), 16);
        Vector256<float> value = single.AsSingle();
        return Vector256.ConditionalSelect(Vector256.Equals(value, value).AsUInt32(), rounded, upper | Vector256.Create(0x40u));
    }
}
