using System;
using System.IO;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Safetensors;

namespace Winnow.Formats.Tests.Safetensors;

public sealed class SafetensorsShardTests
{
    private const string Index = "model.safetensors.index.json";
    private const string First = "model-00001-of-00002.safetensors";
    private const string Second = "model-00002-of-00002.safetensors";

    [Test]
    public void Open_ShardedModelLooksLikeOneFile()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder);
        using SafetensorsFile file = SafetensorsFile.Open(WriteIndex(folder, $"\"c\":\"{Second}\",\"a\":\"{First}\""));
        Assert.That(file.Parts, Is.EqualTo(2));
        Assert.That(file.Tensors.Select(t => t.Name), Is.EqualTo(new[] { "c", "a" }), "the index decides: b is not listed");
        Assert.That(file.Path, Is.EqualTo(folder[Index]));
        Assert.That(file.Get("c").Path, Is.EqualTo(folder[Second]));
        var value = new float[1];
        file.ReadFloats(file.Get("c"), 0, value);
        Assert.That(value[0], Is.EqualTo(3f));
        file.Dispose();
        Assert.That(() => file.ReadFloats(file.Get("a"), 0, value), Throws.InstanceOf<ObjectDisposedException>());
    }

    [TestCase("\"a\":\"../x\"", "plain name")]
    [TestCase("\"a\":\"/etc/hosts\"", "plain name")]
    [TestCase("\"a\":\"b/c.safetensors\"", "plain name")]
    [TestCase("\"a\":\"b\\\\c.safetensors\"", "plain name")]
    [TestCase("\"a\":\"C:x\"", "plain name")]
    [TestCase("\"a\":\"..\"", "plain name")]
    [TestCase("\"a\":\".\"", "plain name")]
    [TestCase("\"a\":\"\"", "plain name")]
    [TestCase("\"a\":\"x\\u0000y\"", "plain name")]
    [TestCase("\"a\":1", "plain name")]
    [TestCase("\"a\":\"none.safetensors\"", "does not exist")]
    [TestCase("\"c\":\"" + First + "\"", "not there")]
    [TestCase("\"a\":\"" + First + "\",\"a\":\"" + First + "\"", "twice")]
    [TestCase("\"a\":\"" + Index + "\"", "header")]
    public void Open_BadIndexThrowsWithReason(string map, string reason)
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder);
        string path = WriteIndex(folder, map);
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains(reason));
    }

    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("{\"weight_map\":[]}")]
    [TestCase("{\"weight_map\":{},\"weight_map\":{}}")]
    [TestCase("{\"weight_map\":{}")]
    public void Open_IndexOfAnotherShapeThrows(string json)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write(Index, Encoding.UTF8.GetBytes(json));
        Assert.That(() => SafetensorsFile.Open(path), Throws.TypeOf<ModelFormatException>());
    }

    [Test]
    public void Open_SparseFileOver2GiBIsReadAtItsEnd()
    {
        const long BigBytes = (2L << 30) + 64;
        using var folder = new TemporaryFolder();
        string json = $"{{\"big\":{{\"dtype\":\"U8\",\"shape\":[{BigBytes}],\"data_offsets\":[0,{BigBytes}]}},"
            + $"\"last\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{BigBytes},{BigBytes + 4}]}}}}";
        byte[] header = SafetensorsBytes.Make(json, 0);
        string path = folder["big.safetensors"];
        using (FileStream stream = File.Create(path))
        {
            stream.Write(header);
            stream.Position = header.Length + BigBytes;
            stream.Write(BitConverter.GetBytes(5f));
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        var value = new float[1];
        file.ReadFloats(file.Get("last"), 0, value);
        Assert.That(value[0], Is.EqualTo(5f));
        var bytes = new byte[2];
        file.Read(file.Get("big"), BigBytes - 2, bytes);
        Assert.That(bytes, Is.EqualTo(new byte[2]));
    }

    private static void WriteShards(TemporaryFolder folder)
    {
        var first = new SafetensorsWriter();
        first.AddFloats("a", TensorType.F32, [1], new float[] { 1 });
        first.AddFloats("b", TensorType.F32, [1], new float[] { 2 });
        first.Write(folder[First]);
        var second = new SafetensorsWriter();
        second.AddFloats("c", TensorType.F32, [1], new float[] { 3 });
        second.Write(folder[Second]);
    }

    private static string WriteIndex(TemporaryFolder folder, string map) =>
        folder.Write(Index, Encoding.UTF8.GetBytes($"{{\"metadata\":{{\"total_size\":12}},\"weight_map\":{{{map}}}}}"));
}
