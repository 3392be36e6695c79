using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Winnow.Formats.Quantization;
using Winnow.Formats.Storage;

namespace Winnow.Formats;

/// <summary>Named tensors in one model file, or in several that look like one.</summary>
/// <remarks>
/// Everything in the header is checked when the file is opened; tensor bytes are read only on request. The files are mapped into
/// memory and must not be changed or cut while they are open. All members may be used from several threads at once;
/// <see cref="Dispose"/> waits for nothing and frees the mapping after the last running read, and later reads throw
/// <see cref="ObjectDisposedException"/>.
/// </remarks>
public abstract class TensorFile : IDisposable
{
    private readonly Dictionary<string, TensorInfo> _byName;
    private readonly ByteSource[] _sources;
    private volatile bool _disposed;

    private protected TensorFile(string path, IReadOnlyList<TensorInfo> tensors, ByteSource[] sources)
    {
        Path = path;
        Tensors = tensors;
        _sources = sources;
        _byName = new Dictionary<string, TensorInfo>(tensors.Count, StringComparer.Ordinal);
        foreach (TensorInfo tensor in tensors)
        {
            if (!_byName.TryAdd(tensor.Name, tensor))
            {
                throw new ModelFormatException(
                    "two tensors have this name; convert or download the model again", tensor.Path, tensor.Offset, tensor.Name);
            }
        }
    }

    /// <summary>The file that was opened: the first part or the index where there are several.</summary>
    public string Path { get; }

    /// <summary>All tensors, in the order of the file.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Finds a tensor by its exact name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="tensor">The tensor, or null.</param>
    /// <returns>Whether the file has it.</returns>
    public bool TryGet(string name, [NotNullWhen(true)] out TensorInfo? tensor)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _byName.TryGetValue(name, out tensor);
    }

    /// <summary>Finds a tensor that must be there.</summary>
    /// <param name="name">The exact name.</param>
    /// <exception cref="ModelFormatException">The file does not have it; the message lists near names.</exception>
    public TensorInfo Get(string name)
    {
        if (TryGet(name, out TensorInfo? tensor))
        {
            return tensor;
        }

        string[] near = [.. Tensors.Select(t => t.Name).OrderByDescending(n => Likeness(n, name)).Take(3)];
        string hint = near.Length == 0 ? "it has no tensors at all" : $"the nearest names are {string.Join(", ", near)}";
        throw new ModelFormatException(
            $"the model has no tensor of this name; {hint}. Is it complete and of the architecture it says?", Path, null, name);
    }

    /// <summary>Copies stored bytes of a tensor, in pieces of any size.</summary>
    /// <param name="tensor">A tensor of this file.</param>
    /// <param name="byteOffset">The first byte wanted, from the start of the tensor.</param>
    /// <param name="destination">Receives the bytes; its length says how many.</param>
    /// <exception cref="ArgumentException">The tensor belongs to another file.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the tensor.</exception>
    /// <exception cref="ModelFormatException">The tensor has a type that this version does not know.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public void Read(TensorInfo tensor, long byteOffset, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!TryGet(tensor.Name, out TensorInfo? own) || !ReferenceEquals(own, tensor))
        {
            throw new ArgumentException($"Tensor {tensor.Name} belongs to another file than {Path}.", nameof(tensor));
        }

        if (tensor.Type == TensorType.Unknown)
        {
            throw new ModelFormatException(
                $"the type {tensor.TypeName} is not supported; convert the model to another type", tensor.Path, tensor.Offset, tensor.Name);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteOffset, tensor.Bytes - destination.Length);
        tensor.Source.Read(tensor.Offset + byteOffset, destination);
    }

    /// <summary>Reads values of a tensor as floats, whatever float or block type it is stored in.</summary>
    /// <param name="tensor">A tensor of this file whose type <see cref="TensorTypeInfo.CanDequantize"/>.</param>
    /// <param name="elementOffset">The first value wanted, the first of a block.</param>
    /// <param name="destination">Receives the values; a whole number of blocks.</param>
    /// <exception cref="ArgumentException">The range does not fall on blocks or not inside the tensor.</exception>
    /// <exception cref="ModelFormatException">The type cannot be turned into floats.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public void ReadFloats(TensorInfo tensor, long elementOffset, Span<float> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!TensorTypeInfo.CanDequantize(tensor.Type))
        {
            throw new ModelFormatException(
                $"the type {tensor.TypeName} cannot be turned into floats; convert the model to another type",
                tensor.Path, tensor.Offset, tensor.Name);
        }

        ArgumentOutOfRangeException.ThrowIfNegative(elementOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(elementOffset, tensor.Elements - destination.Length);
        long position = TensorTypeInfo.BytesOf(tensor.Type, elementOffset);
        _ = TensorTypeInfo.BytesOf(tensor.Type, destination.Length);
        int step = 16384 / TensorTypeInfo.BlockValues(tensor.Type) * TensorTypeInfo.BlockValues(tensor.Type);
        byte[] rented = ArrayPool<byte>.Shared.Rent((int)TensorTypeInfo.BytesOf(tensor.Type, Math.Min(step, destination.Length)));
        try
        {
            for (int done = 0; done < destination.Length; done += step)
            {
                Span<float> part = destination.Slice(done, Math.Min(step, destination.Length - done));
                Span<byte> bytes = rented.AsSpan(0, (int)TensorTypeInfo.BytesOf(tensor.Type, part.Length));
                Read(tensor, position, bytes);
                Dequantizer.Dequantize(tensor.Type, bytes, part);
                position += bytes.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Closes the files. Calling it again does nothing.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (ByteSource source in _sources)
        {
            source.Dispose();
        }

        GC.SuppressFinalize(this);
    }

    // Shared beginning plus shared end: wrong prefixes and wrong suffixes are the two ways in which tensor names differ.
    private static int Likeness(string candidate, string wanted)
    {
        int shorter = Math.Min(candidate.Length, wanted.Length);
        int head = candidate.AsSpan().CommonPrefixLength(wanted);
        int tail = 0;
        while (tail < shorter - head && candidate[^(tail + 1)] == wanted[^(tail + 1)])
        {
            tail++;
        }

        return (2 * (head + tail)) - Math.Abs(candidate.Length - wanted.Length);
    }
}
