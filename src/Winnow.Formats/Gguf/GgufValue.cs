using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Winnow.Formats.Gguf;

/// <summary>One metadata value of a GGUF file: a scalar, or an array of one type.</summary>
/// <remarks>
/// The value keeps the bytes of the file, so strings that are not valid UTF-8 (tokens often are not) survive reading and writing.
/// A scalar is seen as one element. Arrays of arrays are carried along but their elements cannot be asked for: no model uses them.
/// </remarks>
public sealed class GgufValue
{
    private readonly ReadOnlyMemory<byte> _raw;
    private readonly int[]? _starts;

    internal GgufValue(GgufValueType type, GgufValueType elementType, int count, ReadOnlyMemory<byte> raw, int[]? starts)
    {
        Type = type;
        ElementType = elementType;
        Count = count;
        _raw = raw;
        _starts = starts;
    }

    /// <summary>The type of the value.</summary>
    public GgufValueType Type { get; }

    /// <summary>The type of the elements of an array; for a scalar the same as <see cref="Type"/>.</summary>
    public GgufValueType ElementType { get; }

    /// <summary>The number of elements of an array; 1 for a scalar.</summary>
    public int Count { get; }

    /// <summary>Whether the value is an array.</summary>
    public bool IsArray => Type == GgufValueType.Array;

    /// <summary>The elements as they are stored, little-endian; strings with their 64-bit lengths.</summary>
    internal ReadOnlyMemory<byte> Raw => _raw;

    /// <summary>Makes a scalar whose type in the file is that of <typeparamref name="T"/>: an integer of 8 to 64 bits, float or double.</summary>
    /// <param name="value">The number. Readers are strict about types: most counts are 32-bit unsigned.</param>
    /// <exception cref="NotSupportedException">GGUF has no such number type.</exception>
    public static GgufValue Number<T>(T value)
        where T : unmanaged, INumber<T>
    {
        GgufValueType type = NumberType<T>();
        return new GgufValue(type, type, 1, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray(), null);
    }

    /// <summary>Makes an array whose element type in the file is that of <typeparamref name="T"/>.</summary>
    /// <param name="values">The numbers; copied.</param>
    /// <exception cref="NotSupportedException">GGUF has no such number type.</exception>
    public static GgufValue Numbers<T>(ReadOnlySpan<T> values)
        where T : unmanaged, INumber<T> =>
        new(GgufValueType.Array, NumberType<T>(), values.Length, MemoryMarshal.AsBytes(values).ToArray(), null);

    /// <summary>Makes a truth value.</summary>
    /// <param name="value">The truth value.</param>
    public static GgufValue Bool(bool value) => new(GgufValueType.Bool, GgufValueType.Bool, 1, new[] { (byte)(value ? 1 : 0) }, null);

    /// <summary>Makes an array of truth values.</summary>
    /// <param name="values">The truth values; copied.</param>
    public static GgufValue Bools(ReadOnlySpan<bool> values)
    {
        var raw = new byte[values.Length];
        for (int i = 0; i < raw.Length; i++)
        {
            raw[i] = (byte)(values[i] ? 1 : 0);
        }

        return new GgufValue(GgufValueType.Array, GgufValueType.Bool, raw.Length, raw, null);
    }

    /// <summary>Makes a string.</summary>
    /// <param name="text">The text, stored as UTF-8.</param>
    public static GgufValue Text(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return FromUtf8(GgufValueType.String, [Encoding.UTF8.GetBytes(text)]);
    }

    /// <summary>Makes an array of strings.</summary>
    /// <param name="texts">The texts, stored as UTF-8.</param>
    public static GgufValue Texts(IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return FromUtf8(GgufValueType.Array, [.. texts.Select(t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t))]);
    }

    /// <summary>Makes an array of strings from bytes that need not be valid UTF-8, as tokens are.</summary>
    /// <param name="texts">The bytes; copied.</param>
    public static GgufValue Utf8Texts(IReadOnlyList<ReadOnlyMemory<byte>> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return FromUtf8(GgufValueType.Array, texts);
    }

    /// <summary>An element as an integer, whatever integer type it is stored in.</summary>
    /// <param name="index">The element, 0 for a scalar.</param>
    /// <param name="value">The integer.</param>
    /// <returns>False where the elements are not integers, or the integer does not fit into 64 signed bits.</returns>
    public bool TryGetInteger(int index, out long value)
    {
        CheckIndex(index);
        ReadOnlySpan<byte> raw = _raw.Span;
        value = 0;
        switch (ElementType)
        {
            case GgufValueType.UInt8: value = raw[index]; return true;
            case GgufValueType.Int8: value = (sbyte)raw[index]; return true;
            case GgufValueType.UInt16: value = BinaryPrimitives.ReadUInt16LittleEndian(raw[(index * 2)..]); return true;
            case GgufValueType.Int16: value = BinaryPrimitives.ReadInt16LittleEndian(raw[(index * 2)..]); return true;
            case GgufValueType.UInt32: value = BinaryPrimitives.ReadUInt32LittleEndian(raw[(index * 4)..]); return true;
            case GgufValueType.Int32: value = BinaryPrimitives.ReadInt32LittleEndian(raw[(index * 4)..]); return true;
            case GgufValueType.Int64: value = BinaryPrimitives.ReadInt64LittleEndian(raw[(index * 8)..]); return true;
            case GgufValueType.UInt64:
                ulong unsigned = BinaryPrimitives.ReadUInt64LittleEndian(raw[(index * 8)..]);
                value = (long)unsigned;
                return unsigned <= long.MaxValue;
            default: return false;
        }
    }

    /// <summary>An element as a floating-point number; integers are converted.</summary>
    /// <param name="index">The element, 0 for a scalar.</param>
    /// <param name="value">The number.</param>
    /// <returns>False where the elements are not numbers.</returns>
    public bool TryGetNumber(int index, out double value)
    {
        CheckIndex(index);
        switch (ElementType)
        {
            case GgufValueType.Float32: value = BinaryPrimitives.ReadSingleLittleEndian(_raw.Span[(index * 4)..]); return true;
            case GgufValueType.Float64: value = BinaryPrimitives.ReadDoubleLittleEndian(_raw.Span[(index * 8)..]); return true;
            case GgufValueType.UInt64: value = BinaryPrimitives.ReadUInt64LittleEndian(_raw.Span[(index * 8)..]); return true;
            default:
                bool isInteger = TryGetInteger(index, out long integer);
                value = integer;
                return isInteger;
        }
    }

    /// <summary>An element as a truth value.</summary>
    /// <param name="index">The element, 0 for a scalar.</param>
    /// <param name="value">The truth value.</param>
    /// <returns>False where the elements are not of type bool.</returns>
    public bool TryGetBool(int index, out bool value)
    {
        CheckIndex(index);
        value = ElementType == GgufValueType.Bool && _raw.Span[index] != 0;
        return ElementType == GgufValueType.Bool;
    }

    /// <summary>The bytes of a string element, which need not be valid UTF-8.</summary>
    /// <param name="index">The element, 0 for a scalar.</param>
    /// <param name="value">The bytes, without length.</param>
    /// <returns>False where the elements are not strings.</returns>
    public bool TryGetUtf8(int index, out ReadOnlyMemory<byte> value)
    {
        CheckIndex(index);
        if (_starts is null)
        {
            value = default;
            return false;
        }

        int start = _starts[index];
        value = _raw.Slice(start, (int)BinaryPrimitives.ReadInt64LittleEndian(_raw.Span[(start - 8)..]));
        return true;
    }

    /// <summary>The value for people: arrays are cut after a few elements, strings after 60 characters.</summary>
    public override string ToString()
    {
        const int Shown = 6;
        if (!IsArray)
        {
            return Format(0);
        }

        var text = new StringBuilder("[");
        for (int i = 0; i < Math.Min(Count, Shown); i++)
        {
            text.Append(i > 0 ? ", " : "").Append(Format(i));
        }

        return text.Append(Count > Shown ? $", ... {Count} in all]" : "]").ToString();
    }

    private static GgufValue FromUtf8(GgufValueType type, IReadOnlyList<ReadOnlyMemory<byte>> texts)
    {
        var starts = new int[texts.Count];
        var raw = new byte[texts.Sum(t => 8 + (long)t.Length)];
        int position = 0;
        for (int i = 0; i < starts.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(raw.AsSpan(position), texts[i].Length);
            starts[i] = position + 8;
            texts[i].Span.CopyTo(raw.AsSpan(starts[i]));
            position = starts[i] + texts[i].Length;
        }

        return new GgufValue(type, GgufValueType.String, starts.Length, raw, starts);
    }

    private static GgufValueType NumberType<T>() => default(T) switch
    {
        byte => GgufValueType.UInt8,
        sbyte => GgufValueType.Int8,
        ushort => GgufValueType.UInt16,
        short => GgufValueType.Int16,
        uint => GgufValueType.UInt32,
        int => GgufValueType.Int32,
        ulong => GgufValueType.UInt64,
        long => GgufValueType.Int64,
        float => GgufValueType.Float32,
        double => GgufValueType.Float64,
        _ => throw new NotSupportedException($"GGUF has no numbers of type {typeof(T).Name}."),
    };

    private string Format(int index)
    {
        if (TryGetUtf8(index, out ReadOnlyMemory<byte> utf8))
        {
            string text = Encoding.UTF8.GetString(utf8.Span[..Math.Min(utf8.Length, 240)]);
            return text.Length <= 60 ? text : text[..60] + "...";
        }

        if (TryGetBool(index, out bool truth))
        {
            return truth ? "true" : "false";
        }

        if (TryGetInteger(index, out long integer))
        {
            return integer.ToString(CultureInfo.InvariantCulture);
        }

        return ElementType switch
        {
            GgufValueType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(_raw.Span[(index * 4)..]).ToString(CultureInfo.InvariantCulture),
            GgufValueType.Array => "[...]",
            GgufValueType.UInt64 => BinaryPrimitives.ReadUInt64LittleEndian(_raw.Span[(index * 8)..]).ToString(CultureInfo.InvariantCulture),
            _ => TryGetNumber(index, out double number) ? number.ToString(CultureInfo.InvariantCulture) : "",
        };
    }

    private void CheckIndex(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
    }
}
