using System;

namespace Winnow.Formats.Gguf;

/// <summary>Reads one metadata value, checking every length against the bytes that are left.</summary>
internal static class GgufValueReader
{
    /// <summary>The most bytes of one string and the most elements of one array.</summary>
    private const long MaxLength = 1 << 30;
    private const int MaxDepth = 64;

    public static GgufValue Read(GgufCursor cursor)
    {
        GgufValueType type = ReadType(cursor);
        return type == GgufValueType.Array ? ReadArray(cursor) : ReadElements(cursor, type, type, 1);
    }

    private static GgufValue ReadArray(GgufCursor cursor)
    {
        GgufValueType elementType = ReadType(cursor);
        long count = ReadArrayCount(cursor, elementType);
        if (elementType != GgufValueType.Array)
        {
            return ReadElements(cursor, GgufValueType.Array, elementType, (int)count);
        }

        long start = cursor.Position;
        SkipArrays(cursor, count, 2);
        return new GgufValue(GgufValueType.Array, elementType, (int)count, cursor.ReadBytes(start, Checked(cursor, start)), null);
    }

    private static GgufValue ReadElements(GgufCursor cursor, GgufValueType type, GgufValueType elementType, int count)
    {
        long start = cursor.Position;
        int[]? starts = null;
        if (elementType == GgufValueType.String)
        {
            starts = new int[count];
            for (int i = 0; i < count; i++)
            {
                starts[i] = (int)(8 + Checked(cursor, start));
                SkipString(cursor);
            }
        }
        else
        {
            SkipNumbers(cursor, elementType, count);
        }

        byte[] raw = cursor.ReadBytes(start, Checked(cursor, start));
        return new GgufValue(type, elementType, count, raw, starts);
    }

    private static void SkipString(GgufCursor cursor)
    {
        long length = cursor.ReadCount("the length of a string", Math.Min(MaxLength, cursor.Remaining - 8));
        cursor.Skip(length, "a string");
    }

    private static void SkipNumbers(GgufCursor cursor, GgufValueType type, long count)
    {
        if (type != GgufValueType.Bool)
        {
            cursor.Skip(count * MinBytes(type), "a value");
            return;
        }

        for (long i = 0; i < count; i++)
        {
            long position = cursor.Position;
            byte value = cursor.ReadByte("a truth value");
            if (value > 1)
            {
                throw cursor.Fail($"a truth value is stored as {value}; only 0 and 1 are possible. The file is damaged", position);
            }
        }
    }

    private static void SkipArrays(GgufCursor cursor, long count, int depth)
    {
        if (depth > MaxDepth)
        {
            throw cursor.Fail($"arrays are nested deeper than {MaxDepth}; the file is damaged or hostile", cursor.Position);
        }

        for (long i = 0; i < count; i++)
        {
            GgufValueType type = ReadType(cursor);
            long inner = ReadArrayCount(cursor, type);
            switch (type)
            {
                case GgufValueType.Array: SkipArrays(cursor, inner, depth + 1); break;
                case GgufValueType.String: SkipStrings(cursor, inner); break;
                default: SkipNumbers(cursor, type, inner); break;
            }
        }
    }

    private static void SkipStrings(GgufCursor cursor, long count)
    {
        for (long i = 0; i < count; i++)
        {
            SkipString(cursor);
        }
    }

    private static long ReadArrayCount(GgufCursor cursor, GgufValueType elementType) =>
        cursor.ReadCount("the length of an array", Math.Min(MaxLength, (cursor.Remaining - 8) / MinBytes(elementType)));

    private static GgufValueType ReadType(GgufCursor cursor)
    {
        long start = cursor.Position;
        uint type = cursor.ReadUInt32("a value's type");
        return type <= (uint)GgufValueType.Float64 ? (GgufValueType)type : throw cursor.Fail(
            $"value type {type} is not one of GGUF's (0 to 12); the file is damaged or newer than this program", start);
    }

    // What one value is kept in cannot be larger than this, because .NET arrays cannot.
    private static long Checked(GgufCursor cursor, long start)
    {
        long bytes = cursor.Position - start;
        return bytes <= int.MaxValue - 64 ? bytes : throw cursor.Fail(
            "the value takes more than 2 GiB, which no model needs; the file is damaged or hostile", start);
    }

    private static int MinBytes(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.Array => 12,
        _ => 8,
    };
}
