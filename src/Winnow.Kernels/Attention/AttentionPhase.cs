namespace Winnow.Kernels.Attention;

/// <summary>What an item of <see cref="AttentionWork{TSimd, TVector}"/> is.</summary>
internal enum AttentionPhase
{
    /// <summary>A tile from its first slot to its result.</summary>
    Whole,

    /// <summary>One split of a tile.</summary>
    Splits,

    /// <summary>The merging of a tile's splits, and its result.</summary>
    Merging,
}
