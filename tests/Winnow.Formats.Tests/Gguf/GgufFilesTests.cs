using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Formats.Gguf;

namespace Winnow.Formats.Tests.Gguf;

/// <summary>GGUF as files: sizes, truncation, parts, disposal.</summary>
public sealed class GgufFilesTests
{
    [Test]
    public void Open_EveryTruncationPointThrowsWithOffset()
    {
        byte[] whole = Kilobyte();
        Assert.That(whole, Has.Length.InRange(900, 1200));
        GgufBytes.OpenBytes(whole).Dispose();
        for (int length = 0; length < whole.Length; length++)
        {
            byte[] cut = whole[..length];
            var error = Assert.Throws<ModelFormatException>(() => GgufBytes.OpenBytes(cut).Dispose(), $"{length} bytes");
            Assert.That(error!.Offset, Is.Not.Null.And.LessThanOrEqualTo(whole.Length), $"{length} bytes");
        }
    }

    [Test]
    public void Open_TruncatedFilesOnDiskThrow()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = Kilobyte();
        for (int length = 0; length < whole.Length; length += 37)
        {
            string path = folder.Write("cut.gguf", whole[..length]);
            Assert.That(() => GgufFile.Open(path), Throws.TypeOf<ModelFormatException>().With.Property("Path").EqualTo(path));
        }
    }

    [Test]
    public void Open_MissingFileAndDirectoryHaveTheirOwnMessages()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => GgufFile.Open(folder["none.gguf"]), Throws.TypeOf<ModelFormatException>().With.Message.Contains("does not exist"));
        Assert.That(() => GgufFile.Open(Path.GetTempPath()), Throws.TypeOf<ModelFormatException>().With.Message.Contains("is a directory"));
        Assert.That(() => GgufFile.Open(""), Throws.ArgumentException);
    }

    [Test]
    public void Open_SparseFileOver4GiBIsReadAtItsEnd()
    {
        const ulong BigBytes = (4UL << 30) + 64;
        using var folder = new TemporaryFolder();
        string path = folder["big.gguf"];
        byte[] header = new GgufBytes(2).Tensor("big", 0, 0, 16, BigBytes / 64).Tensor("last", 0, BigBytes, 4).Align().ToArray();
        using (FileStream stream = File.Create(path))
        {
            stream.Write(header);
            stream.SetLength(header.Length + (long)BigBytes);
            stream.Position = header.Length + (long)BigBytes - 4;
            stream.Write(BitConverter.GetBytes(7f));
            stream.Write([.. new float[] { 1, 2, 3, 4 }.SelectMany(BitConverter.GetBytes)]);
        }

        using GgufFile file = GgufFile.Open(path);
        var values = new float[4];
        file.ReadFloats(file.Get("last"), 0, values);
        Assert.That(values, Is.EqualTo(new float[] { 1, 2, 3, 4 }));
        TensorInfo big = file.Get("big");
        Assert.That(big.Bytes, Is.EqualTo((long)BigBytes));
        file.ReadFloats(big, big.Elements - 2, values.AsSpan(0, 2));
        Assert.That(values[..2], Is.EqualTo(new float[] { 0, 7 }));
    }

    [Test]
    public void Read_OutsideTheTensorOrOfAnotherFileThrows()
    {
        using GgufFile file = GgufBytes.OpenBytes(Kilobyte());
        using GgufFile other = GgufBytes.OpenBytes(Kilobyte());
        TensorInfo tensor = file.Tensors[0];
        Assert.That(() => file.Read(tensor, -1, new byte[1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => file.Read(tensor, tensor.Bytes, new byte[1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => file.Read(tensor, long.MaxValue, new byte[1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => file.ReadFloats(tensor, tensor.Elements, new float[1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => other.Read(tensor, 0, new byte[1]), Throws.ArgumentException);
        file.Read(tensor, tensor.Bytes, []);
    }

    [Test]
    public void Get_UnknownNameListsNearNames()
    {
        using GgufFile file = GgufBytes.OpenBytes(Kilobyte());
        Assert.That(file.TryGet("blk.0.attn_k.bias", out _), Is.False);
        Assert.That(() => file.Get("blk.1.attn_k.bias"), Throws.TypeOf<ModelFormatException>()
            .With.Message.Contains("blk.1.attn_k.weight").And.Property("Key").EqualTo("blk.1.attn_k.bias"));
        using GgufFile empty = new GgufBytes().Open();
        Assert.That(() => empty.Get("x"), Throws.TypeOf<ModelFormatException>().With.Message.Contains("no tensors"));
    }

    [Test]
    public void Dispose_LaterReadsThrowAndTwiceIsHarmless()
    {
        using var folder = new TemporaryFolder();
        GgufFile file = GgufFile.Open(folder.Write("a.gguf", Kilobyte()));
        file.Dispose();
        file.Dispose();
        Assert.That(() => file.Read(file.Tensors[0], 0, new byte[4]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => file.ReadFloats(file.Tensors[0], 0, new float[1]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(file.Metadata.Has("general.name"), Is.True);
    }

    [Test]
    public async Task Dispose_DuringReadsOnAnotherThreadNeverFaults()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.gguf", Kilobyte());
        for (int i = 0; i < 50; i++)
        {
            GgufFile file = GgufFile.Open(path);
            Task<bool> reader = Task.Run(() => ReadUntilDisposed(file));
            file.Read(file.Tensors[0], 0, new byte[4]);
            file.Dispose();
            Assert.That(await reader.ConfigureAwait(false), Is.True);
        }
    }

    [Test]
    public void Open_SplitModelLooksLikeOneFile()
    {
        using var folder = new TemporaryFolder();
        string first = WriteParts(folder, 3);
        using GgufFile file = GgufFile.Open(first);
        Assert.That(file.Parts, Is.EqualTo(3));
        Assert.That(file.Tensors.Select(t => t.Name), Is.EqualTo(new[] { "t0", "t1", "t2" }));
        for (int i = 0; i < 3; i++)
        {
            var values = new float[1];
            file.ReadFloats(file.Get($"t{i}"), 1, values);
            Assert.That(values[0], Is.EqualTo(10f + i));
        }

        Assert.That(file.Get("t2").Path, Is.EqualTo(folder["m-00003-of-00003.gguf"]));
        Assert.That(file.Metadata.GetString("general.architecture"), Is.EqualTo("llama"));
    }

    public static IEnumerable<TestCaseData> BrokenParts()
    {
        yield return Broken("a later part is opened", "open the first part", f => f["m-00002-of-00003.gguf"]);
        yield return Broken("a part is missing", "does not exist", f => Delete(f["m-00002-of-00003.gguf"], f));
        yield return Broken("a part is there twice", "was expected", f => Copy(f["m-00002-of-00003.gguf"], f["m-00003-of-00003.gguf"], f));
        yield return Broken("a part of another split", "was expected", f => WritePart(f, "m-00002-of-00003.gguf", 1, 4, 3, "t1"));
        yield return Broken("a tensor is there twice", "two tensors", f => WritePart(f, "m-00003-of-00003.gguf", 2, 3, 3, "t1"));
        yield return Broken("the first part has another name", "must end in", f => Copy(f["m-00001-of-00003.gguf"], f["x.gguf"], f, "x.gguf"));
        yield return Broken("the total is wrong", "4 were split", f => WritePart(f, "m-00001-of-00003.gguf", 0, 3, 4, "t0"));
        yield return Broken("the count is absurd", "must end in", f => WritePart(f, "m-00001-of-00003.gguf", 0, int.MaxValue, 3, "t0"));
    }

    [TestCaseSource(nameof(BrokenParts))]
    public void Open_BrokenSplitThrowsWithReason(Func<object, string> arrange, string reason)
    {
        using var folder = new TemporaryFolder();
        WriteParts(folder, 3);
        string path = arrange(folder);
        Assert.That(() => GgufFile.Open(path), Throws.TypeOf<ModelFormatException>().With.Message.Contains(reason));
    }

    internal static byte[] Kilobyte()
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", GgufValue.Text("llama"));
        writer.Add("general.name", GgufValue.Text("small"));
        writer.Add("llama.block_count", GgufValue.Number(2u));
        writer.Add("tokenizer.ggml.tokens", GgufValue.Texts(["<unk>", "<s>", "a", "b"]));
        writer.Add("tokenizer.ggml.scores", GgufValue.Numbers<float>([0, -1, -2, -3]));
        writer.Add("flags", GgufValue.Bools([true, false]));
        float[] values = [.. Enumerable.Range(0, 64).Select(i => i / 7f)];
        writer.AddFloats("blk.0.attn_k.weight", TensorType.Q8_0, [2, 32], values);
        writer.AddFloats("blk.1.attn_k.weight", TensorType.Q4_0, [2, 32], values);
        writer.AddFloats("norm.weight", TensorType.F32, [64], values);
        writer.AddFloats("half", TensorType.F16, [2, 2, 2, 2], values.AsMemory(0, 16));
        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }

    private static bool ReadUntilDisposed(GgufFile file)
    {
        var bytes = new byte[32];
        try
        {
            while (true)
            {
                file.Read(file.Tensors[0], 0, bytes);
            }
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
    }

    private static string WriteParts(TemporaryFolder folder, int count)
    {
        for (int i = 0; i < count; i++)
        {
            WritePart(folder, $"m-{i + 1:D5}-of-{count:D5}.gguf", i, count, count, $"t{i}");
        }

        return folder[$"m-00001-of-{count:D5}.gguf"];
    }

    private static string WritePart(TemporaryFolder folder, string name, int number, int count, int total, string tensor)
    {
        var writer = new GgufWriter();
        writer.Add("general.architecture", GgufValue.Text(number == 0 ? "llama" : "ignored"));
        writer.Add("split.no", GgufValue.Number((ushort)number));
        writer.Add("split.count", GgufValue.Number((uint)count));
        writer.Add("split.tensors.count", GgufValue.Number(total));
        writer.AddFloats(tensor, TensorType.F32, [2], new float[] { 0, 10 + number });
        writer.Write(folder[name]);
        return folder["m-00001-of-00003.gguf"];
    }

    private static TestCaseData Broken(string name, string reason, Func<TemporaryFolder, string> arrange) =>
        new TestCaseData((Func<object, string>)(folder => arrange((TemporaryFolder)folder)), reason).SetArgDisplayNames(name);

    private static string Delete(string path, TemporaryFolder folder)
    {
        File.Delete(path);
        return folder["m-00001-of-00003.gguf"];
    }

    private static string Copy(string from, string to, TemporaryFolder folder, string open = "m-00001-of-00003.gguf")
    {
        File.Copy(from, to, overwrite: true);
        return folder[open];
    }
}
