namespace Winnow.Simulator.Execution.Control;

/// <summary>The second factor of a product, widened: the four warps of a warpgroup need the same.</summary>
internal sealed class ProductFactor
{
    private const int MostColumns = 256;
    private const int MostDepth = 32;

    /// <summary>Its values.</summary>
    public double[] Values { get; } = new double[MostColumns * MostDepth];

    /// <summary>Whether they are there.</summary>
    public bool IsRead { get; set; }
}
