namespace Winnow.Simulator.Execution;

/// <summary>What the lanes of a <see cref="Split"/> can do.</summary>
internal enum SplitState
{
    /// <summary>Go on.</summary>
    Ready,

    /// <summary>Wait, before an instruction, for other lanes of the warp to come there.</summary>
    WaitsForLanes,

    /// <summary>Wait, after an instruction, for a barrier of the block.</summary>
    WaitsForBarrier,
}
