namespace Winnow.Engine;

/// <summary>Where a sequence stands with the scheduler.</summary>
internal enum SequencePhase
{
    /// <summary>Not known to the scheduler, and holding no pages that it may take.</summary>
    Detached,

    /// <summary>Nothing to compute; its pages are kept as long as nobody needs them.</summary>
    Idle,

    /// <summary>In the line: for a place among the running, or for pages.</summary>
    Waiting,

    /// <summary>Computed in each step.</summary>
    Running,
}
