using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Formats.Storage;

namespace Winnow.Formats.Safetensors;

/// <summary>A safetensors model: one file, or several named by <c>model.safetensors.index.json</c> that look like one.</summary>
/// <remarks>
/// A tensor of a dtype that this version does not know is listed with <see cref="TensorType.Unknown"/> and only reading it is refused.
/// In a sharded model the index decides: tensors of a shard that it does not list are not seen, and each one that it lists must be there.
/// </remarks>
public sealed class SafetensorsFile : TensorFile
{
    private SafetensorsFile(
        string path, IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata, ByteSource[] sources)
        : base(path, tensors, sources)
    {
        Metadata = metadata;
        Parts = sources.Length;
    }

    /// <summary>The strings under <c>__metadata__</c>, of the first file where there are several.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The number of files that hold the tensors.</summary>
    public int Parts { get; }

    /// <summary>Opens a model and checks its headers; tensor bytes are not read.</summary>
    /// <param name="path">A <c>.safetensors</c> file, or an index whose name ends in <c>.json</c>.</param>
    /// <exception cref="ModelFormatException">A file is missing, a directory, empty or damaged, or an index is wrong.</exception>
    public static SafetensorsFile Open(string path)
    {
        ByteSource source = MappedByteSource.Open(path);
        return path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            ? OpenIndex(source, MappedByteSource.Open)
            : OpenSingle(source);
    }

    /// <summary>Opens one file from any bytes. Owns the source, also on failure.</summary>
    internal static SafetensorsFile OpenSingle(ByteSource source)
    {
        using var pending = new PendingDispose(source);
        SafetensorsHeader header = SafetensorsHeader.Read(source);
        var file = new SafetensorsFile(source.Path, header.Tensors, header.Metadata, [source]);
        pending.Release();
        return file;
    }

    /// <summary>Opens the shards that an index names; <paramref name="openPart"/> opens them by path. Owns the sources, also on failure.</summary>
    internal static SafetensorsFile OpenIndex(ByteSource index, Func<string, ByteSource> openPart)
    {
        using var pending = new PendingDispose();
        List<KeyValuePair<string, string>> map;
        using (index)
        {
            map = SafetensorsIndex.Read(index);
        }

        string folder = System.IO.Path.GetDirectoryName(index.Path) ?? "";
        var sources = new List<ByteSource>();
        var shards = new Dictionary<string, Dictionary<string, TensorInfo>>(StringComparer.Ordinal);
        var tensors = new List<TensorInfo>(map.Count);
        IReadOnlyDictionary<string, string>? metadata = null;
        foreach ((string name, string shard) in map)
        {
            if (!shards.TryGetValue(shard, out Dictionary<string, TensorInfo>? held))
            {
                ByteSource source = pending.Add(openPart(System.IO.Path.Combine(folder, shard)));
                SafetensorsHeader header = SafetensorsHeader.Read(source);
                sources.Add(source);
                held = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
                shards.Add(shard, held);
                metadata ??= header.Metadata;
            }

            tensors.Add(held.TryGetValue(name, out TensorInfo? tensor) ? tensor : throw new ModelFormatException(
                $"the index places this tensor in {shard}, but it is not there; download the model again", index.Path, null, name));
        }

        var file = new SafetensorsFile(
            index.Path, tensors, metadata ?? new Dictionary<string, string>(StringComparer.Ordinal), [.. sources]);
        pending.Release();
        return file;
    }
}
