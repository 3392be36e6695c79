namespace Winnow.Kernels.Linear;

/// <summary>The kernels of the family.</summary>
internal enum CudaLinearKind
{
    /// <summary>Inputs rounded to the matrix type, for many rows.</summary>
    Pack,

    /// <summary>Inputs of each step added up, for <see cref="HopperBlocks"/>.</summary>
    Totals,

    /// <summary>Float weights, any number of rows.</summary>
    Single,

    /// <summary>Other weights, up to 16 rows, where <see cref="Row"/> has no room or 16-bit weights do not lie on 16 bytes.</summary>
    Matvec,

    /// <summary>Other weights, up to 16 rows.</summary>
    Row,

    /// <summary>Other weights, many rows.</summary>
    Matmul,

    /// <summary>16-bit weights, many rows, compute capability 9.0a.</summary>
    Hopper,

    /// <summary>Block types, many rows, compute capability 9.0a.</summary>
    HopperBlocks,
}
