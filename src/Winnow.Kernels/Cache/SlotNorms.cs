namespace Winnow.Kernels.Cache;

/// <summary>
/// The planes of <see cref="PagedKv.Attributes"/> that an append fills with the norms of each new key (as appended, hence after RoPE)
/// and value, taken before they are rounded to the cache's type. null leaves a norm out; <c>default</c> leaves out all.
/// </summary>
public readonly record struct SlotNorms
{
    /// <summary>The plane for the sum of the key's magnitudes.</summary>
    public int? KeyL1 { get; init; }

    /// <summary>The plane for the root of the sum of the key's squares.</summary>
    public int? KeyL2 { get; init; }

    /// <summary>The plane for the sum of the value's magnitudes.</summary>
    public int? ValueL1 { get; init; }

    /// <summary>The plane for the root of the sum of the value's squares.</summary>
    public int? ValueL2 { get; init; }

    /// <summary>Whether there is any.</summary>
    internal bool Any => (KeyL1 ?? KeyL2 ?? ValueL1 ?? ValueL2) is not null;
}
