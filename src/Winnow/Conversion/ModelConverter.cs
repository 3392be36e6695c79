using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Winnow.Formats;
using Winnow.Formats.Gguf;
using Winnow.Formats.Safetensors;
using Winnow.Models;

namespace Winnow.Conversion;

/// <summary>
/// Writes a model in the other format, or in the same one with another type of weights: a GGUF file, or a folder with config.json,
/// tokenizer.json and safetensors.
/// </summary>
/// <remarks>
/// Matrices take the type that is asked for; norms and biases stay F32 in GGUF. Where the rows of a matrix do not fill whole blocks of
/// a quantized type, it stays F32 if it was and becomes F16 otherwise.
/// </remarks>
public static class ModelConverter
{
    private const string GgufExtension = ".gguf";

    /// <summary>Converts a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="destination">A file that ends in .gguf, or else a folder, which is made; files of the same names are replaced.</param>
    /// <param name="type">F32, F16, BF16, and for GGUF also Q8_0 and Q4_0; null keeps the type of every tensor.</param>
    /// <param name="cancellationToken">Stops between tensors; no half-written file is left under its name.</param>
    /// <exception cref="ArgumentException">The format cannot hold the type, or the destination is the model itself.</exception>
    /// <exception cref="UnsupportedModelException">The other format has no way to say what this model is.</exception>
    /// <exception cref="ModelFormatException">The model is damaged.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Convert(ModelFiles model, string destination, TensorType? type = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(destination);
        if (IsSame(model.Path, destination))
        {
            throw new ArgumentException($"{destination} is the model itself, which would be lost; give another name.", nameof(destination));
        }

        if (destination.EndsWith(GgufExtension, StringComparison.OrdinalIgnoreCase))
        {
            RequireType(type, "GGUF", TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0);
            WriteGguf(model, destination, type, cancellationToken);
        }
        else
        {
            RequireType(type, "safetensors", TensorType.F32, TensorType.F16, TensorType.BF16);
            WriteFolder(model, destination, type, cancellationToken);
        }
    }

    private static bool IsSame(string path, string destination) =>
        path.Length > 0 && string.Equals(Resolved(Path.GetFullPath(path)), Resolved(Path.GetFullPath(destination)), StringComparison.Ordinal);

    // A full path without links, as far as it is there.
    private static string Resolved(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(path);
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        string name = Path.Combine(Resolved(parent), Path.GetFileName(full));
        return new FileInfo(name) is { LinkTarget: not null } link && link.ResolveLinkTarget(returnFinalTarget: true) is { } target ? Resolved(target.FullName) : name;
    }

    private static void RequireType(TensorType? type, string format, params TensorType[] possible)
    {
        if (type is { } asked && !possible.Contains(asked))
        {
            throw new ArgumentException($"{format} is not written as {asked}; choose {string.Join(", ", possible)}.", nameof(type));
        }
    }

    private static void WriteGguf(ModelFiles model, string destination, TensorType? type, CancellationToken cancellationToken)
    {
        GgufWriter writer = new();
        if (model.Tensors is GgufFile same)
        {
            CopyMetadata(same, writer, type);
            AddTensors(writer, model, Unchanged(model), tensor => GgufTypeOf(tensor, type));
        }
        else
        {
            GgufMetadataMaker.AddTo(writer, model, type);
            AddTensors(writer, model, TensorMap.Plan(model, toGguf: true), tensor => GgufTypeOf(tensor, type));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(destination))!);
        writer.Write(destination, cancellationToken);
    }

    private static void WriteFolder(ModelFiles model, string destination, TensorType? type, CancellationToken cancellationToken)
    {
        bool same = model.Tensors is SafetensorsFile;
        IReadOnlyList<TensorPlan> plans = same ? Unchanged(model) : TensorMap.Plan(model, toGguf: false);
        SafetensorsWriter writer = new();
        writer.Add("format", "pt");
        AddTensors(writer, model, plans, tensor => FolderTypeOf(tensor, type));
        IReadOnlyDictionary<string, byte[]> texts = same ? ModelFolderMaker.Copy(model.Path) : ModelFolderMaker.Make(model, type ?? TensorType.F32);

        Directory.CreateDirectory(destination);
        writer.Write(Path.Combine(destination, "model.safetensors"), cancellationToken);
        foreach ((string name, byte[] content) in texts)
        {
            File.WriteAllBytes(Path.Combine(destination, name), content);
        }
    }

    private static TensorPlan[] Unchanged(ModelFiles model) =>
        [.. model.Tensors.Tensors.Select(tensor => new TensorPlan { Source = tensor, Name = tensor.Name })];

    private static void AddTensors(
        TensorFileWriter writer, ModelFiles model, IReadOnlyList<TensorPlan> plans, Func<TensorInfo, TensorType> typeOf)
    {
        foreach (TensorPlan plan in plans)
        {
            TensorCopier.Add(writer, model.Tensors, plan, typeOf(plan.Source));
        }
    }

    private static TensorType GgufTypeOf(TensorInfo tensor, TensorType? type)
    {
        if (tensor.Shape.Count < 2)
        {
            return TensorType.F32;
        }

        TensorType wanted = type ?? tensor.Type;
        bool fits = tensor.Shape[^1] % TensorTypeInfo.BlockValues(wanted) == 0;
        return fits ? wanted : tensor.Type == TensorType.F32 ? TensorType.F32 : TensorType.F16;
    }

    private static TensorType FolderTypeOf(TensorInfo tensor, TensorType? type)
    {
        TensorType wanted = type ?? tensor.Type;
        return wanted is TensorType.F32 or TensorType.F16 or TensorType.BF16 ? wanted : throw new ArgumentException(
            $"safetensors cannot hold {tensor.TypeName}, the type of '{tensor.Name}'; choose F32, F16 or BF16.", nameof(type));
    }

    private static void CopyMetadata(GgufFile file, GgufWriter writer, TensorType? type)
    {
        foreach ((string key, GgufValue value) in file.Metadata.Entries)
        {
            // A file of several parts becomes one.
            bool part = key.StartsWith("split.", StringComparison.Ordinal);
            if (!part && !(key == GgufMetadataMaker.FileTypeKey && type is not null))
            {
                writer.Add(key, value);
            }
        }

        GgufMetadataMaker.AddFileType(writer, type);
    }
}
