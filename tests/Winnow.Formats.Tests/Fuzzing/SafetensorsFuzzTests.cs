using System;
using System.IO;
using System.Linq;
using System.Text;
using NUnit.Framework;
using Winnow.Formats.Safetensors;
using Winnow.Formats.Storage;
using Winnow.Formats.Tests.Safetensors;

namespace Winnow.Formats.Tests.Fuzzing;

public sealed class SafetensorsFuzzTests
{
    private static readonly byte[] Valid = SafetensorsWriterTests.Kilobyte();

    [Test]
    public void Open_MutantsInMemoryAreReadOrRefused([Values(1, 2, 3)] int seed)
    {
        const int Mutants = 2000;
        int read = FormatFuzz.Run(Mutants, Maker(seed), bytes => ReadAll(SafetensorsBytes.Open(bytes)));
        Assert.That(read, Is.InRange(Mutants / 100, Mutants * 9 / 10), "most mutants must be refused, but not all");
    }

    [Test]
    public void Open_MutantsOnDiskAreReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        string path = folder["mutant.safetensors"];
        FormatFuzz.Run(300, Maker(4), bytes =>
        {
            File.WriteAllBytes(path, bytes);
            ReadAll(SafetensorsFile.Open(path));
        });
    }

    [Test]
    public void Open_MutantsOfAnIndexAreReadOrRefused()
    {
        string names = string.Join(",", new[] { "u8", "f32", "f16", "bf16" }.Select((n, i) => $"\"{n}\":\"model-{i % 2}.safetensors\""));
        byte[] index = Encoding.UTF8.GetBytes($"{{\"metadata\":{{\"total_size\":500}},\"weight_map\":{{{names}}}}}");
        var mutator = new Mutator(5);
        int read = FormatFuzz.Run(1000, () => mutator.Mutate(index, index, isText: true), bytes =>
            ReadAll(SafetensorsFile.OpenIndex(new MemoryByteSource("index.json", bytes), OpenShard)));
        Assert.That(read, Is.InRange(10, 900));
    }

    private static ByteSource OpenShard(string path)
    {
        Assert.That(Path.GetFileName(path), Is.EqualTo(path), "a shard outside the folder was asked for");
        return path.StartsWith("model-", StringComparison.Ordinal)
            ? new MemoryByteSource(path, Valid)
            : throw new ModelFormatException("does not exist", path);
    }

    // Most faults are put into the header's text with its size kept right: otherwise the size check would be all that is tested.
    private static Func<byte[]> Maker(int seed)
    {
        var mutator = new Mutator(seed);
        int headerBytes = (int)BitConverter.ToInt64(Valid);
        byte[] header = Valid[8..(8 + headerBytes)];
        byte[] data = Valid[(8 + headerBytes)..];
        return () =>
        {
            if (mutator.Next(4) == 0)
            {
                return mutator.Mutate(Valid, Valid, isText: false);
            }

            byte[] text = mutator.Mutate(header, header, isText: true);
            return [.. BitConverter.GetBytes((long)text.Length), .. text, .. data];
        };
    }

    private static void ReadAll(SafetensorsFile file)
    {
        using (file)
        {
            FormatFuzz.ReadTensors(file);
        }
    }
}
