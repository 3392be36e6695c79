namespace Winnow.Simulator.Operations;

/// <summary>The operands of a <c>wgmma.mma_async</c>.</summary>
internal sealed record ProductShape
{
    /// <summary>Columns.</summary>
    public required int N { get; init; }

    /// <summary>The registers of the sums.</summary>
    public required int[] D { get; init; }

    /// <summary>Whether they are pairs of f16.</summary>
    public required bool IsHalf { get; init; }

    /// <summary>The registers of the first factor; empty where it lies in shared memory.</summary>
    public required int[] A { get; init; }

    /// <summary>The register of the descriptor of the first factor; below 0 where that is in registers.</summary>
    public required int ADescriptor { get; init; }

    /// <summary>The register of the descriptor of the second factor.</summary>
    public required int BDescriptor { get; init; }

    /// <summary>Whether there is something to add to.</summary>
    public required PredicateSlot Scale { get; init; }

    /// <summary>1 or -1, by which the products are multiplied.</summary>
    public required double Sign { get; init; }

    /// <summary>Whether the first factor lies column by column.</summary>
    public required bool IsATransposed { get; init; }

    /// <summary>Whether the second factor lies column by column of k, which is row by row of the matrix.</summary>
    public required bool IsBTransposed { get; init; }
}
