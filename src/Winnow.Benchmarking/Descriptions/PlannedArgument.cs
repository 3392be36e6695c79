using System.Collections.Generic;
using System.Linq;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>An argument of a launch, worked out.</summary>
public sealed class PlannedArgument
{
    internal PlannedArgument(ArgumentText text, IReadOnlyList<long> shape, double value, IReadOnlyList<double> bounds)
    {
        (Text, Shape, Value, Bounds) = (text, shape, value, bounds);
        Elements = shape.Aggregate(1L, (product, length) => checked(product * length));
        Bytes = checked(Elements * text.Type.Bytes());
    }

    /// <summary>Its name.</summary>
    public string Name => Text.Name;

    /// <summary>What the kernel does with it.</summary>
    public ArgumentDirection Direction => Text.Direction;

    /// <summary>What it holds.</summary>
    public ElementType Type => Text.Type;

    /// <summary>Of memory: its dimensions, slowest first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Of memory: the product of the dimensions; 1 for a scalar.</summary>
    public long Elements { get; }

    /// <summary>Its size: of the memory, or of the scalar.</summary>
    public long Bytes { get; }

    /// <summary>A scalar's value.</summary>
    public double Value { get; }

    /// <summary>Whether it is memory that the kernel is given the address of.</summary>
    public bool IsMemory => Direction != ArgumentDirection.Scalar;

    /// <summary>Whether the kernel reads it as memory.</summary>
    public bool IsRead => Direction is ArgumentDirection.In or ArgumentDirection.InOut;

    /// <summary>Whether the kernel writes it.</summary>
    public bool IsWritten => Direction is ArgumentDirection.Out or ArgumentDirection.InOut;

    /// <summary>The line that it comes from.</summary>
    internal ArgumentText Text { get; }

    /// <summary>The numbers of its first values: the bounds of a spread, or one constant.</summary>
    internal IReadOnlyList<double> Bounds { get; }

    /// <summary>Name, type and shape, as a description has them.</summary>
    public override string ToString() => $"{Name}: {Type.NameOf()}{(IsMemory ? $"[{string.Join(", ", Shape)}]" : "")}";
}
