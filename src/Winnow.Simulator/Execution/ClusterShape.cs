using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>How many blocks the clusters of a launch have.</summary>
/// <param name="X">Blocks, fastest dimension.</param>
/// <param name="Y">Blocks, second dimension.</param>
/// <param name="Z">Blocks, slowest dimension.</param>
/// <param name="IsExplicit">Whether the kernel or the launch asks for clusters; otherwise each block is one.</param>
internal readonly record struct ClusterShape(int X, int Y, int Z, bool IsExplicit)
{
    /// <summary>Clusters of one block that nobody asked for.</summary>
    public static ClusterShape None { get; } = new(1, 1, 1, IsExplicit: false);

    /// <summary>Blocks of a cluster.</summary>
    public int Blocks => X * Y * Z;

    /// <summary>Whether a grid consists of whole clusters.</summary>
    public bool Divides(in LaunchShape grid) => grid.GridX % X == 0 && grid.GridY % Y == 0 && grid.GridZ % Z == 0;

    /// <summary>The place of a block in its cluster.</summary>
    public (int X, int Y, int Z) PlaceOf((int X, int Y, int Z) block) => (block.X % X, block.Y % Y, block.Z % Z);

    /// <summary>The place of a block's cluster in the grid of clusters.</summary>
    public (int X, int Y, int Z) ClusterOf((int X, int Y, int Z) block) => (block.X / X, block.Y / Y, block.Z / Z);

    /// <summary>How many clusters a grid has.</summary>
    public (int X, int Y, int Z) ClustersOf(in LaunchShape grid) => ClusterOf((grid.GridX, grid.GridY, grid.GridZ));

    /// <summary>The number of a block in the grid, x first.</summary>
    /// <param name="cluster">The number of its cluster, x first.</param>
    /// <param name="rank">Its rank in the cluster.</param>
    /// <param name="grid">The grid.</param>
    public long BlockOf(long cluster, int rank, in LaunchShape grid)
    {
        (int width, int height, _) = ClustersOf(grid);
        long x = (cluster % width * X) + (rank % X);
        long y = (cluster / width % height * Y) + (rank / X % Y);
        long z = (cluster / ((long)width * height) * Z) + (rank / (X * Y));
        return x + (grid.GridX * (y + (grid.GridY * z)));
    }
}
