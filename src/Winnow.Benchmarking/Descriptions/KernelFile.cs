using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Winnow.Gpu;
using Winnow.Kernels;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>
/// CUDA sources from disk with the headers they include: sought beside the file that includes them, in the folders given, and last among the headers that Winnow
/// ships (<c>common/types.cuh</c>, <c>common/mma.cuh</c>, ...). Headers found nowhere are left for the compiler to miss.
/// </summary>
public static partial class KernelFile
{
    /// <summary>Reads a source.</summary>
    /// <param name="path">The <c>.cu</c> file.</param>
    /// <param name="includeFolders">Where headers are sought that are not beside it; null for nowhere else.</param>
    /// <exception cref="WinnowException">There is no such file.</exception>
    public static KernelSource Load(string path, IReadOnlyList<string>? includeFolders = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw Missing(path);
        }

        string text = File.ReadAllText(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new KernelSource(Path.GetFileName(path), text, Headers(text, folder, includeFolders ?? []));
    }

    /// <summary>A source that stands in a description.</summary>
    internal static KernelSource FromText(string text, string folder, IReadOnlyList<string> includeFolders) =>
        new("code", text, Headers(text, folder, includeFolders));

    /// <summary>The exception about a source that is not there.</summary>
    internal static WinnowException Missing(string path) =>
        new($"{path}: there is no such file. A kernel's source is CUDA C++ in a .cu file; `winnow kernels list` names those that ship.");

    private static Dictionary<string, string> Headers(string text, string folder, IReadOnlyList<string> includeFolders)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        var open = new Stack<(string Text, string Folder)>([(text, folder)]);
        IReadOnlyDictionary<string, string>? shipped = null;
        while (open.TryPop(out (string Text, string Folder) including))
        {
            foreach (string name in Include().Matches(including.Text).Select(match => match.Groups["name"].Value).Where(name => !headers.ContainsKey(name)))
            {
                string? path = new[] { including.Folder, folder }.Concat(includeFolders)
                    .Where(candidate => candidate.Length > 0).Select(candidate => Path.Combine(candidate, name)).FirstOrDefault(File.Exists);
                shipped ??= ShippedKernels.Source(ShippedKernels.Sources.First()).Headers;
                string? header = path is null ? shipped.GetValueOrDefault(name) : File.ReadAllText(path);
                if (header is not null)
                {
                    headers.Add(name, header);
                    open.Push((header, path is null ? "" : Path.GetDirectoryName(path)!));
                }
            }
        }

        return headers;
    }

    [GeneratedRegex("""^[ \t]*#[ \t]*include[ \t]*["<](?<name>[^">\r\n]+)[">]""", RegexOptions.Multiline)]
    private static partial Regex Include();
}
