using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Simulator.Operations;

/// <summary><c>f16</c> and <c>bf16</c></summary>
internal readonly unsafe struct ShortFragment<TFloat> : IFragment
    where TFloat : struct, INarrowFloat
{
    private const int Columns = 8;

    public static int Depth => Columns;

    [MethodImpl(Lane.Hot)]
    public static void Unpack(byte* register, double* fours)
    {
        if (Avx2.IsSupported && ArePlain(register))
        {
            UnpackPlain((ushort*)register, fours);
        }
        else
        {
            UnpackAny((ushort*)register, fours);
        }
    }

    public static void Transpose(byte* register, byte* block) => ShortMatrix.TransposeForProduct((ushort*)register, (ushort*)block);

    /// <summary>Whether all values are zero or normal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool ArePlain(byte* register)
    {
        Vector256<ushort> largest = Vector256<ushort>.Zero;
        Vector256<ushort> smallest = Vector256<ushort>.AllBitsSet;
        for (int i = 0; i < ShortMatrix.Count; i += Vector256<ushort>.Count)
        {
            // One less, so that zero is above all others.
            Vector256<ushort> size = Vector256.Load((ushort*)register + i) & Vector256.Create((ushort)0x7FFF);
            largest = Vector256.Max(largest, size);
            smallest = Vector256.Min(smallest, size + Vector256<ushort>.AllBitsSet);
        }

        ushort normal = (ushort)(1 << TFloat.FractionBits);
        return Vector256.LessThanAll(largest, Vector256.Create((ushort)(0x8000 - normal)))
            && Vector256.GreaterThanOrEqualAll(smallest, Vector256.Create((ushort)(normal - 1)));
    }

    [MethodImpl(Lane.Hot)]
    private static void UnpackAny(ushort* register, double* fours)
    {
        float* values = stackalloc float[2 * Columns];
        for (int i = 0; i < ShortMatrix.Count; i += 2 * Columns)
        {
            TFloat.ToSingle(VectorMath.Widen(Vector128.Load(register + i))).Store(values);
            TFloat.ToSingle(VectorMath.Widen(Vector128.Load(register + i + Columns))).Store(values + Columns);
            for (int k = 0; k < Columns; k += 2)
            {
                VectorMath.Widen(Vector128.Create(Vector64.Load(values + k), Vector64.Load(values + Columns + k))).Store(fours + i + (2 * k));
            }
        }
    }

    /// <summary>Moves sign, exponent and fraction to where a double has them; a multiplication makes up for the smaller bias of the exponent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void UnpackPlain(ushort* register, double* fours)
    {
        int shift = TFloat.FractionBits - 4;
        Vector256<short> kept = Vector256.Create((short)(0x8000 | (0x7FFF >> shift)));
        Vector256<double> scale = Vector256.Create((long)(1023 + TFloat.MissingBias) << 52).AsDouble();
        for (int i = 0; i < ShortMatrix.Count; i += Vector256<ushort>.Count)
        {
            Vector256<short> values = Vector256.Load(register + i).AsInt16();
            Vector256<short> upper = (values >> shift) & kept;
            Vector256<short> lower = values << (16 - shift);
            Store(Avx2.UnpackLow(lower, upper).AsInt32(), scale, fours + i);
            Store(Avx2.UnpackHigh(lower, upper).AsInt32(), scale, fours + i + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> upper, Vector256<double> scale, double* fours)
    {
        (Avx2.UnpackLow(Vector256<int>.Zero, upper).AsDouble() * scale).Store(fours);
        (Avx2.UnpackHigh(Vector256<int>.Zero, upper).AsDouble() * scale).Store(fours + 4);
    }
}
