using System.Collections.Generic;

namespace Winnow.Simulator.Profiling;

/// <summary>What is known about a line of 128 bytes of global memory.</summary>
/// <param name="Arrival">When it came, or was written.</param>
/// <param name="IsInL1">Whether it is in the first-level cache.</param>
internal readonly record struct LineTime(PathTime Arrival, bool IsInL1);

/// <summary>
/// The lines of global memory that the warps of a block touched before they last met, without a limit of how many there are. What a warp touched since is its own
/// matter: else it would depend on the order of warps who is the first.
/// </summary>
internal sealed class LineTimes
{
    private readonly Dictionary<ulong, LineTime> _lines = [];

    /// <summary>Whether a warp drew numbers from a counter in global memory again and again: the block's work, as blocks do that stay until all is done.</summary>
    public bool DrawsWork { get; set; }

    /// <summary>Whether a line was touched.</summary>
    public bool Knows(ulong line) => _lines.ContainsKey(line);

    /// <summary>What is known about a line.</summary>
    public bool TryGet(ulong line, out LineTime time) => _lines.TryGetValue(line, out time);

    /// <summary>Adds what a warp touched.</summary>
    public void Add(Dictionary<ulong, LineTime> lines)
    {
        foreach ((ulong line, LineTime time) in lines)
        {
            _lines[line] = _lines.TryGetValue(line, out LineTime known)
                ? new LineTime(PathTime.Min(known.Arrival, time.Arrival), known.IsInL1 || time.IsInL1)
                : time;
        }
    }

    /// <summary>Begins with another block.</summary>
    public void Clear()
    {
        _lines.Clear();
        DrawsWork = false;
    }
}
