using System;
using System.Collections.Generic;
using System.Globalization;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Gguf;

/// <summary>A GGUF model, version 2 or 3, in one file or split over several that look like one.</summary>
/// <remarks>
/// Dimensions are turned round, so that shapes are slowest first as everywhere in Winnow. A tensor of a type that this version does
/// not know is listed with <see cref="TensorType.Unknown"/> and only reading it is refused; types that were removed from the format
/// make the file an error. Of a split model the first file is opened; the others must lie beside it and only the first one's metadata count.
/// </remarks>
public sealed class GgufFile : TensorFile
{
    private GgufFile(string path, GgufHeader first, List<TensorInfo> tensors, ByteSource[] sources)
        : base(path, tensors, sources)
    {
        Version = first.Version;
        Metadata = first.Metadata;
        Alignment = first.Alignment;
        Parts = sources.Length;
    }

    /// <summary>The format version: 2 or 3.</summary>
    public int Version { get; }

    /// <summary>The metadata, of the first part where there are several.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The alignment of tensor offsets in bytes, of the first part where there are several.</summary>
    public int Alignment { get; }

    /// <summary>The number of files that the model is split over.</summary>
    public int Parts { get; }

    /// <summary>Opens a model and checks its header; tensor bytes are not read.</summary>
    /// <param name="path">The file, the first part where there are several.</param>
    /// <exception cref="ModelFormatException">
    /// The file is missing, a directory, empty, damaged or of an unsupported version, or a part of a split model is missing.
    /// </exception>
    public static GgufFile Open(string path) => Open(MappedByteSource.Open(path), MappedByteSource.Open);

    /// <summary>Opens from any bytes; <paramref name="openPart"/> opens further parts by path. Owns the sources, also on failure.</summary>
    internal static GgufFile Open(ByteSource first, Func<string, ByteSource> openPart)
    {
        using var pending = new PendingDispose(first);
        GgufHeader header = GgufHeaderReader.Read(first);
        int parts = header.Metadata.GetInt32("split.count", 1);
        var sources = new List<ByteSource> { first };
        List<TensorInfo> tensors = header.Tensors;
        if (parts > 1)
        {
            CheckPart(first.Path, header, 0, parts);
            for (int i = 1; i < parts; i++)
            {
                ByteSource source = pending.Add(openPart(PartPath(first.Path, i, parts)));
                GgufHeader part = GgufHeaderReader.Read(source);
                CheckPart(source.Path, part, i, parts);
                sources.Add(source);
                tensors.AddRange(part.Tensors);
            }

            CheckTotal(first.Path, header, tensors.Count);
        }

        var file = new GgufFile(first.Path, header, tensors, [.. sources]);
        pending.Release();
        return file;
    }

    private static string PartPath(string firstPath, int index, int count)
    {
        string firstEnding = Ending(0, count);
        return string.Concat(firstPath.AsSpan(0, firstPath.Length - firstEnding.Length), Ending(index, count));
    }

    private static string Ending(int index, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"-{index + 1:D5}-of-{count:D5}.gguf");

    private static void CheckPart(string path, GgufHeader header, int index, int count)
    {
        int number = header.Metadata.GetInt32("split.no", -1);
        if (index == 0 && number > 0)
        {
            throw new ModelFormatException(
                $"this is part {number + 1} of {count}; open the first part, whose name ends in {Ending(0, count)}", path, null, "split.no");
        }

        if (number != index || header.Metadata.GetInt32("split.count", 1) != count)
        {
            throw new ModelFormatException(
                $"the file says that it is part {number + 1} of {header.Metadata.GetInt32("split.count", 1)}, but part {index + 1} of "
                + $"{count} was expected; download the parts again", path, null, "split.no");
        }

        if (!System.IO.Path.GetFileName(path).EndsWith(Ending(index, count), StringComparison.Ordinal))
        {
            throw new ModelFormatException(
                $"the file says that it is part {index + 1} of {count}, so its name must end in {Ending(index, count)}; rename the parts",
                path, null, "split.count");
        }
    }

    private static void CheckTotal(string path, GgufHeader header, int tensors)
    {
        int said = header.Metadata.GetInt32("split.tensors.count", tensors);
        if (said != tensors)
        {
            throw new ModelFormatException(
                $"the parts hold {tensors} tensors, but {said} were split; download the parts again", path, null, "split.tensors.count");
        }
    }
}
