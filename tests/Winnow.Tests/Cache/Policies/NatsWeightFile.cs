using System;
using System.Collections.Concurrent;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Safetensors;

namespace Winnow.Tests.Cache.Policies;

/// <summary>Random weights of types for small models, in files that go with the process. Even layers have a bias, odd ones none.</summary>
internal static class NatsWeightFile
{
    private static readonly Lazy<string> Folder = new(MakeFolder);
    private static readonly ConcurrentDictionary<(int Layers, int KvHeads, int Hidden), Lazy<string>> Files = [];

    /// <summary>The file for a model, written when it is first asked for.</summary>
    public static string PathFor(int layers, int kvHeads, int hidden) =>
        Files.GetOrAdd((layers, kvHeads, hidden), key => new Lazy<string>(() => Write(key.Layers, key.KvHeads, key.Hidden))).Value;

    /// <summary>The weights of a layer, [3 * kvHeads, hidden].</summary>
    public static float[] Weights(int layer, int kvHeads, int hidden) => Values(2 * layer, 3 * kvHeads * hidden);

    /// <summary>The bias of a layer, [3 * kvHeads]; null where it has none.</summary>
    public static float[]? Bias(int layer, int kvHeads) => layer % 2 == 0 ? Values((2 * layer) + 1, 3 * kvHeads) : null;

    private static float[] Values(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextSingle()) - 1)];
    }

    private static string Write(int layers, int kvHeads, int hidden)
    {
        var writer = new SafetensorsWriter();
        for (int layer = 0; layer < layers; layer++)
        {
            writer.AddFloats($"nats.layers.{layer}.weight", TensorType.F32, [3 * kvHeads, hidden], Weights(layer, kvHeads, hidden));
            if (Bias(layer, kvHeads) is float[] bias)
            {
                writer.AddFloats($"nats.layers.{layer}.bias", TensorType.F32, [3 * kvHeads], bias);
            }
        }

        string path = Path.Combine(Folder.Value, $"{layers}-{kvHeads}-{hidden}.safetensors");
        writer.Write(path);
        return path;
    }

    private static string MakeFolder()
    {
        string folder = Directory.CreateTempSubdirectory("winnow-nats-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
