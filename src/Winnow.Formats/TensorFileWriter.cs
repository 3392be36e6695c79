using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Winnow.Formats.Quantization;

namespace Winnow.Formats;

/// <summary>Collects what a model file shall hold and writes it: tensors are asked for one piece at a time while writing.</summary>
/// <remarks>Not for use from several threads at once.</remarks>
public abstract class TensorFileWriter
{
    private const int ChunkElements = 16384;
    private const int ChunkBytes = 64 * 1024;
    private readonly List<PendingTensor> _tensors = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    private protected TensorFileWriter()
    {
    }

    private protected IReadOnlyList<PendingTensor> Tensors => _tensors;

    /// <summary>Adds a tensor from floats, which are converted to its type while writing.</summary>
    /// <param name="name">A name that was not added yet.</param>
    /// <param name="type">F32, F16, BF16, and in GGUF also Q8_0 and Q4_0.</param>
    /// <param name="shape">The dimensions, slowest first.</param>
    /// <param name="values">Supplies the values while writing.</param>
    /// <exception cref="ArgumentException">The format cannot hold such a tensor.</exception>
    public void AddFloats(string name, TensorType type, IReadOnlyList<long> shape, TensorFloatSource values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (!Quantizer.CanQuantize(type))
        {
            throw new ArgumentException($"{TensorTypeInfo.Name(type)} is not made from floats; choose F32, F16, BF16, Q8_0 or Q4_0.", nameof(type));
        }

        Add(name, type, shape, (stream, tensor, cancellation) => WriteFloats(stream, tensor, values, cancellation));
    }

    /// <summary>Adds a tensor from floats in memory, which are converted to its type while writing.</summary>
    /// <param name="name">A name that was not added yet.</param>
    /// <param name="type">F32, F16, BF16, and in GGUF also Q8_0 and Q4_0.</param>
    /// <param name="shape">The dimensions, slowest first.</param>
    /// <param name="values">The values in row-major order; kept until written.</param>
    /// <exception cref="ArgumentException">The format cannot hold such a tensor, or the number of values is not the shape's.</exception>
    public void AddFloats(string name, TensorType type, IReadOnlyList<long> shape, ReadOnlyMemory<float> values)
    {
        ArgumentNullException.ThrowIfNull(shape);
        Int128 elements = 1;
        foreach (long dim in shape)
        {
            elements = Int128.Clamp(elements * dim, -1, long.MaxValue);
        }

        if (elements != values.Length)
        {
            throw new ArgumentException($"The shape has {elements} values, but {values.Length} were given.", nameof(values));
        }

        AddFloats(name, type, shape, (offset, destination) => values.Span.Slice((int)offset, destination.Length).CopyTo(destination));
    }

    /// <summary>Adds a tensor from bytes that are stored in its type already.</summary>
    /// <param name="name">A name that was not added yet.</param>
    /// <param name="type">Any type that the format can hold.</param>
    /// <param name="shape">The dimensions, slowest first.</param>
    /// <param name="bytes">Supplies the bytes while writing.</param>
    /// <exception cref="ArgumentException">The format cannot hold such a tensor.</exception>
    public void AddBytes(string name, TensorType type, IReadOnlyList<long> shape, TensorByteSource bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        Add(name, type, shape, (stream, tensor, cancellation) => WriteBytes(stream, tensor, bytes, cancellation));
    }

    /// <summary>Writes a file. It appears under its name only when it is complete; an older file of the name is replaced then.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Stops writing; nothing is left behind.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">Writing was cancelled.</exception>
    public void Write(string path, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, ChunkBytes))
            {
                Write(stream, cancellation);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, path, overwrite: true);
        }
        finally
        {
            File.Delete(partial);
        }
    }

    /// <summary>Writes the file's bytes to a stream, from front to back.</summary>
    /// <param name="stream">A stream that can be written.</param>
    /// <param name="cancellation">Stops writing.</param>
    /// <exception cref="OperationCanceledException">Writing was cancelled.</exception>
    public void Write(Stream stream, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        cancellation.ThrowIfCancellationRequested();
        WriteFile(stream, cancellation);
    }

    /// <summary>Writes header and tensors.</summary>
    private protected abstract void WriteFile(Stream stream, CancellationToken cancellation);

    /// <summary>Throws <see cref="ArgumentException"/> where the format cannot hold such a tensor.</summary>
    private protected abstract void CheckTensor(string name, TensorType type, ReadOnlySpan<long> shape);

    private static void WriteFloats(Stream stream, PendingTensor tensor, TensorFloatSource source, CancellationToken cancellation)
    {
        var values = new float[(int)Math.Min(ChunkElements, tensor.Elements)];
        var bytes = new byte[TensorTypeInfo.BytesOf(tensor.Type, values.Length)];
        for (long done = 0; done < tensor.Elements; done += values.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<float> part = values.AsSpan(0, (int)Math.Min(values.Length, tensor.Elements - done));
            Span<byte> stored = bytes.AsSpan(0, (int)TensorTypeInfo.BytesOf(tensor.Type, part.Length));
            source(done, part);
            Quantizer.Quantize(tensor.Type, part, stored);
            stream.Write(stored);
        }
    }

    private static void WriteBytes(Stream stream, PendingTensor tensor, TensorByteSource source, CancellationToken cancellation)
    {
        var bytes = new byte[(int)Math.Min(ChunkBytes, tensor.Bytes)];
        for (long done = 0; done < tensor.Bytes; done += bytes.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            Span<byte> part = bytes.AsSpan(0, (int)Math.Min(bytes.Length, tensor.Bytes - done));
            source(done, part);
            stream.Write(part);
        }
    }

    private void Add(string name, TensorType type, IReadOnlyList<long> shape, Action<Stream, PendingTensor, CancellationToken> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        long[] dims = [.. shape];
        CheckTensor(name, type, dims);
        long bytes = Measure(name, type, dims);
        long elements = bytes / TensorTypeInfo.BlockBytes(type) * TensorTypeInfo.BlockValues(type);
        if (!_names.Add(name))
        {
            throw new ArgumentException($"A tensor named {name} was added already.", nameof(name));
        }

        _tensors.Add(new PendingTensor(name, type, dims, elements, bytes, write));
    }

    private static long Measure(string name, TensorType type, ReadOnlySpan<long> shape)
    {
        try
        {
            return TensorTypeInfo.BytesOf(type, shape);
        }
        catch (OverflowException e)
        {
            throw new ArgumentException($"{name} would take more than 2^63 bytes.", nameof(shape), e);
        }
    }

    /// <summary>A tensor that is written later.</summary>
    private protected sealed record PendingTensor(
        string Name, TensorType Type, long[] Shape, long Elements, long Bytes, Action<Stream, PendingTensor, CancellationToken> Write);
}
