using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using NUnit.Framework;
using Winnow.Formats.Gguf;

namespace Winnow.Formats.Tests.Gguf;

public sealed class GgufWriterTests
{
    [Test]
    public void Write_BytesAreExactlyTheFormat()
    {
        var writer = new GgufWriter();
        writer.Add("a", GgufValue.Number(7u));
        writer.Add("b", GgufValue.Texts(["x", ""]));
        writer.AddFloats("t", TensorType.F32, [2, 3], new float[] { 1, 2, 3, 4, 5, 6 });
        writer.AddFloats("u", TensorType.F16, [1], new float[] { 1 });
        byte[] expected = new GgufBytes(tensors: 2, entries: 2)
            .EntryU32("a", 7)
            .Text("b").U32(9).U32(8).U64(2).Text("x").Text("")
            .Tensor("t", 0, 0, 3, 2)
            .Tensor("u", 1, 32, 1)
            .Align()
            .Bytes([.. new float[] { 1, 2, 3, 4, 5, 6 }.SelectMany(BitConverter.GetBytes)])
            .Align()
            .Bytes(0x00, 0x3C)
            .ToArray();
        Assert.That(ToBytes(writer), Is.EqualTo(expected));
    }

    [Test]
    public void Write_EveryValueTypeIsReadBack()
    {
        var writer = new GgufWriter();
        writer.Add("u8", GgufValue.Number((byte)200));
        writer.Add("i8", GgufValue.Number((sbyte)-100));
        writer.Add("u16", GgufValue.Number((ushort)60000));
        writer.Add("i16", GgufValue.Number((short)-30000));
        writer.Add("u32", GgufValue.Number(4_000_000_000u));
        writer.Add("i32", GgufValue.Number(-2_000_000_000));
        writer.Add("u64", GgufValue.Number(ulong.MaxValue));
        writer.Add("i64", GgufValue.Number(long.MinValue));
        writer.Add("f32", GgufValue.Number(1.5f));
        writer.Add("f64", GgufValue.Number(1e300));
        writer.Add("bool", GgufValue.Bool(true));
        writer.Add("text", GgufValue.Text("h\u00e9llo"));
        writer.Add("i32s", GgufValue.Numbers<int>([1, -2, 3]));
        writer.Add("u64s", GgufValue.Numbers<ulong>([1, 2]));
        writer.Add("f32s", GgufValue.Numbers<float>([0.5f]));
        writer.Add("bools", GgufValue.Bools([true, false]));
        writer.Add("none", GgufValue.Numbers<byte>([]));
        writer.Add("tokens", GgufValue.Utf8Texts([new byte[] { 0xFF, 0xC3 }, "ok"u8.ToArray()]));
        using GgufFile file = GgufBytes.OpenBytes(ToBytes(writer));
        GgufMetadata m = file.Metadata;
        Assert.That(m.Entries.Select(e => e.Key).First(), Is.EqualTo("u8"));
        Assert.That(new[] { "u8", "i8", "u16", "i16" }.Select(k => m.GetInt32(k)), Is.EqualTo(new[] { 200, -100, 60000, -30000 }));
        Assert.That(m.GetInt64("u32"), Is.EqualTo(4_000_000_000));
        Assert.That(m.GetInt32("i32"), Is.EqualTo(-2_000_000_000));
        Assert.That(m.GetDouble("u64"), Is.EqualTo((double)ulong.MaxValue));
        Assert.That(m.GetInt64("i64"), Is.EqualTo(long.MinValue));
        Assert.That(m.GetDouble("f32"), Is.EqualTo(1.5));
        Assert.That(m.GetDouble("f64"), Is.EqualTo(1e300));
        Assert.That(m.GetBool("bool"), Is.True);
        Assert.That(m.GetString("text"), Is.EqualTo("h\u00e9llo"));
        Assert.That(m.GetInt32List("i32s"), Is.EqualTo(new[] { 1, -2, 3 }));
        Assert.That(m.GetInt32List("u64s"), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(m.GetSingleList("f32s"), Is.EqualTo(new[] { 0.5f }));
        Assert.That(m.GetBoolList("bools"), Is.EqualTo(new[] { true, false }));
        Assert.That(m.GetInt32List("none"), Is.Empty);
        Assert.That(m.GetUtf8List("tokens")[0].ToArray(), Is.EqualTo(new byte[] { 0xFF, 0xC3 }));
        Assert.That(Encoding.UTF8.GetString(m.GetUtf8List("tokens")[1].Span), Is.EqualTo("ok"));
    }

    [Test]
    public void Write_MetadataOfAnotherFileIsCopiedByteForByte()
    {
        byte[] source = new GgufBytes(entries: 3).EntryText("a", "x").Text("n").U32(9).U32(9).U64(1).U32(4).U64(1).U32(5)
            .EntryU32("general.alignment", 64).ToArray();
        using GgufFile file = GgufBytes.OpenBytes(source);
        var writer = new GgufWriter();
        foreach ((string key, GgufValue value) in file.Metadata.Entries)
        {
            writer.Add(key, value);
        }

        Assert.That(ToBytes(writer), Is.EqualTo(source));
        writer.AddFloats("t", TensorType.F32, [1], new float[] { 1 });
        using GgufFile aligned = GgufBytes.OpenBytes(ToBytes(writer));
        Assert.That(aligned.Alignment, Is.EqualTo(64));
        Assert.That(aligned.Tensors[0].Offset % 64, Is.Zero);
    }

    [Test]
    public void Write_TensorsOfEveryWritableTypeAreReadBack()
    {
        float[] values = [.. Enumerable.Range(0, 3 * 20000 * 32 / 20).Select(i => MathF.Sin(i) * 3)];
        long[] shape = [3, values.Length / 3 / 32, 32];
        var writer = new GgufWriter();
        TensorType[] types = [TensorType.F32, TensorType.Q8_0, TensorType.F16, TensorType.Q4_0, TensorType.BF16];
        foreach (TensorType type in types)
        {
            writer.AddFloats($"t.{type}", type, shape, values);
        }

        using GgufFile file = GgufBytes.OpenBytes(ToBytes(writer));

        // Half a step of the type (a whole one for Q4_0), and half a step of the half-precision scale of a block.
        double[] relative = [0, (1 / 254.0) + (1 / 2048.0), 1 / 2048.0, (1 / 8.0) + (1 / 2048.0), 1 / 256.0];
        for (int t = 0; t < types.Length; t++)
        {
            TensorInfo tensor = file.Tensors[t];
            Assert.That((tensor.Name, tensor.Type), Is.EqualTo(($"t.{types[t]}", types[t])));
            Assert.That(tensor.Shape, Is.EqualTo(shape));
            var read = new float[values.Length];
            file.ReadFloats(tensor, 0, read);
            Assert.That(values.Zip(read, (a, b) => Math.Abs((double)a - b)).Max(), Is.LessThanOrEqualTo(3.0001 * relative[t]), tensor.Name);
            var part = new float[64];
            file.ReadFloats(tensor, 96, part);
            Assert.That(part, Is.EqualTo(read[96..160]));
        }
    }

    [Test]
    public void Write_StoredBytesOfUnsupportedTypesAreCarriedAlong()
    {
        byte[] bytes = [.. Enumerable.Range(0, 4 * 84).Select(i => (byte)i)];
        var writer = new GgufWriter();
        writer.AddBytes("t", TensorType.Q2_K, [2, 512], (offset, destination) => bytes.AsSpan((int)offset, destination.Length).CopyTo(destination));
        using GgufFile file = GgufBytes.OpenBytes(ToBytes(writer));
        var read = new byte[100];
        file.Read(file.Get("t"), 200, read);
        Assert.That(read, Is.EqualTo(bytes[200..300]));
        Assert.That(() => file.ReadFloats(file.Get("t"), 0, new float[256]), Throws.TypeOf<ModelFormatException>().With.Message.Contains("Q2_K"));
    }

    [Test]
    public void Add_WhatTheFormatCannotHoldThrows()
    {
        var writer = new GgufWriter();
        var one = new float[1];
        writer.Add("key", GgufValue.Bool(true));
        writer.AddFloats("t", TensorType.F32, [1], one);
        Assert.That(() => writer.Add("key", GgufValue.Bool(true)), Throws.ArgumentException);
        Assert.That(() => writer.Add("general.alignment", GgufValue.Number(33u)), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("t", TensorType.F32, [1], one), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("u", TensorType.F32, [2], one), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("u", TensorType.F32, [], one), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("u", TensorType.F32, [1, 1, 1, 1, 1], one), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("u", TensorType.F32, [0], Array.Empty<float>()), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats("u", TensorType.Q8_0, [1], one), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => writer.AddFloats("u", TensorType.Q6_K, [1], one), Throws.ArgumentException);
        Assert.That(() => writer.AddFloats(new string('n', 64), TensorType.F32, [1], one), Throws.ArgumentException);
        Assert.That(() => writer.AddBytes("u", TensorType.U8, [1], (_, _) => { }), Throws.ArgumentException);
        Assert.That(() => writer.AddBytes("u", TensorType.F32, [1L << 40, 1L << 40], (_, _) => { }), Throws.ArgumentException);
        Assert.That(() => GgufValue.Number(1m), Throws.InstanceOf<NotSupportedException>());
    }

    [Test]
    public void Write_FailureOrCancellationLeavesTheOldFileAlone()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.gguf", [1, 2, 3]);
        using var cancellation = new CancellationTokenSource();
        var failing = new GgufWriter();
        failing.AddFloats("t", TensorType.F32, [100_000], (offset, _) => throw new InvalidOperationException($"at {offset}"));
        Assert.That(() => failing.Write(path), Throws.InvalidOperationException);
        var cancelled = new GgufWriter();
        cancelled.AddFloats("t", TensorType.F32, [100_000], (_, _) => cancellation.Cancel());
        Assert.That(() => cancelled.Write(path, cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(folder.Files, Has.Length.EqualTo(1));
        new GgufWriter().Write(path);
        using GgufFile file = GgufFile.Open(path);
        Assert.That(file.Tensors, Is.Empty);
        Assert.That(folder.Files, Has.Length.EqualTo(1));
    }

    private static byte[] ToBytes(GgufWriter writer)
    {
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }
}
