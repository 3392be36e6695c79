namespace Winnow.Kernels.Reduction;

/// <summary>What <see cref="IReduction.PoolRows"/> makes of the entries around an entry.</summary>
public enum PoolKind
{
    /// <summary>
    /// Their sum over the width, from width / 2 before to width / 2 after the entry; those outside the row count as zeros. (SnapKV, Li et al. 2024,
    /// arXiv:2404.14469.)
    /// </summary>
    Average,

    /// <summary>The greatest of those from width / 2 before to width / 2 after the entry that exist.</summary>
    Max,

    /// <summary>
    /// The mean of those that exist in the entry's chunk; chunks of the width begin with entry 0. (ChunkKV, Liu et al. 2025, arXiv:2502.00299.)
    /// </summary>
    ChunkMean,
}
