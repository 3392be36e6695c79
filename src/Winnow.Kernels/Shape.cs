using System;
using System.Globalization;

namespace Winnow.Kernels;

/// <summary>Up to four dimensions, slowest first, kept inline.</summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly long _d0;
    private readonly long _d1;
    private readonly long _d2;
    private readonly long _d3;

    /// <summary>A vector.</summary>
    /// <param name="d0">Its length.</param>
    public Shape(long d0)
        : this(1, d0, 1, 1, 1)
    {
    }

    /// <summary>A matrix.</summary>
    /// <param name="d0">Rows.</param>
    /// <param name="d1">Columns.</param>
    public Shape(long d0, long d1)
        : this(2, d0, d1, 1, 1)
    {
    }

    /// <summary>Three dimensions.</summary>
    /// <param name="d0">The slowest.</param>
    /// <param name="d1">The middle one.</param>
    /// <param name="d2">The fastest.</param>
    public Shape(long d0, long d1, long d2)
        : this(3, d0, d1, d2, 1)
    {
    }

    /// <summary>Four dimensions.</summary>
    /// <param name="d0">The slowest.</param>
    /// <param name="d1">The second.</param>
    /// <param name="d2">The third.</param>
    /// <param name="d3">The fastest.</param>
    public Shape(long d0, long d1, long d2, long d3)
        : this(4, d0, d1, d2, d3)
    {
    }

    private Shape(int rank, long d0, long d1, long d2, long d3)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(d0);
        ArgumentOutOfRangeException.ThrowIfNegative(d1);
        ArgumentOutOfRangeException.ThrowIfNegative(d2);
        ArgumentOutOfRangeException.ThrowIfNegative(d3);
        (Rank, _d0, _d1, _d2, _d3) = (rank, d0, d1, d2, d3);
        ElementCount = checked(d0 * d1 * d2 * d3);
    }

    /// <summary>The number of dimensions, 1 to 4; 0 only for the default value.</summary>
    public int Rank { get; }

    /// <summary>The product of the dimensions.</summary>
    public long ElementCount { get; }

    /// <summary>The length of dimension <paramref name="dimension"/>, slowest first.</summary>
    /// <param name="dimension">0 to <see cref="Rank"/> - 1.</param>
    public long this[int dimension]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, Rank);
            return dimension switch { 0 => _d0, 1 => _d1, 2 => _d2, _ => _d3 };
        }
    }

    /// <summary>The same dimensions with another length of the slowest one.</summary>
    /// <param name="length">The new length.</param>
    public Shape WithFirst(long length) => new(Rank, length, _d1, _d2, _d3);

    /// <summary>Compares rank and dimensions.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">The other shape.</param>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Compares rank and dimensions.</summary>
    /// <param name="left">One shape.</param>
    /// <param name="right">The other shape.</param>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(Shape other) =>
        Rank == other.Rank && _d0 == other._d0 && _d1 == other._d1 && _d2 == other._d2 && _d3 == other._d3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rank, _d0, _d1, _d2, _d3);

    /// <inheritdoc/>
    public override string ToString() => Rank switch
    {
        0 => "[]",
        1 => string.Create(CultureInfo.InvariantCulture, $"[{_d0}]"),
        2 => string.Create(CultureInfo.InvariantCulture, $"[{_d0}, {_d1}]"),
        3 => string.Create(CultureInfo.InvariantCulture, $"[{_d0}, {_d1}, {_d2}]"),
        _ => string.Create(CultureInfo.InvariantCulture, $"[{_d0}, {_d1}, {_d2}, {_d3}]"),
    };
}
