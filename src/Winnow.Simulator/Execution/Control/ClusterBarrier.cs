namespace Winnow.Simulator.Execution.Control;

/// <summary><c>barrier.cluster.arrive</c></summary>
/// <param name="releases">Whether those who wait see what the threads did before.</param>
internal sealed class ArriveAtCluster(bool releases) : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Block.Cluster.Arrive(warp, lanes, releases);
}

/// <summary><c>barrier.cluster.wait</c></summary>
internal sealed class WaitForCluster : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Block.Cluster.Wait(warp, lanes);
}
