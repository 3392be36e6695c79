using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;

namespace Winnow.Formats.Safetensors;

/// <summary>Writes one safetensors file.</summary>
/// <remarks>Wide types come first in the data, so that every tensor starts at a multiple of its element size.</remarks>
public sealed class SafetensorsWriter : TensorFileWriter
{
    private const int MaxRank = 8;
    private const string MetadataName = "__metadata__";
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    /// <summary>Adds a string to <c>__metadata__</c>.</summary>
    /// <param name="key">A key that was not added yet.</param>
    /// <param name="value">The string.</param>
    /// <exception cref="ArgumentException">The key was added already.</exception>
    public void Add(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _metadata.Add(key, value);
    }

    private protected override void CheckTensor(string name, TensorType type, ReadOnlySpan<long> shape)
    {
        if (name == MetadataName)
        {
            throw new ArgumentException($"{MetadataName} is not a name for a tensor.", nameof(name));
        }

        if (SafetensorsTypes.NameOf(type) is null)
        {
            throw new ArgumentException($"safetensors cannot hold {TensorTypeInfo.Name(type)}; {name} must be converted.", nameof(type));
        }

        if (shape.Length > MaxRank)
        {
            throw new ArgumentException($"{name} has {shape.Length} dimensions; at most {MaxRank} are possible.", nameof(shape));
        }
    }

    private protected override void WriteFile(Stream stream, CancellationToken cancellation)
    {
        List<PendingTensor> ordered = [.. Tensors.OrderByDescending(t => TensorTypeInfo.BlockBytes(t.Type))];
        byte[] json = BuildHeader(ordered);
        int padded = (json.Length + 7) / 8 * 8;
        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, padded);
        stream.Write(size);
        stream.Write(json);
        stream.Write("       "u8[..(padded - json.Length)]);
        foreach (PendingTensor tensor in ordered)
        {
            tensor.Write(stream, tensor, cancellation);
        }
    }

    private byte[] BuildHeader(List<PendingTensor> ordered)
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            WriteMetadata(json);
            long offset = 0;
            foreach (PendingTensor tensor in ordered)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", SafetensorsTypes.NameOf(tensor.Type));
                WriteNumbers(json, "shape", tensor.Shape);
                WriteNumbers(json, "data_offsets", [offset, checked(offset + tensor.Bytes)]);
                json.WriteEndObject();
                offset += tensor.Bytes;
            }

            json.WriteEndObject();
        }

        return memory.ToArray();
    }

    private void WriteMetadata(Utf8JsonWriter json)
    {
        if (_metadata.Count == 0)
        {
            return;
        }

        json.WriteStartObject(MetadataName);
        foreach ((string key, string value) in _metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (long number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
