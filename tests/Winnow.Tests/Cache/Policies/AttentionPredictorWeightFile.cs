using System;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Safetensors;

namespace Winnow.Tests.Cache.Policies;

/// <summary>A random network in a file that goes with the process.</summary>
internal static class AttentionPredictorWeightFile
{
    /// <summary>The tensors of a file, with how far their values go: the first ones far, so that small probabilities make a difference.</summary>
    private static readonly (string Name, long[] Shape, float Scale)[] Tensors =
    [
        ("conv1.weight", [16, 1, 3, 3], 8),
        ("conv1.bias", [16], 0.2f),
        ("conv2.weight", [32, 16, 3, 3], 0.4f),
        ("conv2.bias", [32], 0.2f),
        ("conv3.weight", [1, 32, 1], 1),
        ("conv3.bias", [1], 1),
    ];

    private static readonly Lazy<string> Folder = new(MakeFolder);
    private static readonly Lazy<string> File = new(() => Write("network.safetensors"));

    /// <summary>Where the file is, written when it is first asked for.</summary>
    public static string Path => File.Value;

    /// <summary>The values of a tensor.</summary>
    public static float[] Values(string name)
    {
        (_, long[] shape, float scale) = Tensors.Single(tensor => tensor.Name == name);
        var random = new Random(Array.FindIndex(Tensors, tensor => tensor.Name == name));
        return [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (product, n) => product * n)).Select(_ => ((2 * random.NextSingle()) - 1) * scale)];
    }

    /// <summary>Writes a file that lacks a tensor, or has one of another shape.</summary>
    public static string Write(string file, string? missing = null, string? flat = null)
    {
        var writer = new SafetensorsWriter();
        foreach ((string name, long[] shape, _) in Tensors.Where(tensor => tensor.Name != missing))
        {
            float[] values = Values(name);
            writer.AddFloats(name, TensorType.F32, name == flat ? [values.Length] : shape, values);
        }

        string path = System.IO.Path.Combine(Folder.Value, file);
        writer.Write(path);
        return path;
    }

    private static string MakeFolder()
    {
        string folder = Directory.CreateTempSubdirectory("winnow-attentionpredictor-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
