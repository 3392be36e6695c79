namespace Winnow.Simulator.Execution.Control;

/// <summary><c>membar</c> and <c>fence</c>: memory is coherent here, but who looks for races wants to know.</summary>
/// <param name="isForDevice">Whether it is one for other blocks, too.</param>
internal sealed class Fence(bool isForDevice) : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Block.Fence(warp, isForDevice);
}
