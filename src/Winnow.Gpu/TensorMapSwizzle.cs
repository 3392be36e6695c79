namespace Winnow.Gpu;

/// <summary>
/// In which order the rows of a box lie in shared memory, so that columns lie in different banks: pieces of 16 bytes are exchanged by the number of the row.
/// The numbers are the CUDA driver's.
/// </summary>
public enum TensorMapSwizzle
{
    /// <summary>One row after the other.</summary>
    None = 0,

    /// <summary>Rows of 32 bytes; repeats after 256.</summary>
    Bytes32 = 1,

    /// <summary>Rows of 64 bytes; repeats after 512.</summary>
    Bytes64 = 2,

    /// <summary>Rows of 128 bytes; repeats after 1024.</summary>
    Bytes128 = 3,
}
