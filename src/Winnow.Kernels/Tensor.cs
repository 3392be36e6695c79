using System;

namespace Winnow.Kernels;

/// <summary>A dense row-major view of a <see cref="DeviceBuffer"/>. Making a view allocates nothing and copies nothing.</summary>
public readonly struct Tensor
{
    private readonly DeviceBuffer? _buffer;

    /// <summary>Views a part of a buffer.</summary>
    /// <param name="buffer">The memory; it stays with its owner.</param>
    /// <param name="byteOffset">Where the first element lies, bytes.</param>
    /// <param name="type">The element type.</param>
    /// <param name="shape">The dimensions, slowest first; a block type needs whole blocks in the fastest one.</param>
    /// <exception cref="ArgumentException">The view reaches past the buffer, or a row does not fill whole blocks.</exception>
    public Tensor(DeviceBuffer buffer, long byteOffset, DType type, Shape shape)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentOutOfRangeException.ThrowIfNegative(byteOffset);
        if (shape.Rank == 0 || shape[shape.Rank - 1] % type.BlockValues() != 0)
        {
            throw new ArgumentException($"Shape {shape} does not fill whole blocks of {type}.", nameof(shape));
        }

        Bytes = type.BytesOf(shape.ElementCount);
        if (byteOffset > buffer.Bytes - Bytes)
        {
            throw new ArgumentException($"{type} {shape} at byte {byteOffset} reaches past a buffer of {buffer.Bytes} bytes.", nameof(shape));
        }

        (_buffer, ByteOffset, Type, Shape) = (buffer, byteOffset, type, shape);
    }

    /// <summary>True for <c>default</c>: how an optional operand is left out.</summary>
    public bool IsEmpty => _buffer is null;

    /// <summary>The memory it views.</summary>
    public DeviceBuffer Buffer => _buffer ?? throw new InvalidOperationException("This tensor is the empty default.");

    /// <summary>Where its first element lies in <see cref="Buffer"/>, bytes.</summary>
    public long ByteOffset { get; }

    /// <summary>The element type.</summary>
    public DType Type { get; }

    /// <summary>The dimensions, slowest first.</summary>
    public Shape Shape { get; }

    /// <summary>The bytes it covers.</summary>
    public long Bytes { get; }

    /// <summary>The address of its first element, in the device's address space.</summary>
    public nint Address => (nint)(Buffer.Address + ByteOffset);

    /// <summary>Rows <paramref name="start"/> to <paramref name="start"/> + <paramref name="count"/> - 1 of the slowest dimension.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentException">The rows are interleaved in groups (<see cref="DTypes.GroupRows"/>), and the slice cuts one.</exception>
    public Tensor Rows(long start, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Shape[0]);
        int group = Type.GroupRows();
        if (group > 1 && (start % group != 0 || (count % group != 0 && start + count != Shape[0])))
        {
            throw new ArgumentException($"Rows of {Type} are interleaved by {group}; {count} of them from {start} on cut a group. Slice before arranging.", nameof(start));
        }

        long rowBytes = Shape[0] == 0 ? 0 : Bytes / Shape[0];
        return new Tensor(Buffer, ByteOffset + (start * rowBytes), Type, Shape.WithFirst(count));
    }

    /// <summary>The same elements under other dimensions.</summary>
    /// <param name="shape">Dimensions with the same product.</param>
    public Tensor Reshape(Shape shape)
    {
        if (shape.ElementCount != Shape.ElementCount)
        {
            throw new ArgumentException($"{Shape} cannot be seen as {shape}: the element counts differ.", nameof(shape));
        }

        if (Type.GroupRows() > 1 && shape != Shape)
        {
            throw new ArgumentException($"Rows of {Type} are interleaved; {Shape} cannot be seen as {shape}.", nameof(shape));
        }

        return new Tensor(Buffer, ByteOffset, Type, shape);
    }

    /// <summary>Frees the memory it views, and with it all other views; nothing where it is empty.</summary>
    public void Release() => _buffer?.Dispose();

    /// <inheritdoc/>
    public override string ToString() => IsEmpty ? "(empty)" : $"{Type} {Shape}";
}
