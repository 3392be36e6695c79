using System;
using System.IO;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Safetensors;

namespace Winnow.Formats.Tests.Safetensors;

public sealed class SafetensorsWriterTests
{
    [Test]
    public void Write_BytesAreExactlyTheFormat()
    {
        var writer = new SafetensorsWriter();
        writer.AddFloats("h", TensorType.F16, [1], new float[] { 1 });
        writer.AddFloats("t", TensorType.F32, [2, 1], new float[] { 1, -2 });
        writer.Add("format", "pt");
        const string Json = "{\"__metadata__\":{\"format\":\"pt\"},\"t\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]},"
            + "\"h\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[8,10]}}";
        byte[] text = Encoding.UTF8.GetBytes(Json.PadRight((Json.Length + 7) / 8 * 8));
        byte[] expected =
            [.. BitConverter.GetBytes((long)text.Length), .. text, .. BitConverter.GetBytes(1f), .. BitConverter.GetBytes(-2f), 0x00, 0x3C];
        Assert.That(ToBytes(writer), Is.EqualTo(expected));
    }

    [Test]
    public void Write_TensorsAndMetadataAreReadBack()
    {
        using SafetensorsFile file = SafetensorsBytes.Open(Kilobyte());
        Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
        Assert.That(file.Get("u8").Type, Is.EqualTo(TensorType.U8));
        foreach (string name in new[] { "f32", "f16", "bf16" })
        {
            var values = new float[12];
            file.ReadFloats(file.Get(name), 0, values);
            Assert.That(values, Is.EqualTo(Enumerable.Range(0, 12).Select(i => i / 4f)), name);
            Assert.That(file.Get(name).Shape, Is.EqualTo(new long[] { 3, 4 }), name);
        }

        var bytes = new byte[3];
        file.Read(file.Get("u8"), 1, bytes);
        Assert.That(bytes, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(() => file.ReadFloats(file.Get("u8"), 0, new float[1]), Throws.TypeOf<ModelFormatException>());
    }

    [Test]
    public void Write_NamesThatNeedEscapesAreReadBack()
    {
        var writer = new SafetensorsWriter();
        string[] names = ["a\"b", "\u00e9\n", "a/b\\c", "\U0001F600"];
        foreach (string name in names)
        {
            writer.AddFloats(name, TensorType.F32, [1], new float[] { 1 });
        }

        using SafetensorsFile file = SafetensorsBytes.Open(ToBytes(writer));
        Assert.That(file.Tensors.Select(t => t.Name), Is.EqualTo(names));
    }

    [Test]
    public void Add_WhatTheFormatCannotHoldThrows()
    {
        var writer = new SafetensorsWriter();
        writer.Add("k", "v");
        Assert.That(() => writer.Add("k", "v"), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("__metadata__", TensorType.F32, [1], new float[1]), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("t", TensorType.Q8_0, [32], new float[32]), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("t", TensorType.F32, new long[9], Array.Empty<float>()), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("t", TensorType.F32, [-1], new float[1]), Throws.InstanceOf<ArgumentException>());
    }

    internal static byte[] Kilobyte()
    {
        float[] values = [.. Enumerable.Range(0, 12).Select(i => i / 4f)];
        byte[] bytes = [.. Enumerable.Range(0, 400).Select(i => (byte)i)];
        var writer = new SafetensorsWriter();
        writer.Add("format", "pt");
        writer.AddBytes("u8", TensorType.U8, [20, 20], (offset, destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination));
        writer.AddFloats("f32", TensorType.F32, [3, 4], values);
        writer.AddFloats("f16", TensorType.F16, [3, 4], values);
        writer.AddFloats("bf16", TensorType.BF16, [3, 4], values);
        writer.AddFloats("scalar", TensorType.F32, [], values.AsMemory(0, 1));
        writer.AddFloats("empty", TensorType.F32, [0, 4], ReadOnlyMemory<float>.Empty);
        return ToBytes(writer);
    }

    internal static byte[] ToBytes(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }
}
