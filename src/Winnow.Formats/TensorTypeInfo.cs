using System;

namespace Winnow.Formats;

/// <summary>The sizes of every <see cref="TensorType"/>: values and bytes per block, bytes of a tensor.</summary>
public static class TensorTypeInfo
{
    /// <summary>The values that one block holds; 1 for types without blocks. A row must be a whole number of blocks.</summary>
    /// <param name="type">A known type.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="type"/> is unknown.</exception>
    public static int BlockValues(TensorType type) => Block(type).Values;

    /// <summary>The bytes that one block takes.</summary>
    /// <param name="type">A known type.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="type"/> is unknown.</exception>
    public static int BlockBytes(TensorType type) => Block(type).Bytes;

    /// <summary>Whether the type is in the table, so that sizes can be computed.</summary>
    /// <param name="type">Any value.</param>
    public static bool IsKnown(TensorType type) => Find(type).Bytes != 0;

    /// <summary>The name by which files and people call the type, such as <c>Q4_K</c>.</summary>
    /// <param name="type">Any value.</param>
    public static string Name(TensorType type) => IsKnown(type) ? type.ToString() : $"type {(int)type}";

    /// <summary>Whether <see cref="Quantization.Dequantizer"/> turns the type into floats.</summary>
    /// <param name="type">Any value.</param>
    public static bool CanDequantize(TensorType type) => type switch
    {
        TensorType.F32 or TensorType.F16 or TensorType.BF16 => true,
        TensorType.Q4_0 or TensorType.Q4_1 or TensorType.Q5_0 or TensorType.Q5_1 or TensorType.Q8_0 => true,
        TensorType.Q4_K or TensorType.Q5_K or TensorType.Q6_K or TensorType.IQ4_NL => true,
        _ => false,
    };

    /// <summary>The bytes that a number of values takes.</summary>
    /// <param name="type">A known type.</param>
    /// <param name="elements">The number of values, a whole number of blocks.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown, or the count is negative or not a whole number of blocks.</exception>
    /// <exception cref="OverflowException">The size does not fit into 63 bits.</exception>
    public static long BytesOf(TensorType type, long elements)
    {
        (int values, int bytes) = Block(type);
        ArgumentOutOfRangeException.ThrowIfNegative(elements);
        if (elements % values != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(elements), elements, $"{Name(type)} is stored in blocks of {values} values; pass a multiple of that.");
        }

        return checked(elements / values * bytes);
    }

    /// <summary>The bytes that a tensor takes; a row (the last dimension) must be a whole number of blocks.</summary>
    /// <param name="type">A known type.</param>
    /// <param name="shape">The dimensions, slowest first; an empty shape is one value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The type is unknown, or a dimension is negative or a row is not whole blocks.</exception>
    /// <exception cref="OverflowException">The size does not fit into 63 bits.</exception>
    public static long BytesOf(TensorType type, ReadOnlySpan<long> shape)
    {
        long row = shape.Length == 0 ? 1 : shape[^1];
        long bytes = BytesOf(type, row);
        for (int i = 0; i < shape.Length - 1; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(shape[i], nameof(shape));
            bytes = checked(bytes * shape[i]);
        }

        return bytes;
    }

    private static (int Values, int Bytes) Block(TensorType type)
    {
        (int values, int bytes) = Find(type);
        if (bytes == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "This type is not in the table, so its size is not known.");
        }

        return (values, bytes);
    }

    private static (int Values, int Bytes) Find(TensorType type) => type switch
    {
        TensorType.F32 or TensorType.I32 or TensorType.U32 => (1, 4),
        TensorType.F16 or TensorType.BF16 or TensorType.I16 or TensorType.U16 => (1, 2),
        TensorType.F64 or TensorType.I64 or TensorType.U64 => (1, 8),
        TensorType.Bool or TensorType.U8 or TensorType.I8 => (1, 1),
        TensorType.F8_E4M3 or TensorType.F8_E5M2 or TensorType.F8_E8M0 => (1, 1),
        TensorType.Q4_0 or TensorType.IQ4_NL => (32, 18),
        TensorType.Q4_1 => (32, 20),
        TensorType.Q5_0 => (32, 22),
        TensorType.Q5_1 => (32, 24),
        TensorType.Q8_0 => (32, 34),
        TensorType.Q8_1 => (32, 36),
        TensorType.Q2_K => (256, 84),
        TensorType.Q3_K or TensorType.IQ3_S => (256, 110),
        TensorType.Q4_K => (256, 144),
        TensorType.Q5_K => (256, 176),
        TensorType.Q6_K => (256, 210),
        TensorType.Q8_K => (256, 292),
        TensorType.IQ2_XXS or TensorType.TQ2_0 => (256, 66),
        TensorType.IQ2_XS => (256, 74),
        TensorType.IQ2_S => (256, 82),
        TensorType.IQ3_XXS => (256, 98),
        TensorType.IQ1_S => (256, 50),
        TensorType.IQ1_M => (256, 56),
        TensorType.IQ4_XS => (256, 136),
        TensorType.TQ1_0 => (256, 54),
        TensorType.MXFP4 => (32, 17),
        TensorType.NVFP4 => (64, 36),
        TensorType.Q1_0 => (128, 18),
        TensorType.Q2_0 => (64, 18),
        _ => (0, 0),
    };
}
