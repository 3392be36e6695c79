using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>The CUDA sources that this assembly carries, by their path below <c>kernels/</c>.</summary>
internal static class KernelSources
{
    private const string Prefix = "kernels/";

    private static readonly Lazy<Dictionary<string, string>> Texts = new(ReadAll);

    /// <summary>The paths of the sources with kernels in them, for instance <c>norm/rms_norm.cu</c>.</summary>
    public static IEnumerable<string> Names
    {
        get
        {
            foreach (string name in Texts.Value.Keys)
            {
                if (name.EndsWith(".cu", StringComparison.Ordinal))
                {
                    yield return name;
                }
            }
        }
    }

    /// <summary>A source with every header it may include.</summary>
    /// <param name="name">Its path below <c>kernels/</c>.</param>
    public static KernelSource Get(string name)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach ((string path, string text) in Texts.Value)
        {
            if (path.EndsWith(".cuh", StringComparison.Ordinal))
            {
                headers.Add(path, text);
            }
        }

        return Texts.Value.TryGetValue(name, out string? source)
            ? new KernelSource(name, source, headers)
            : throw new ArgumentException($"There is no kernel source '{name}'; there are {string.Join(", ", Names)}.", nameof(name));
    }

    private static Dictionary<string, string> ReadAll()
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string resource in typeof(KernelSources).Assembly.GetManifestResourceNames())
        {
            string path = resource.Replace('\\', '/');
            if (path.StartsWith(Prefix, StringComparison.Ordinal))
            {
                using Stream stream = typeof(KernelSources).Assembly.GetManifestResourceStream(resource)!;
                using var reader = new StreamReader(stream, Encoding.UTF8);
                texts.Add(path[Prefix.Length..], reader.ReadToEnd());
            }
        }

        return texts;
    }
}
