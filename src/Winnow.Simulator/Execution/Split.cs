namespace Winnow.Simulator.Execution;

/// <summary>Lanes of a warp that are at the same place.</summary>
internal sealed class Split
{
    /// <summary>The next instruction.</summary>
    public int Pc;

    /// <summary>The lanes; never 0.</summary>
    public uint Lanes;

    /// <summary>The call they are in.</summary>
    public Frame Frame = null!;

    /// <summary>Whether they can go on.</summary>
    public SplitState State;

    /// <summary>Whether others of the warp go first: what it waits for has not come.</summary>
    public bool IsPatient;

    /// <summary>While <see cref="SplitState.WaitsForLanes"/>: the lanes that must come together.</summary>
    public uint Awaited;

    /// <summary>Where they wait for those that they parted from; null where they parted from nobody.</summary>
    public JoinPoint? Join;

    /// <summary>Whether they are there.</summary>
    public bool IsJoining => Join is { } join && join.Pc == Pc && join.Frame == Frame;
}
