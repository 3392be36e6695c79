using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Gpu;

/// <summary>Packs kernel arguments into one block, each aligned as the device wants it. Lives on the stack.</summary>
/// <param name="storage">Where the block is built, zeroed by the caller where padding must be reproducible.</param>
public ref struct ArgumentBlock(Span<byte> storage)
{
    private readonly Span<byte> _storage = storage;
    private int _length;

    /// <summary>The arguments added so far.</summary>
    public readonly ReadOnlySpan<byte> Bytes => _storage[.._length];

    /// <summary>Adds an argument of a plain type: a number, an address or a struct of those.</summary>
    /// <typeparam name="T">Its type; the alignment is that of its largest field, at most 8.</typeparam>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentOutOfRangeException">The storage is full.</exception>
    public void Add<T>(T value)
        where T : unmanaged
    {
        int alignment = AlignmentOf<T>();
        int start = (_length + alignment - 1) & -alignment;
        int end = start + Unsafe.SizeOf<T>();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, _storage.Length);
        MemoryMarshal.Write(_storage[start..], in value);
        _length = end;
    }

    /// <summary>Adds a tensor map.</summary>
    /// <param name="map">What <see cref="GpuDriver.EncodeTensorMap"/> wrote.</param>
    /// <exception cref="ArgumentOutOfRangeException">The storage is full, or this is no map.</exception>
    public void AddMap(ReadOnlySpan<byte> map)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(map.Length, TensorMapShape.EncodedBytes);
        int start = (_length + TensorMapShape.EncodedAlignment - 1) & -TensorMapShape.EncodedAlignment;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + map.Length, _storage.Length);
        map.CopyTo(_storage[start..]);
        _length = start + map.Length;
    }

    private static int AlignmentOf<T>()
        where T : unmanaged
        => Unsafe.SizeOf<Padded<T>>() - Unsafe.SizeOf<T>();

    [StructLayout(LayoutKind.Sequential)]
    private struct Padded<T>
        where T : unmanaged
    {
        public byte First;
        public T Value;
    }
}
