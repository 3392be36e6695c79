using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;
using Winnow.Formats.Gguf;
using Winnow.Formats.Tests.Gguf;

namespace Winnow.Formats.Tests.Fuzzing;

public sealed class GgufFuzzTests
{
    private static readonly byte[][] Seeds = [GgufFilesTests.Kilobyte(), EveryValueType(), GgufFilesTests.Kilobyte()[..64]];

    [Test]
    public void Open_MutantsInMemoryAreReadOrRefused([Values(1, 2, 3, 4)] int seed)
    {
        const int Mutants = 3000;
        int read = FormatFuzz.Run(Mutants, Maker(seed), bytes => ReadAll(GgufBytes.OpenBytes(bytes)));
        Assert.That(read, Is.InRange(Mutants / 50, Mutants * 9 / 10), "most mutants must be refused, but not all");
    }

    [Test]
    public void Open_MutantsOnDiskAreReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        string path = folder["mutant.gguf"];
        FormatFuzz.Run(300, Maker(5), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            ReadAll(GgufFile.Open(path));
        });
    }

    private static Func<byte[]> Maker(int seed)
    {
        var mutator = new Mutator(seed);
        return () => mutator.Mutate(Seeds[mutator.Next(2)], Seeds[mutator.Next(Seeds.Length)], isText: false);
    }

    private static void ReadAll(GgufFile file)
    {
        using (file)
        {
            FormatFuzz.ReadTensors(file);
            GgufMetadata m = file.Metadata;
            foreach ((string key, GgufValue value) in m.Entries)
            {
                Assert.That(value.ToString(), Is.Not.Null);
                Action[] getters =
                [
                    () => m.GetInt32(key), () => m.GetInt64(key), () => m.GetDouble(key), () => m.GetBool(key), () => m.GetString(key),
                    () => m.GetUtf8List(key), () => m.GetInt32List(key), () => m.GetSingleList(key), () => m.GetBoolList(key),
                    () => m.GetInt32PerLayer(key, 2),
                ];
                Array.ForEach(getters, FormatFuzz.Try);
            }
        }
    }

    private static byte[] EveryValueType()
    {
        var writer = new GgufWriter();
        writer.Add("general.alignment", GgufValue.Number(64u));
        writer.Add("split.count", GgufValue.Number((ushort)1));
        writer.Add("i8", GgufValue.Number((sbyte)-1));
        writer.Add("u64", GgufValue.Number(ulong.MaxValue));
        writer.Add("f64", GgufValue.Number(1e300));
        writer.Add("u8s", GgufValue.Numbers<byte>([1, 2, 3]));
        writer.Add("i16s", GgufValue.Numbers<short>([1, -2]));
        writer.Add("i64s", GgufValue.Numbers<long>([1, long.MinValue]));
        writer.Add("tokens", GgufValue.Utf8Texts([new byte[] { 0xFF }, Array.Empty<byte>(), "abc"u8.ToArray()]));
        using GgufFile nested = new GgufBytes(entries: 1).Text("n").U32(9).U32(9).U64(2).U32(4).U64(1).U32(5).U32(8).U64(1).Text("x").Open();
        writer.Add("nested", nested.Metadata.Get("n"));
        var random = new Random(1);
        List<TensorType> types = [.. Enum.GetValues<TensorType>().Where(t => (int)t is >= 0 and < 100)];
        foreach (TensorType type in types)
        {
            writer.AddBytes($"t.{type}", type, [TensorTypeInfo.BlockValues(type)], (_, bytes) => random.NextBytes(bytes));
        }

        using var stream = new MemoryStream();
        writer.Write(stream);
        return stream.ToArray();
    }
}
