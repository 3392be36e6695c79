using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Gguf;

namespace Winnow.Formats.Tests.Gguf;

/// <summary>One file for each rule that a GGUF reader must enforce.</summary>
public sealed class GgufHostileTests
{
    private const uint F32 = 0;
    private const uint Q80 = 8;

    public static IEnumerable<TestCaseData> Hostile()
    {
        yield return Case("magic", "not a GGUF file", Enumerable.Repeat((byte)'x', 64).ToArray());
        yield return Case("version 1", "version 1", new GgufBytes(version: 1));
        yield return Case("version 4", "version 4", new GgufBytes(version: 4));
        yield return Case("big-endian", "big-endian", new GgufBytes(version: 0x03000000));
        yield return Case("tensor count", "number of tensors", new GgufBytes(tensors: ulong.MaxValue).Bytes(new byte[64]));
        yield return Case("entry count", "number of metadata", new GgufBytes(entries: 1UL << 40).Bytes(new byte[64]));
        yield return Case("key length", "length of a metadata key", new GgufBytes(entries: 1).U64(ulong.MaxValue).Bytes(new byte[64]));
        yield return Case("long key", "length of a metadata key", new GgufBytes(entries: 1).Text(new string('k', 65536)).U32(4).U32(1));
        yield return Case("empty key", "is empty", new GgufBytes(entries: 1).EntryU32("", 1).U32(0));
        yield return Case("key not UTF-8", "not valid UTF-8", new GgufBytes(entries: 1).U64(2).Bytes(0xC3, 0x28).U32(4).U32(1));
        yield return Case("key twice", "twice", new GgufBytes(entries: 2).EntryU32("a", 1).EntryU32("a", 1));
        yield return Case("value type", "value type 13", new GgufBytes(entries: 1).Text("a").U32(13).U64(0));
        yield return Case("bool", "truth value", new GgufBytes(entries: 1).Text("a").U32(7).Bytes(2));
        yield return Case("bool in array", "truth value", new GgufBytes(entries: 1).Text("a").U32(9).U32(7).U64(2).Bytes(1, 2));
        yield return Case("string length", "length of a string", new GgufBytes(entries: 1).Text("a").U32(8).U64(1UL << 62).Bytes(new byte[9]));
        yield return Case("array length", "length of an array", new GgufBytes(entries: 1).Text("a").U32(9).U32(12).U64(3).Bytes(new byte[23]));
        yield return Case("array length overflow", "length of an array", new GgufBytes(entries: 1).Text("a").U32(9).U32(12).U64(1UL << 61).U64(0));
        yield return Case("array element type", "value type 99", new GgufBytes(entries: 1).Text("a").U32(9).U32(99).U64(0));
        yield return Case("string in array", "length of a string", new GgufBytes(entries: 1).Text("a").U32(9).U32(8).U64(1).U64(99));
        yield return Case("deep nesting", "nested deeper", Nested(65));
        yield return Case("alignment zero", "power of two", new GgufBytes(entries: 1).EntryU32("general.alignment", 0));
        yield return Case("alignment 48", "power of two", new GgufBytes(entries: 1).EntryU32("general.alignment", 48));
        yield return Case("alignment 2 MiB", "power of two", new GgufBytes(entries: 1).EntryU32("general.alignment", 1 << 21));
        yield return Case("alignment u64", "32-bit", new GgufBytes(entries: 1).Text("general.alignment").U32(10).U64(32));
        yield return Case("no dimensions", "0 dimensions", One("t", F32, 0));
        yield return Case("five dimensions", "5 dimensions", One("t", F32, 0, 1, 1, 1, 1, 1));
        yield return Case("zero size", "no elements", One("t", F32, 0, 4, 0));
        yield return Case("dimension over 2^63", "dimension", One("t", F32, 0, 1UL << 63));
        yield return Case("product overflow", "2^63 elements", One("t", F32, 0, 1UL << 32, 1UL << 32));
        yield return Case("byte overflow", "2^63 bytes", One("t", F32, 0, 1UL << 62));
        yield return Case("row not whole blocks", "multiple of the 32", One("t", Q80, 0, 33, 32));
        yield return Case("removed type", "removed from the format", One("t", 4, 0, 32));
        yield return Case("removed repacked type", "removed from the format", One("t", 36, 0, 32));
        yield return Case("misaligned offset", "multiple of the alignment", One("t", F32, 16, 8));
        yield return Case("offset after the end", "end after the file", One("t", F32, 1UL << 62, 8));
        yield return Case("offset wraps", "end after the file", One("t", F32, ulong.MaxValue - 31, 8));
        yield return Case("size after the end", "end after the file", One("t", F32, 0, 17));
        yield return Case("long name", "length of a tensor's name", One(new string('n', 257), F32, 0, 8));
        yield return Case("empty name", "is empty", One("", F32, 0, 8));
        yield return Case("name twice", "two tensors", Two("t", 0, "t", 32));
        yield return Case("overlap", "overlaps", Two("a", 0, "b", 0));
        yield return Case("partial overlap", "overlaps", new GgufBytes(2).Tensor("a", F32, 0, 9).Tensor("b", F32, 32, 4).Align().Bytes(new byte[64]));
    }

    [TestCaseSource(nameof(Hostile))]
    public void Open_HostileFileThrowsWithReason(byte[] bytes, string reason)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ModelFormatException>(() => GgufBytes.OpenBytes(bytes).Dispose());
        Assert.That(error!.Message, Does.Contain(reason));
        Assert.That(error.Path, Is.EqualTo("test.gguf"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Open_UnknownTensorTypeIsListedAndOnlyReadingIsRefused()
    {
        using GgufFile file = Two("a", 0, "b", 32, firstType: 77).Open();
        TensorInfo unknown = file.Get("a");
        Assert.That(unknown.Type, Is.EqualTo(TensorType.Unknown));
        Assert.That(unknown.TypeName, Is.EqualTo("type 77"));
        Assert.That(() => file.Read(unknown, 0, new byte[1]), Throws.TypeOf<ModelFormatException>().With.Message.Contains("type 77"));
        Assert.That(() => file.ReadFloats(unknown, 0, new float[1]), Throws.TypeOf<ModelFormatException>());
        file.Read(file.Get("b"), 0, new byte[32]);
    }

    [Test]
    public void Open_NestedArraysUpToTheCapAreCarriedAlong()
    {
        using GgufFile file = GgufBytes.OpenBytes(Nested(64));
        GgufValue value = file.Metadata.Get("a");
        Assert.That(value.ElementType, Is.EqualTo(GgufValueType.Array));
        Assert.That(() => file.Metadata.GetInt32List("a"), Throws.TypeOf<ModelFormatException>());
    }

    private static TestCaseData Case(string name, string reason, GgufBytes bytes) => Case(name, reason, bytes.ToArray());

    private static TestCaseData Case(string name, string reason, byte[] bytes) =>
        new TestCaseData(bytes, reason).SetArgDisplayNames(name);

    private static byte[] Nested(int depth)
    {
        GgufBytes bytes = new GgufBytes(entries: 1).Text("a").U32(9);
        for (int i = 1; i < depth; i++)
        {
            bytes.U32(9).U64(1);
        }

        return bytes.U32(0).U64(0).ToArray();
    }

    private static GgufBytes One(string name, uint type, ulong offset, params ulong[] dims) =>
        new GgufBytes(1).Tensor(name, type, offset, dims).Align().Bytes(new byte[64]);

    private static GgufBytes Two(string a, ulong aOffset, string b, ulong bOffset, uint firstType = F32) =>
        new GgufBytes(2).Tensor(a, firstType, aOffset, 8).Tensor(b, F32, bOffset, 8).Align().Bytes(new byte[64]);
}
