using System.Collections.Generic;
using Winnow.Formats.Storage;

namespace Winnow.Formats;

/// <summary>One tensor of a <see cref="TensorFile"/>: what it is called, how it is stored and where it lies.</summary>
public sealed class TensorInfo
{
    internal TensorInfo(string name, TensorType type, string typeName, long[] shape, long bytes, ByteSource source, long offset)
    {
        Name = name;
        Type = type;
        TypeName = typeName;
        Shape = shape;
        Bytes = bytes;
        Source = source;
        Offset = offset;
        long elements = 1;
        foreach (long dim in shape)
        {
            elements = checked(elements * dim);
        }

        Elements = elements;
    }

    /// <summary>The name, unique in the file.</summary>
    public string Name { get; }

    /// <summary>How the values are stored; <see cref="TensorType.Unknown"/> where this version does not know the type.</summary>
    public TensorType Type { get; }

    /// <summary>The type as the file spells it, also where <see cref="Type"/> is unknown.</summary>
    public string TypeName { get; }

    /// <summary>The dimensions, slowest first (row-major): a matrix is [rows, columns] whatever order the file writes them in.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The product of <see cref="Shape"/>.</summary>
    public long Elements { get; }

    /// <summary>The stored size; 0 where the type of a GGUF tensor is unknown, because then nothing tells its size.</summary>
    public long Bytes { get; }

    /// <summary>The byte offset of the first value from the start of the file that holds it.</summary>
    public long Offset { get; }

    /// <summary>After how many bytes they repeat, if they do; 0 of tensors that lie in files.</summary>
    public int PeriodBytes => Source.PeriodBytes;

    /// <summary>The file that holds the bytes: one of the parts where the model is split over several files.</summary>
    public string Path => Source.Path;

    internal ByteSource Source { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {TypeName} [{string.Join(", ", Shape)}]";
}
