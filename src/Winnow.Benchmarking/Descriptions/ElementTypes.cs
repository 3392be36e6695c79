using System;
using System.Buffers.Binary;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>Names, sizes and values of the element types.</summary>
internal static class ElementTypes
{
    /// <summary>The names, as descriptions have them.</summary>
    public static string AllNames => string.Join(", ", Enum.GetNames<ElementType>()).ToLowerInvariant();

    /// <summary>The name, as descriptions have it.</summary>
    public static string NameOf(this ElementType type) => type.ToString().ToLowerInvariant();

    /// <summary>Finds a type by its name.</summary>
    public static bool TryParse(string name, out ElementType type) =>
        Enum.TryParse(name, ignoreCase: true, out type) && type.NameOf() == name;

    /// <summary>Bytes of one element.</summary>
    public static int Bytes(this ElementType type) => type switch
    {
        ElementType.I8 or ElementType.U8 or ElementType.F8E4M3 or ElementType.F8E5M2 => 1,
        ElementType.F16 or ElementType.BF16 or ElementType.I16 or ElementType.U16 => 2,
        ElementType.F32 or ElementType.I32 or ElementType.U32 => 4,
        _ => 8,
    };

    /// <summary>Whether it is a float.</summary>
    public static bool IsFloat(this ElementType type) =>
        type is ElementType.F32 or ElementType.F16 or ElementType.BF16 or ElementType.F64 or ElementType.F8E4M3 or ElementType.F8E5M2;

    /// <summary>The smallest and the largest whole number of an integer type; of 64 bits unsigned, what a double holds of them.</summary>
    public static (double Least, double Most) Range(this ElementType type) => type switch
    {
        ElementType.I8 => (sbyte.MinValue, sbyte.MaxValue),
        ElementType.U8 => (0, byte.MaxValue),
        ElementType.I16 => (short.MinValue, short.MaxValue),
        ElementType.U16 => (0, ushort.MaxValue),
        ElementType.I32 => (int.MinValue, int.MaxValue),
        ElementType.U32 => (0, uint.MaxValue),
        ElementType.I64 => (long.MinValue, long.MaxValue),
        ElementType.U64 => (0, ulong.MaxValue),
        _ => (double.NegativeInfinity, double.PositiveInfinity),
    };

    /// <summary>Writes a value, rounded to nearest.</summary>
    public static void Write(this ElementType type, Span<byte> destination, double value)
    {
        switch (type)
        {
            case ElementType.F64:
                BinaryPrimitives.WriteDoubleLittleEndian(destination, value);
                break;
            case ElementType.F32:
                BinaryPrimitives.WriteSingleLittleEndian(destination, (float)value);
                break;
            case ElementType.F16:
                BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)value);
                break;
            case ElementType.BF16:
                BinaryPrimitives.WriteUInt16LittleEndian(destination, ((BFloat16)(float)value).Bits);
                break;
            case ElementType.F8E4M3 or ElementType.F8E5M2:
                destination[0] = Float8.Write(type, value);
                break;
            case ElementType.U64:
                BinaryPrimitives.WriteUInt64LittleEndian(destination, (ulong)Math.Round(value));
                break;
            default:
                WriteInteger(destination[..type.Bytes()], (long)Math.Round(value));
                break;
        }
    }

    /// <summary>Reads a value; whole numbers beyond 2^53 lose their last bits.</summary>
    public static double Read(this ElementType type, ReadOnlySpan<byte> source) => type switch
    {
        ElementType.F64 => BinaryPrimitives.ReadDoubleLittleEndian(source),
        ElementType.F32 => BinaryPrimitives.ReadSingleLittleEndian(source),
        ElementType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(source),
        ElementType.BF16 => (float)new BFloat16(BinaryPrimitives.ReadUInt16LittleEndian(source)),
        ElementType.F8E4M3 or ElementType.F8E5M2 => Float8.Read(type, source[0]),
        ElementType.I8 => (sbyte)source[0],
        ElementType.U8 => source[0],
        ElementType.I16 => BinaryPrimitives.ReadInt16LittleEndian(source),
        ElementType.U16 => BinaryPrimitives.ReadUInt16LittleEndian(source),
        ElementType.I32 => BinaryPrimitives.ReadInt32LittleEndian(source),
        ElementType.U32 => BinaryPrimitives.ReadUInt32LittleEndian(source),
        ElementType.I64 => BinaryPrimitives.ReadInt64LittleEndian(source),
        _ => BinaryPrimitives.ReadUInt64LittleEndian(source),
    };

    /// <summary>A value as this type holds it.</summary>
    public static double Round(this ElementType type, double value)
    {
        Span<byte> bytes = stackalloc byte[8];
        type.Write(bytes, value);
        return type.Read(bytes);
    }

    /// <summary>One unit in the last place at a magnitude: the distance to the next larger value of a float type; 0 for integers, which are exact.</summary>
    public static double Ulp(this ElementType type, double magnitude)
    {
        double value = Math.Abs(magnitude);
        (int digits, int least) = type switch
        {
            ElementType.F64 => (52, -1022),
            ElementType.F32 => (23, -126),
            ElementType.F16 => (10, -14),
            ElementType.BF16 => (7, -126),
            ElementType.F8E4M3 or ElementType.F8E5M2 => Float8.Form(type),
            _ => (0, 0),
        };
        return digits == 0 || !double.IsFinite(value) ? 0 : Math.ScaleB(1, Math.Max(value == 0 ? least : Math.ILogB(value), least) - digits);
    }

    private static void WriteInteger(Span<byte> destination, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        bytes[..destination.Length].CopyTo(destination);
    }
}
