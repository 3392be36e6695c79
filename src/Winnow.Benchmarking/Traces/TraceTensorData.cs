using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Winnow.Benchmarking.Descriptions;

namespace Winnow.Benchmarking.Traces;

/// <summary>A tensor in the host's memory, as a C# solution reads and writes it.</summary>
public sealed class TraceTensorData
{
    private readonly ElementType _element;
    private readonly byte[] _bytes;

    internal TraceTensorData(TraceTensor tensor, IReadOnlyList<long> shape, byte[] bytes)
    {
        (Name, DType, Shape, _bytes) = (tensor.Name, tensor.DType, shape, bytes);
        _element = tensor.DType.Element()!.Value;
    }

    /// <summary>Its name in the definition.</summary>
    public string Name { get; }

    /// <summary>What it holds.</summary>
    public TraceDType DType { get; }

    /// <summary>Its dimensions, slowest first; empty for one value.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>How many values it has.</summary>
    public int Elements => _bytes.Length / _element.Bytes();

    /// <summary>Its bytes, little-endian, row by row.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>Its values.</summary>
    /// <typeparam name="T">A type of their size: <see cref="float"/> for <c>float32</c>, <see cref="Half"/> for <c>float16</c>, <see cref="long"/> for <c>int64</c>.</typeparam>
    /// <exception cref="ArgumentException">The type has another size.</exception>
    public Span<T> As<T>()
        where T : unmanaged =>
        Unsafe.SizeOf<T>() == _element.Bytes()
            ? MemoryMarshal.Cast<byte, T>(_bytes.AsSpan())
            : throw new ArgumentException($"'{Name}' holds {DType.NameOf()}, of {_element.Bytes()} bytes, and {typeof(T).Name} has {Unsafe.SizeOf<T>()}.");

    /// <summary>Its values, widened; whole numbers beyond 2^53 lose their last bits.</summary>
    public double[] ToDoubles()
    {
        double[] values = new double[Elements];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = _element.Read(_bytes.AsSpan(i * _element.Bytes()));
        }

        return values;
    }

    /// <summary>Writes values, each rounded to nearest.</summary>
    /// <param name="values">As many as there are.</param>
    public void Write(ReadOnlySpan<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, Elements, nameof(values));
        for (int i = 0; i < values.Length; i++)
        {
            _element.Write(_bytes.AsSpan(i * _element.Bytes()), values[i]);
        }
    }

    /// <summary>The array behind it.</summary>
    internal byte[] Buffer => _bytes;
}
