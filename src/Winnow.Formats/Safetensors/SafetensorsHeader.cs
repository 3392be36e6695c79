using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Text.Json;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Safetensors;

/// <summary>Reads and checks the header of one safetensors file.</summary>
internal sealed class SafetensorsHeader
{
    private const int MaxHeaderBytes = 100_000_000;
    private const int MaxRank = 8;

    private readonly ByteSource _source;
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _dataStart;

    private SafetensorsHeader(ByteSource source) => _source = source;

    /// <summary>The tensors in the order of the header.</summary>
    public List<TensorInfo> Tensors { get; } = [];

    /// <summary>The strings under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    public static SafetensorsHeader Read(ByteSource source)
    {
        var header = new SafetensorsHeader(source);
        byte[] json = header.ReadJsonBytes();
        JsonText.Parse(json, source.Path, 8, header.ReadEntries);
        header.Place();
        return header;
    }

    private byte[] ReadJsonBytes()
    {
        if (_source.Length < 8)
        {
            throw Fail("the file ends inside the size of its header; it is cut off, download or convert it again", 0);
        }

        Span<byte> size = stackalloc byte[8];
        _source.Read(0, size);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(size);
        long possible = Math.Min(MaxHeaderBytes, _source.Length - 8);
        if (length > (ulong)possible)
        {
            throw Fail($"the header claims {length} bytes where at most {possible} are possible; the file is cut off or not safetensors", 0);
        }

        var json = new byte[length];
        _source.Read(8, json);
        if (length == 0 || json[0] != (byte)'{')
        {
            throw Fail("the header does not begin with '{'; the file is damaged or not safetensors", 8);
        }

        _dataStart = 8 + (long)length;
        return json;
    }

    private void ReadEntries(ref Utf8JsonReader reader)
    {
        while (JsonText.ReadProperty(ref reader, out string name))
        {
            long at = 8 + reader.TokenStartIndex;
            if (!_names.Add(name))
            {
                throw Fail("two tensors have this name; convert or download the model again", at, name);
            }

            JsonText.ReadObjectStart(ref reader);
            if (name == "__metadata__")
            {
                ReadMetadata(ref reader);
            }
            else
            {
                _entries.Add(ReadEntry(ref reader, name, at));
            }
        }
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        while (JsonText.ReadProperty(ref reader, out string key))
        {
            long at = 8 + reader.TokenStartIndex;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String || !_metadata.TryAdd(key, reader.GetString()!))
            {
                throw Fail("metadata must be strings under different keys; convert the model again", at, key);
            }
        }
    }

    private Entry ReadEntry(ref Utf8JsonReader reader, string name, long at)
    {
        string? dtype = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (JsonText.ReadProperty(ref reader, out string field))
        {
            reader.Read();
            bool repeated = field switch { "dtype" => dtype is not null, "shape" => shape is not null, _ => offsets is not null };
            if (field is not ("dtype" or "shape" or "data_offsets") || repeated)
            {
                throw Fail($"the field '{field}' is repeated or not one of dtype, shape and data_offsets; convert the model again", at, name);
            }

            switch (field)
            {
                case "dtype" when reader.TokenType == JsonTokenType.String: dtype = reader.GetString(); break;
                case "shape": shape = ReadIntegers(ref reader, MaxRank, name, at); break;
                case "data_offsets": offsets = ReadIntegers(ref reader, 2, name, at); break;
                default: throw Fail("the dtype is not a string; convert the model again", at, name);
            }
        }

        if (dtype is null || shape is null || offsets is not [long begin, long end])
        {
            throw Fail("a tensor needs dtype, shape and two data_offsets; convert the model again", at, name);
        }

        return Check(new Entry(name, SafetensorsTypes.Find(dtype), dtype, shape, begin, end, at));
    }

    private long[] ReadIntegers(ref Utf8JsonReader reader, int most, string name, long at)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Fail("shape and data_offsets must be arrays; convert the model again", at, name);
        }

        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (values.Count == most || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
            {
                throw Fail($"shape and data_offsets must hold whole numbers from 0 to 2^63 - 1, at most {most} of them; convert the model again",
                    at, name);
            }

            values.Add(value);
        }

        return [.. values];
    }

    private Entry Check(Entry entry)
    {
        Int128 elements = 1;
        foreach (long dim in entry.Shape)
        {
            elements *= dim;
            if (elements > long.MaxValue / 8)
            {
                throw Fail("the tensor has more than 2^60 elements; the file is damaged, convert or download it again", entry.At, entry.Name);
            }
        }

        long available = _source.Length - _dataStart;
        if (entry.Begin > entry.End || entry.End > available)
        {
            throw Fail(
                $"the data_offsets {entry.Begin} and {entry.End} are not a range inside the {available} bytes of data; "
                + "the file is cut off or damaged, download it again", entry.At, entry.Name);
        }

        if (entry.Type != TensorType.Unknown)
        {
            long bytes = elements == 0 ? 0 : TensorTypeInfo.BytesOf(entry.Type, entry.Shape);
            if (bytes != entry.End - entry.Begin)
            {
                throw Fail(
                    $"{entry.TypeName} [{string.Join(", ", entry.Shape)}] takes {bytes} bytes, but data_offsets give {entry.End - entry.Begin}; "
                    + "convert or download the model again", entry.At, entry.Name);
            }
        }

        return entry;
    }

    private void Place()
    {
        var sorted = new List<Entry>(_entries);
        sorted.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long expected = 0;
        foreach (Entry entry in sorted)
        {
            if (entry.Begin != expected)
            {
                string fault = entry.Begin > expected ? "leaves a hole before it" : "overlaps another tensor";
                throw Fail($"the tensor {fault}: its data begin at {entry.Begin} instead of {expected}; the file is damaged", entry.At, entry.Name);
            }

            expected = entry.End;
        }

        if (expected != _source.Length - _dataStart)
        {
            throw Fail(
                $"the tensors end at byte {_dataStart + expected} of a file of {_source.Length} bytes; the file is damaged, download it again",
                _dataStart + expected);
        }

        foreach (Entry entry in _entries)
        {
            Tensors.Add(new TensorInfo(
                entry.Name, entry.Type, entry.TypeName, entry.Shape, entry.End - entry.Begin, _source, _dataStart + entry.Begin));
        }
    }

    private ModelFormatException Fail(string message, long offset, string? key = null) => new(message, _source.Path, offset, key);

    private sealed record Entry(string Name, TensorType Type, string TypeName, long[] Shape, long Begin, long End, long At);
}
