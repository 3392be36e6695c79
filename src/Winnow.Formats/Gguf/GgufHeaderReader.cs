using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Gguf;

/// <summary>Reads and checks the header of one GGUF file: versions 2 and 3, little-endian.</summary>
/// <remarks>Nothing is allocated by a count of the file unless that many bytes are really there.</remarks>
internal sealed class GgufHeaderReader
{
    private const uint Magic = 0x46554747;
    private const int MaxKeyBytes = 65535;
    private const int MaxNameBytes = 256;
    private const int MaxDimensions = 4;
    private const uint DefaultAlignment = 32;
    private const uint MaxAlignment = 1 << 20;
    private const int MinEntryBytes = 8 + 1 + 4 + 1;
    private const int MinTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;

    private readonly ByteSource _source;
    private readonly GgufCursor _cursor;

    private GgufHeaderReader(ByteSource source)
    {
        _source = source;
        _cursor = new GgufCursor(source);
    }

    public static GgufHeader Read(ByteSource source) => new GgufHeaderReader(source).Read();

    private GgufHeader Read()
    {
        int version = ReadVersion();
        long tensorCount = _cursor.ReadCount("the number of tensors", (_cursor.Remaining - 16) / MinTensorBytes);
        long entryCount = _cursor.ReadCount("the number of metadata entries", (_cursor.Remaining - 8) / MinEntryBytes);
        GgufMetadata metadata = ReadMetadata(entryCount);
        uint alignment = ReadAlignment(metadata);
        List<Entry> entries = ReadEntries(tensorCount, alignment);
        long dataStart = (_cursor.Position + alignment - 1) / alignment * alignment;
        List<TensorInfo> tensors = Place(entries, dataStart);
        return new GgufHeader(version, metadata, tensors, (int)alignment);
    }

    private int ReadVersion()
    {
        if (_cursor.ReadUInt32("the magic number") != Magic)
        {
            throw _cursor.Fail("this is not a GGUF file: it does not begin with the letters GGUF", 0);
        }

        uint version = _cursor.ReadUInt32("the version");
        return version switch
        {
            2 or 3 => (int)version,
            1 => throw _cursor.Fail("GGUF version 1 is not supported; convert the model again with a current converter", 4),
            > 3 when (version & 0xFFFF) == 0 => throw _cursor.Fail(
                "the file is big-endian; convert it to little-endian first", 4),
            _ => throw _cursor.Fail($"GGUF version {version} is not supported; versions 2 and 3 are", 4),
        };
    }

    private GgufMetadata ReadMetadata(long count)
    {
        var entries = new List<KeyValuePair<string, GgufValue>>();
        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (long i = 0; i < count; i++)
        {
            long start = _cursor.Position;
            string key = ReadName("a metadata key", MaxKeyBytes);
            _cursor.Key = key;
            if (!keys.Add(key))
            {
                throw _cursor.Fail("this key is there twice; convert or download the model again", start);
            }

            entries.Add(new(key, GgufValueReader.Read(_cursor)));
            _cursor.Key = null;
        }

        return new GgufMetadata(_source.Path, entries);
    }

    private string ReadName(string what, int maxBytes)
    {
        long start = _cursor.Position;
        long length = _cursor.ReadCount($"the length of {what}", Math.Min(maxBytes, _cursor.Remaining - 8));
        if (length == 0)
        {
            throw _cursor.Fail($"{what} is empty; the file is damaged", start);
        }

        byte[] bytes = _cursor.ReadBytes(_cursor.Position, length);
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            throw _cursor.Fail($"{what} is not valid UTF-8; the file is damaged", _cursor.Position);
        }

        _cursor.Skip(length, what);
        return Encoding.UTF8.GetString(bytes);
    }

    private uint ReadAlignment(GgufMetadata metadata)
    {
        if (!metadata.TryGet("general.alignment", out GgufValue? value))
        {
            return DefaultAlignment;
        }

        bool valid = value.Type == GgufValueType.UInt32 && value.TryGetInteger(0, out long alignment)
            && BitOperations.IsPow2(alignment) && alignment is >= 8 and <= MaxAlignment;
        return valid ? (uint)metadata.GetInt64("general.alignment") : throw new ModelFormatException(
            $"must be a 32-bit power of two from 8 to {MaxAlignment}, not {value}; convert the model again",
            _source.Path, null, "general.alignment");
    }

    private List<Entry> ReadEntries(long count, uint alignment)
    {
        var entries = new List<Entry>();
        for (long i = 0; i < count; i++)
        {
            string name = ReadName("a tensor's name", MaxNameBytes);
            _cursor.Key = name;
            entries.Add(ReadEntry(name, alignment));
            _cursor.Key = null;
        }

        return entries;
    }

    private Entry ReadEntry(string name, uint alignment)
    {
        long[] shape = ReadShape();
        long typeOffset = _cursor.Position;
        uint id = _cursor.ReadUInt32("a tensor's type");
        TensorType type = ToType(id, typeOffset);
        long bytes = type == TensorType.Unknown ? 0 : Measure(type, shape, typeOffset);
        long offsetOffset = _cursor.Position;
        ulong offset = _cursor.ReadUInt64("a tensor's offset");
        if (offset % alignment != 0)
        {
            throw _cursor.Fail($"the offset {offset} is not a multiple of the alignment {alignment}; convert the model again", offsetOffset);
        }

        // Compared with the whole file first, so that the sums below cannot overflow.
        if (offset > (ulong)_source.Length || bytes > _source.Length)
        {
            throw Outside(name, offset, bytes, offsetOffset);
        }

        string typeName = type == TensorType.Unknown ? $"type {id.ToString(CultureInfo.InvariantCulture)}" : TensorTypeInfo.Name(type);
        return new Entry(name, type, typeName, shape, bytes, (long)offset, offsetOffset);
    }

    private long[] ReadShape()
    {
        long start = _cursor.Position;
        uint rank = _cursor.ReadUInt32("a tensor's number of dimensions");
        if (rank is 0 or > MaxDimensions)
        {
            throw _cursor.Fail($"the tensor has {rank} dimensions; 1 to {MaxDimensions} are possible. The file is damaged", start);
        }

        var shape = new long[rank];
        Int128 elements = 1;
        for (int i = (int)rank - 1; i >= 0; i--)
        {
            shape[i] = _cursor.ReadCount("a tensor's dimension", long.MaxValue);
            elements *= shape[i];
            if (elements == 0 || elements > long.MaxValue)
            {
                string fault = elements == 0 ? "has no elements" : "has more than 2^63 elements";
                throw _cursor.Fail($"the tensor {fault}; the file is damaged, convert or download it again", start);
            }
        }

        return shape;
    }

    private TensorType ToType(uint id, long offset) => id switch
    {
        4 or 5 or (>= 31 and <= 33) or (>= 36 and <= 38) => throw _cursor.Fail(
            $"tensor type {id} was repacked for one machine and removed from the format; convert the model again", offset),
        < 100 when TensorTypeInfo.IsKnown((TensorType)id) => (TensorType)id,
        _ => TensorType.Unknown,
    };

    private long Measure(TensorType type, long[] shape, long offset)
    {
        int block = TensorTypeInfo.BlockValues(type);
        if (shape[^1] % block != 0)
        {
            throw _cursor.Fail(
                $"a row has {shape[^1]} values, which is not a multiple of the {block} that a block of {type} holds; convert the model again",
                offset);
        }

        try
        {
            return TensorTypeInfo.BytesOf(type, shape);
        }
        catch (OverflowException e)
        {
            throw new ModelFormatException(
                "the tensor has more than 2^63 bytes; the file is damaged, convert or download it again", _source.Path, offset, _cursor.Key, e);
        }
    }

    private List<TensorInfo> Place(List<Entry> entries, long dataStart)
    {
        var tensors = new List<TensorInfo>(entries.Count);
        foreach (Entry entry in entries)
        {
            if (entry.Offset > _source.Length - dataStart - entry.Bytes)
            {
                throw Outside(entry.Name, (ulong)entry.Offset, entry.Bytes, entry.FieldOffset);
            }

            tensors.Add(new TensorInfo(
                entry.Name, entry.Type, entry.TypeName, entry.Shape, entry.Bytes, _source, dataStart + entry.Offset));
        }

        CheckOverlap(entries);
        return tensors;
    }

    private void CheckOverlap(List<Entry> entries)
    {
        var sorted = new List<Entry>(entries);
        sorted.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.FieldOffset.CompareTo(b.FieldOffset));
        for (int i = 1; i < sorted.Count; i++)
        {
            Entry before = sorted[i - 1];
            if (sorted[i].Offset < before.Offset + before.Bytes)
            {
                throw new ModelFormatException(
                    $"the tensor overlaps {before.Name}; the file is damaged, convert or download it again",
                    _source.Path, sorted[i].FieldOffset, sorted[i].Name);
            }
        }
    }

    private ModelFormatException Outside(string name, ulong offset, long bytes, long fieldOffset) => new(
        $"the tensor's {bytes} bytes at offset {offset} of the data end after the file of {_source.Length} bytes; "
        + "it is cut off or damaged, download it again",
        _source.Path, fieldOffset, name);

    private sealed record Entry(
        string Name, TensorType Type, string TypeName, long[] Shape, long Bytes, long Offset, long FieldOffset);
}
