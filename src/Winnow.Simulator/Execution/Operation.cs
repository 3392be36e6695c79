using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>A decoded instruction: what one warp does at one place. Stateless and shared by all warps.</summary>
internal abstract unsafe class Operation
{
    /// <summary>What it was decoded from, for messages.</summary>
    public PtxInstruction Source { get; set; } = null!;

    /// <summary>Does it for some lanes.</summary>
    /// <param name="warp">The registers and everything around them.</param>
    /// <param name="lanes">Bit i: lane i takes part (it is active here and its guard holds); never 0. Registers of other lanes stay as they are.</param>
    public abstract void Execute(Warp warp, uint lanes);
}
