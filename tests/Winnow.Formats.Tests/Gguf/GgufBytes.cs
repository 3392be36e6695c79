using System;
using System.Collections.Generic;
using System.Text;
using Winnow.Formats.Gguf;

namespace Winnow.Formats.Tests.Gguf;

/// <summary>Writes GGUF bytes by hand, wrong ones as well, without any code of the product.</summary>
internal sealed class GgufBytes
{
    private readonly List<byte> _bytes = [];

    public GgufBytes(ulong tensors = 0, ulong entries = 0, uint version = 3)
    {
        Bytes([.. "GGUF"u8]).U32(version).U64(tensors).U64(entries);
    }

    public GgufBytes Text(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return U64((ulong)bytes.Length).Bytes(bytes);
    }

    public GgufBytes U32(uint value) => Bytes(BitConverter.GetBytes(value));

    public GgufBytes U64(ulong value) => Bytes(BitConverter.GetBytes(value));

    public GgufBytes Bytes(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public GgufBytes EntryU32(string key, uint value) => Text(key).U32(4).U32(value);

    public GgufBytes EntryText(string key, string value) => Text(key).U32(8).Text(value);

    public GgufBytes Tensor(string name, uint type, ulong offset, params ulong[] dims)
    {
        Text(name).U32((uint)dims.Length);
        foreach (ulong dim in dims)
        {
            U64(dim);
        }

        return U32(type).U64(offset);
    }

    public GgufBytes Align(int alignment = 32)
    {
        while (_bytes.Count % alignment != 0)
        {
            _bytes.Add(0);
        }

        return this;
    }

    public byte[] ToArray() => [.. _bytes];

    public GgufFile Open() => OpenBytes(ToArray());

    public static GgufFile OpenBytes(byte[] bytes) => GgufFile.Open(
        new MemoryByteSource("test.gguf", bytes), path => throw new ModelFormatException("no such part", path));
}
