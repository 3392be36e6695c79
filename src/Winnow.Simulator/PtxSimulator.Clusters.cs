using System;
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

    /// <inheritdoc/>
    public override bool HasClusters => Properties.ComputeCapability >= FirstWithClusters;

    /// <inheritdoc/>
    public override void AllowLargeClusters(GpuFunction function)
    {
        KernelFunction kernel = _functions[function.Handle];
        RequireClusters();
        kernel.AllowsLargeClusters = true;
    }

    /// <inheritdoc/>
    public override int CountResidentClusters(GpuFunction function, in LaunchShape shape)
    {
        KernelFunction kernel = _functions[function.Handle];
        RequireClusters();
        CheckShape(kernel, shape);
        CheckCluster(kernel, shape, nameof(CountResidentClusters));
        int threads = shape.BlockX * shape.BlockY * shape.BlockZ;
        return _model.ResidentClusters(ClusterOf(kernel.Program, shape).Blocks, threads, kernel.Program.Shared.StaticBytes + shape.SharedBytes);
    }

    private void RequireClusters()
    {
        if (!HasClusters)
        {
            throw new NotSupportedException($"{Properties.Name} is for {Architecture}, which has no clusters.");
        }
    }

    private void CheckCluster(KernelFunction kernel, in LaunchShape shape, string call)
    {
        KernelProgram program = kernel.Program;
        if (shape.IsDependent && !HasClusters)
        {
            string reason = $"{program.Name} is to be a dependent launch, which {Architecture} does not have.";
            throw new CudaException(1, "CUDA_ERROR_INVALID_VALUE", call, reason);
        }

        ClusterShape cluster = ClusterOf(program, shape);
        string? problem = cluster switch
        {
            { IsExplicit: false } when program.Kernel.Function.HasClusters => "asks for clusters and does not say of how many blocks",
            { IsExplicit: false } => null,
            _ when !HasClusters => $"asks for clusters, which {Architecture} does not have",
            _ when shape.Cluster != default && shape.Cluster != (cluster.X, cluster.Y, cluster.Z)
                => $"asks for clusters of ({cluster.X}, {cluster.Y}, {cluster.Z}) blocks, and its launch for others of {shape.Cluster}",
            { X: < 1 } or { Y: < 1 } or { Z: < 1 } or { Blocks: > Cluster.MostBlocks }
                => $"asks for clusters of ({cluster.X}, {cluster.Y}, {cluster.Z}) blocks; together they may be {Cluster.MostBlocks}",
            _ when cluster.Blocks > Cluster.PortableBlocks && !kernel.AllowsLargeClusters
                => $"asks for clusters of {cluster.Blocks} blocks, and not every device has more than {Cluster.PortableBlocks}; see {nameof(AllowLargeClusters)}",
            _ when !cluster.Divides(shape)
                => $"asks for clusters of ({cluster.X}, {cluster.Y}, {cluster.Z}) blocks, which a grid of ({shape.GridX}, {shape.GridY}, {shape.GridZ}) does not consist of",
            _ => null,
        };
        if (problem is not null)
        {
            throw new CudaException(912, "CUDA_ERROR_INVALID_CLUSTER_SIZE", call, $"{program.Name} {problem}.");
        }
    }
}
