using System;
using System.IO;
using System.Linq;
using Winnow.Formats;
using Winnow.Formats.Safetensors;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>Values from a <c>.safetensors</c> file, or from any other file as plain bytes.</summary>
internal static class DataFile
{
    /// <summary>Reads all values of an argument.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensor">The tensor, of safetensors; empty for the one named like the argument.</param>
    /// <param name="argument">What they are for: type and size must be the same.</param>
    /// <exception cref="FormatException">The file does not have them.</exception>
    public static byte[] Read(string path, string tensor, PlannedArgument argument)
    {
        if (!File.Exists(path))
        {
            throw new FormatException($"{path}: there is no such file.");
        }

        return path.EndsWith(".safetensors", StringComparison.Ordinal) ? ReadTensor(path, tensor.Length > 0 ? tensor : argument.Name, argument) : ReadBytes(path, argument);
    }

    private static byte[] ReadBytes(string path, PlannedArgument argument)
    {
        long length = new FileInfo(path).Length;
        return length == argument.Bytes
            ? File.ReadAllBytes(path)
            : throw new FormatException($"{path} has {length} bytes, and {argument} needs {argument.Bytes}.");
    }

    private static byte[] ReadTensor(string path, string name, PlannedArgument argument)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!file.TryGet(name, out TensorInfo? info))
        {
            string others = string.Join(", ", file.Tensors.Take(20).Select(other => other.Name));
            throw new FormatException($"{path} has no tensor '{name}'; it has {(others.Length > 0 ? others : "none")}.");
        }

        if (!info.Type.ToString().Replace("_", "", StringComparison.Ordinal).Equals(argument.Type.ToString(), StringComparison.Ordinal) || info.Elements != argument.Elements)
        {
            string shape = string.Join(", ", info.Shape);
            throw new FormatException($"{path} has '{name}' as {info.Type.ToString().ToLowerInvariant()}[{shape}], and {argument} is wanted.");
        }

        byte[] bytes = new byte[argument.Bytes];
        file.Read(info, 0, bytes);
        return bytes;
    }
}
