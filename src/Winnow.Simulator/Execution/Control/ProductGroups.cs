namespace Winnow.Simulator.Execution.Control;

/// <summary><c>wgmma.fence</c></summary>
internal sealed class FenceProducts : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.FenceProducts();
}

/// <summary><c>wgmma.commit_group</c></summary>
internal sealed class CommitProducts : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.CommitProducts();
}

/// <summary><c>wgmma.wait_group</c></summary>
/// <param name="pending">How many of the newest groups may be on their way afterwards.</param>
internal sealed class WaitForProducts(int pending) : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.WaitForProducts(pending, lanes);
}
