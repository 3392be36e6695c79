using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Safetensors;

namespace Winnow.Formats.Tests.Safetensors;

/// <summary>One file for each rule that a safetensors reader must enforce.</summary>
public sealed class SafetensorsHostileTests
{
    private const string T = "{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    public static IEnumerable<TestCaseData> Hostile()
    {
        yield return Case("too short", "cut off", new byte[7]);
        yield return Case("header over the file", "header claims", SafetensorsBytes.Make("{}", 0, 3));
        yield return Case("header over 2^63", "header claims", SafetensorsBytes.Make("{}", 0, ulong.MaxValue));
        yield return Case("no header", "does not begin", new byte[8]);
        yield return Case("not an object", "does not begin", "[]", 0);
        yield return Case("white space first", "does not begin", " {}", 0);
        yield return Case("text after the object", "not valid", "{} x", 0);
        yield return Case("object not closed", "not valid", "{\"t\":" + T, 8);
        yield return Case("bad escape", "not valid", "{\"\\ud800\":" + T + "}", 8);
        yield return Case("bad UTF-8", "not valid", SafetensorsBytes.Make("{\"xx\":" + T + "}", 8).Select(b => b == (byte)'x' ? (byte)0xC3 : b).ToArray());
        yield return Case("deep nesting", "", "{\"t\":" + string.Concat(Enumerable.Repeat("{\"a\":", 100)), 0);
        yield return Case("name twice", "two tensors", "{\"t\":" + T + ",\"t\":" + T + "}", 8);
        yield return Case("name twice by escape", "two tensors", "{\"t\":" + T + ",\"\\u0074\":" + T + "}", 8);
        yield return Case("tensor not an object", "object was expected", "{\"t\":[]}", 0);
        yield return Case("no dtype", "needs dtype", "{\"t\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
        yield return Case("no shape", "needs dtype", "{\"t\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8);
        yield return Case("no offsets", "needs dtype", "{\"t\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8);
        yield return Case("dtype a number", "not a string", "{\"t\":{\"dtype\":1,\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
        yield return Case("field twice", "repeated", "{\"t\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
        yield return Case("other field", "repeated", "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8);
        yield return Case("shape negative", "whole numbers", One("[-2]", 0, 8), 8);
        yield return Case("shape fractional", "whole numbers", One("[2.5]", 0, 8), 8);
        yield return Case("shape over 2^63", "whole numbers", One("[9223372036854775808]", 0, 8), 8);
        yield return Case("shape a number", "must be arrays", One("2", 0, 8), 8);
        yield return Case("shape of nine", "at most 8", One("[1,1,1,1,1,1,1,1,2]", 0, 8), 8);
        yield return Case("three offsets", "at most 2", "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4,8]}}", 8);
        yield return Case("one offset", "two data_offsets", "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8]}}", 8);
        yield return Case("product overflow", "2^60", One("[4294967296,4294967296]", 0, 8), 8);
        yield return Case("size mismatch", "takes 12 bytes", One("[3]", 0, 8), 8);
        yield return Case("size mismatch, too many bytes", "takes 4 bytes", One("[1]", 0, 8), 8);
        yield return Case("offsets reversed", "not a range", One("[2]", 8, 0), 8);
        yield return Case("end after the file", "not a range", One("[2]", 0, 8), 7);
        yield return Case("hole", "hole", One("[2]", 4, 12), 12);
        yield return Case("tail", "end at byte", One("[2]", 0, 8), 9);
        yield return Case("overlap", "overlaps", "{\"a\":" + T + ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12);
        yield return Case("same bytes", "overlaps", "{\"a\":" + T + ",\"b\":" + T + "}", 8);
        yield return Case("metadata not strings", "must be strings", "{\"__metadata__\":{\"a\":1}}", 0);
        yield return Case("metadata twice", "two tensors", "{\"__metadata__\":{},\"__metadata__\":{}}", 0);
        yield return Case("metadata key twice", "different keys", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0);
        yield return Case("metadata not an object", "object was expected", "{\"__metadata__\":\"x\"}", 0);
    }

    [TestCaseSource(nameof(Hostile))]
    public void Open_HostileFileThrowsWithReason(byte[] bytes, string reason)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<ModelFormatException>(() => SafetensorsBytes.Open(bytes).Dispose());
        Assert.That(error!.Message, Does.Contain(reason));
        Assert.That(error.Path, Is.EqualTo("test.safetensors"));
        Assert.That(error.Offset, Is.Not.Null);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Open_HeaderOver100MegabytesIsRefusedBeforeItIsRead()
    {
        using var folder = new TemporaryFolder();
        string path = folder["big.safetensors"];
        using (FileStream stream = File.Create(path))
        {
            stream.Write(BitConverter.GetBytes(100_000_001UL));
            stream.Write("{"u8);
            stream.SetLength(200_000_000);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains("header claims"));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Open_UnknownDtypeIsListedAndOnlyReadingIsRefused()
    {
        string json = "{\"q\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[8,10]},\"t\":" + T + "}";
        using SafetensorsFile file = SafetensorsBytes.Open(SafetensorsBytes.Make(json, 10));
        TensorInfo unknown = file.Get("q");
        Assert.That((unknown.Type, unknown.TypeName, unknown.Bytes), Is.EqualTo((TensorType.Unknown, "F4", 2L)));
        Assert.That(() => file.Read(unknown, 0, new byte[1]), Throws.TypeOf<ModelFormatException>().With.Message.Contains("F4"));
        var bytes = new byte[8];
        file.Read(file.Get("t"), 0, bytes);
        Assert.That(bytes, Is.EqualTo(new byte[] { 0, 1, 2, 3, 4, 5, 6, 7 }));
    }

    [Test]
    public void Open_ScalarsAndEmptyTensorsAreAllowed()
    {
        string json = "{\"__metadata__\":{\"format\":\"pt\"},\"s\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]},"
            + "\"e\":{\"dtype\":\"F32\",\"shape\":[0,4611686018427387904],\"data_offsets\":[4,4]}}   ";
        using SafetensorsFile file = SafetensorsBytes.Open(SafetensorsBytes.Make(json, 4));
        Assert.That(file.Get("s").Elements, Is.EqualTo(1));
        Assert.That((file.Get("e").Elements, file.Get("e").Bytes), Is.EqualTo((0L, 0L)));
        Assert.That(file.Metadata["format"], Is.EqualTo("pt"));
        file.Read(file.Get("e"), 0, []);
    }

    [Test]
    public void Open_EveryTruncationPointThrowsWithOffset()
    {
        byte[] whole = SafetensorsWriterTests.Kilobyte();
        Assert.That(whole, Has.Length.InRange(900, 1300));
        SafetensorsBytes.Open(whole).Dispose();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            var error = Assert.Throws<ModelFormatException>(() => SafetensorsBytes.Open(cut).Dispose(), $"{length} bytes");
            Assert.That(error!.Offset, Is.Not.Null, $"{length} bytes");
        }
    }

    private static string One(string shape, int begin, int end) =>
        $"{{\"t\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":[{begin},{end}]}}}}";

    private static TestCaseData Case(string name, string reason, string json, int dataBytes) =>
        Case(name, reason, SafetensorsBytes.Make(json, dataBytes));

    private static TestCaseData Case(string name, string reason, byte[] bytes) => new TestCaseData(bytes, reason).SetArgDisplayNames(name);
}
