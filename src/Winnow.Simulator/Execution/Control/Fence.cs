namespace Winnow.Simulator.Execution.Control;

/// <summary><c>membar</c> and <c>fence</c>: memory is coherent here, but who looks for races wants to know.</summary>
internal sealed class Fence : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Block.Fence(warp);
}
