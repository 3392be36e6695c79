using System;

namespace Winnow.Kernels;

/// <summary>Sizes of the element types.</summary>
public static class DTypes
{
    /// <summary>Values that one block holds; 1 for plain numbers in file order.</summary>
    /// <param name="type">The element type.</param>
    public static int BlockValues(this DType type) => type.FileOrder() switch
    {
        _ when type is DType.F16x8 or DType.BF16x8 => 32,
        DType.Q4_K or DType.Q5_K or DType.Q6_K => 256,
        DType.Q4_0 or DType.Q4_1 or DType.Q5_0 or DType.Q5_1 or DType.Q8_0 or DType.IQ4_NL => 32,
        _ => 1,
    };

    /// <summary>Bytes that one block takes; the size of one value for plain numbers.</summary>
    /// <param name="type">The element type.</param>
    public static int BlockBytes(this DType type) => type.FileOrder() switch
    {
        _ when type is DType.F16x8 or DType.BF16x8 => 64,
        DType.F32 or DType.I32 => 4,
        DType.F16 or DType.BF16 => 2,
        DType.U8 or DType.I8 => 1,
        DType.Q4_0 or DType.IQ4_NL => 18,
        DType.Q4_1 => 20,
        DType.Q5_0 => 22,
        DType.Q5_1 => 24,
        DType.Q8_0 => 34,
        DType.Q4_K => 144,
        DType.Q5_K => 176,
        DType.Q6_K => 210,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type."),
    };

    /// <summary>
    /// Rows of a matrix that are interleaved: 1 where each lies by itself, as in files. Groups of so many follow each other from the first row on; rows that are
    /// left over at the end lie as in files. A matrix has as many bytes as in file order, and a slice begins with a group.
    /// </summary>
    /// <param name="type">The element type.</param>
    public static int GroupRows(this DType type) => type.FileOrder() == type ? 1 : type is DType.F16x8 or DType.BF16x8 ? 8 : 16;

    /// <summary>The type without its order: the same values in a file.</summary>
    /// <param name="type">The element type.</param>
    public static DType FileOrder(this DType type) => type switch
    {
        DType.Q4_0x16 => DType.Q4_0,
        DType.Q8_0x16 => DType.Q8_0,
        DType.Q4_Kx16 => DType.Q4_K,
        DType.Q5_Kx16 => DType.Q5_K,
        DType.Q6_Kx16 => DType.Q6_K,
        DType.Q4_1x16 => DType.Q4_1,
        DType.Q5_0x16 => DType.Q5_0,
        DType.Q5_1x16 => DType.Q5_1,
        DType.IQ4_NLx16 => DType.IQ4_NL,
        DType.F16x8 => DType.F16,
        DType.BF16x8 => DType.BF16,
        _ => type,
    };

    /// <summary>Bytes that <paramref name="values"/> values take.</summary>
    /// <param name="type">The element type.</param>
    /// <param name="values">A count that fills whole blocks.</param>
    /// <exception cref="ArgumentException">The count does not fill whole blocks.</exception>
    public static long BytesOf(this DType type, long values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(values);
        (long blocks, long rest) = Math.DivRem(values, type.BlockValues());
        if (rest != 0)
        {
            throw new ArgumentException($"{values} values do not fill whole blocks of {type} ({type.BlockValues()}).", nameof(values));
        }

        return checked(blocks * type.BlockBytes());
    }
}
