using System.Collections.Generic;

namespace Winnow.Simulator.Profiling;

/// <summary>When groups of what runs beside a warp are over.</summary>
internal sealed class GroupTimes
{
    private readonly List<PathTime> _ends = [];

    /// <summary>When all is over that has begun.</summary>
    public PathTime Latest { get; private set; }

    /// <summary>Something has begun that is over at a time.</summary>
    public void Add(PathTime end) => Latest = PathTime.Max(Latest, end);

    /// <summary>Closes a group.</summary>
    public void Commit() => _ends.Add(Latest);

    /// <summary>When all is over but some of the newest groups.</summary>
    /// <param name="pending">How many; below 0 for none, what is in no group included.</param>
    public PathTime EndOf(int pending) => pending < 0 ? Latest : _ends.Count > pending ? _ends[^(pending + 1)] : default;

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _ends.Clear();
        Latest = default;
    }
}
