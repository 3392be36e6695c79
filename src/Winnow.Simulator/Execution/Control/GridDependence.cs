namespace Winnow.Simulator.Execution.Control;

/// <summary><c>griddepcontrol.wait</c>: launches are over here before the next one begins, but who looks for what is missing wants to know.</summary>
internal sealed class WaitForGrids : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Block.WaitForGrids(warp);
}

/// <summary><c>griddepcontrol.launch_dependents</c></summary>
internal sealed class LaunchDependents : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.Block.LetDependentsBegin(warp);
}
