namespace Winnow.Simulator.Ptx;

/// <summary>A variable of a module or of a function, or a parameter.</summary>
internal sealed record PtxVariable
{
    /// <summary>Its name as operands hold it.</summary>
    public required string Name { get; init; }

    /// <summary>Where it lies.</summary>
    public required PtxSpace Space { get; init; }

    /// <summary>The type of its elements, without the dot.</summary>
    public required string Type { get; init; }

    /// <summary>Its size, bytes; 0 for an array without a size, see <see cref="IsDynamic"/>.</summary>
    public required int Bytes { get; init; }

    /// <summary>Its alignment, bytes.</summary>
    public required int Alignment { get; init; }

    /// <summary>
    /// Where it lies in what it belongs to: local variables in their function's local memory, parameters in its parameter frame
    /// (see <see cref="PtxFunction.FrameBytes"/>). Shared variables: see <see cref="SharedLayout"/>. 0 for others.
    /// </summary>
    public int Offset { get; init; }

    /// <summary>Whether another module defines it.</summary>
    public bool IsExtern { get; init; }

    /// <summary>An array without a size: <c>extern __shared__ float x[]</c>, which begins where the launch's dynamic shared memory begins.</summary>
    public bool IsDynamic => Bytes == 0;

    /// <summary>Its initial bytes, <see cref="Bytes"/> of them; null where it starts zeroed (or undefined, in shared and local memory).</summary>
    public byte[]? Initial { get; init; }

    /// <summary>Where <see cref="Initial"/> takes addresses.</summary>
    public PtxRelocation[] Relocations { get; init; } = [];
}
