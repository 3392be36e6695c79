using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Numerics;
using System.Text;
using System.Threading;

namespace Winnow.Formats.Gguf;

/// <summary>Writes a GGUF version 3 file: metadata of every type, tensors of every known type.</summary>
/// <remarks>Tensors lie in the order in which they were added, aligned to <c>general.alignment</c> where that was added and to 32 bytes otherwise.</remarks>
public sealed class GgufWriter : TensorFileWriter
{
    private const string AlignmentKey = "general.alignment";

    /// <summary>The reference reader keeps names in 64 bytes with an end mark.</summary>
    private const int MaxNameBytes = 63;
    private const int MaxKeyBytes = 65535;
    private const int MaxDimensions = 4;
    private readonly List<KeyValuePair<string, GgufValue>> _entries = [];
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);
    private int _alignment = 32;

    /// <summary>Adds a metadata pair; pairs are written in the order of adding.</summary>
    /// <param name="key">A key that was not added yet.</param>
    /// <param name="value">The value, which may come from another file.</param>
    /// <exception cref="ArgumentException">The key is empty, too long or there already, or an alignment is not one.</exception>
    public void Add(string key, GgufValue value)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(value);
        if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes || !_keys.Add(key))
        {
            throw new ArgumentException($"The key '{key}' is too long or was added already.", nameof(key));
        }

        if (key == AlignmentKey)
        {
            bool valid = value.Type == GgufValueType.UInt32 && value.TryGetInteger(0, out long alignment)
                && BitOperations.IsPow2(alignment) && alignment is >= 8 and <= 1 << 20;
            _ = value.TryGetInteger(0, out long chosen);
            _alignment = valid ? (int)chosen : throw new ArgumentException(
                $"{AlignmentKey} must be a 32-bit power of two from 8 to 1048576, not {value}.", nameof(value));
        }

        _entries.Add(new(key, value));
    }

    private protected override void CheckTensor(string name, TensorType type, ReadOnlySpan<long> shape)
    {
        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
        {
            throw new ArgumentException($"The name {name} is longer than the {MaxNameBytes} bytes that GGUF readers accept.", nameof(name));
        }

        if (!TensorTypeInfo.IsKnown(type) || (int)type >= 100)
        {
            throw new ArgumentException($"GGUF cannot hold {TensorTypeInfo.Name(type)}; {name} must be converted.", nameof(type));
        }

        if (shape.Length is 0 or > MaxDimensions || shape.ContainsAnyInRange(long.MinValue, 0))
        {
            throw new ArgumentException($"GGUF holds 1 to {MaxDimensions} dimensions of at least 1; {name} has other ones.", nameof(shape));
        }
    }

    private protected override void WriteFile(Stream stream, CancellationToken cancellation)
    {
        byte[] header = BuildHeader();
        stream.Write(header);
        long position = header.Length;
        foreach (PendingTensor tensor in Tensors)
        {
            WritePadding(stream, position);
            tensor.Write(stream, tensor, cancellation);
            position = Aligned(position) + tensor.Bytes;
        }
    }

    private byte[] BuildHeader()
    {
        using var memory = new MemoryStream();
        memory.Write("GGUF"u8);
        WriteUInt32(memory, 3);
        WriteInt64(memory, Tensors.Count);
        WriteInt64(memory, _entries.Count);
        foreach ((string key, GgufValue value) in _entries)
        {
            WriteText(memory, key);
            WriteValue(memory, value);
        }

        long offset = 0;
        foreach (PendingTensor tensor in Tensors)
        {
            WriteText(memory, tensor.Name);
            WriteUInt32(memory, (uint)tensor.Shape.Length);
            for (int i = tensor.Shape.Length - 1; i >= 0; i--)
            {
                WriteInt64(memory, tensor.Shape[i]);
            }

            WriteUInt32(memory, (uint)tensor.Type);
            WriteInt64(memory, offset);
            offset = Aligned(checked(offset + tensor.Bytes));
        }

        return memory.ToArray();
    }

    private static void WriteValue(MemoryStream memory, GgufValue value)
    {
        WriteUInt32(memory, (uint)value.Type);
        if (value.IsArray)
        {
            WriteUInt32(memory, (uint)value.ElementType);
            WriteInt64(memory, value.Count);
        }

        memory.Write(value.Raw.Span);
    }

    private static void WriteText(MemoryStream memory, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        WriteInt64(memory, utf8.Length);
        memory.Write(utf8);
    }

    private static void WriteUInt32(MemoryStream memory, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        memory.Write(bytes);
    }

    private static void WriteInt64(MemoryStream memory, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        memory.Write(bytes);
    }

    private void WritePadding(Stream stream, long position) => stream.Write(new byte[Aligned(position) - position]);

    private long Aligned(long position) => checked(position + _alignment - 1) / _alignment * _alignment;
}
