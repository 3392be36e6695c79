namespace Winnow.Kernels.Linear;

/// <summary>The kernels of the family.</summary>
internal enum CudaLinearKind
{
    /// <summary>Inputs rounded to the matrix type, for <see cref="Matmul"/>.</summary>
    Pack,

    /// <summary>Float weights, any number of rows.</summary>
    Single,

    /// <summary>Other weights, up to 16 rows.</summary>
    Matvec,

    /// <summary>Other weights on 16 bytes, one row.</summary>
    Row,

    /// <summary>Other weights, many rows.</summary>
    Matmul,

    /// <summary>16-bit weights, many rows, compute capability 9.0a.</summary>
    Hopper,
}
