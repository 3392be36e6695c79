namespace Winnow.Gpu;

/// <summary>How many blocks of how many threads a launch has.</summary>
/// <param name="GridX">Blocks, fastest dimension; at least 1.</param>
/// <param name="GridY">Blocks, second dimension.</param>
/// <param name="GridZ">Blocks, slowest dimension.</param>
/// <param name="BlockX">Threads of a block, fastest dimension.</param>
/// <param name="BlockY">Threads, second dimension.</param>
/// <param name="BlockZ">Threads, slowest dimension.</param>
/// <param name="SharedBytes">Dynamic shared memory of each block.</param>
public readonly record struct LaunchShape(int GridX, int GridY, int GridZ, int BlockX, int BlockY = 1, int BlockZ = 1, int SharedBytes = 0)
{
    /// <summary>
    /// Blocks of each cluster, by dimensions; zeros leave that to the kernel, which says it by <c>__cluster_dims__</c> or has none. Needs compute capability 9.0.
    /// </summary>
    public (int X, int Y, int Z) Cluster { get; init; }

    /// <summary>
    /// Whether it may begin before what was issued before it to the stream has ended (programmatic dependent launch): the kernel itself waits for that by
    /// <c>griddepcontrol.wait</c>. Needs compute capability 9.0.
    /// </summary>
    public bool IsDependent { get; init; }

    /// <summary>Whether the driver is asked for more than a grid of blocks.</summary>
    internal bool HasAttributes => Cluster != default || IsDependent;

    /// <summary>A launch of one dimension.</summary>
    /// <param name="blocks">Blocks.</param>
    /// <param name="threads">Threads of a block.</param>
    /// <param name="sharedBytes">Dynamic shared memory of each block.</param>
    public static LaunchShape Linear(int blocks, int threads, int sharedBytes = 0) => new(blocks, 1, 1, threads, 1, 1, sharedBytes);
}
