using Winnow.Gpu;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator;

/// <content>Clusters of launches.</content>
public sealed partial class PtxSimulator
{
    private const int FirstWithClusters = 90;

    /// <summary>The clusters that a kernel or its launch asks for.</summary>
    private static ClusterShape ClusterOf(KernelProgram program, in LaunchShape shape) => program.Kernel.Function.ClusterSizes switch
    {
        { Length: > 0 } sizes => new ClusterShape(sizes[0], sizes.Length > 1 ? sizes[1] : 1, sizes.Length > 2 ? sizes[2] : 1, IsExplicit: true),
        _ when shape.Cluster != default => new ClusterShape(shape.Cluster.X, shape.Cluster.Y, shape.Cluster.Z, IsExplicit: true),
        _ => ClusterShape.None,
    };

    private void CheckCluster(KernelProgram program, in LaunchShape shape)
    {
        if (shape.IsDependent && Properties.ComputeCapability < FirstWithClusters)
        {
            string reason = $"{program.Name} is to be a dependent launch, which {Architecture} does not have.";
            throw new CudaException(1, "CUDA_ERROR_INVALID_VALUE", nameof(Launch), reason);
        }

        ClusterShape cluster = ClusterOf(program, shape);
        string? problem = cluster switch
        {
            { IsExplicit: false } when program.Kernel.Function.HasClusters => "asks for clusters and does not say of how many blocks",
            { IsExplicit: false } => null,
            _ when Properties.ComputeCapability < FirstWithClusters => $"asks for clusters, which {Architecture} does not have",
            _ when shape.Cluster != default && shape.Cluster != (cluster.X, cluster.Y, cluster.Z)
                => $"asks for clusters of ({cluster.X}, {cluster.Y}, {cluster.Z}) blocks, and its launch for others of {shape.Cluster}",
            { X: < 1 } or { Y: < 1 } or { Z: < 1 } or { Blocks: > Cluster.MostBlocks }
                => $"asks for clusters of ({cluster.X}, {cluster.Y}, {cluster.Z}) blocks; together they may be {Cluster.MostBlocks}, which is what every device has",
            _ when !cluster.Divides(shape)
                => $"asks for clusters of ({cluster.X}, {cluster.Y}, {cluster.Z}) blocks, which a grid of ({shape.GridX}, {shape.GridY}, {shape.GridZ}) does not consist of",
            _ => null,
        };
        if (problem is not null)
        {
            throw new CudaException(912, "CUDA_ERROR_INVALID_CLUSTER_SIZE", nameof(Launch), $"{program.Name} {problem}.");
        }
    }
}
