namespace Winnow.Simulator.Execution.Control;

/// <summary><c>fence.proxy.async</c></summary>
internal sealed class ProxyFence : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        warp.Block.FenceProxy(warp);
        warp.Block.FenceMbarriers(warp);
    }
}

/// <summary><c>fence.mbarrier_init</c></summary>
internal sealed class MbarrierFence : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Block.FenceMbarriers(warp);
}
