using System;
using System.Collections.Generic;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution.Control;

/// <summary>
/// An mbarrier in shared memory: phases that are complete when all arrivals and all bytes that were announced have come. The bytes in memory hold nothing;
/// PTX does not say what they are.
/// </summary>
/// <param name="block">The block whose it is.</param>
/// <param name="offset">Where it lies.</param>
/// <param name="agent">Which agent the clocks take its copies for.</param>
/// <param name="row">Numbers of a row of the clocks; 0 where there are none.</param>
internal sealed class Mbarrier(BlockRunner block, int offset, int agent, int row)
{
    /// <summary>The bytes of one, and what its address must be a multiple of.</summary>
    public const int Bytes = 8;

    /// <summary>The largest count of arrivals or of bytes.</summary>
    public const int Most = (1 << 20) - 1;

    private const int CountShift = 32;

    /// <summary>The block whose it is.</summary>
    public BlockRunner Block => block;

    /// <summary>Where it lies.</summary>
    public int Offset => offset;

    /// <summary>Which agent the clocks take its copies for.</summary>
    public int Agent => agent;

    /// <summary>Who made it.</summary>
    public Warp Maker { get; set; } = null!;

    /// <summary>Whether the maker executed a fence after it, so that copies may use it.</summary>
    public bool IsFenced { get; set; }

    /// <summary>The last copy that counted here and whose phase nobody has seen the end of; null where there is none.</summary>
    public BulkCopy? Unseen { get; set; }

    /// <summary>The phase of that copy.</summary>
    public uint UnseenPhase { get; set; }

    /// <summary>Arrivals that a phase needs.</summary>
    public int Expected { get; set; }

    /// <summary>Arrivals that the present phase still needs.</summary>
    public int Pending { get; set; }

    /// <summary>Bytes that were announced and have not come.</summary>
    public int Transactions { get; set; }

    /// <summary>The number of the present phase.</summary>
    public uint Phase { get; private set; }

    /// <summary>What those know that arrived in the present phase: a row of the clocks.</summary>
    public uint[] Known { get; private set; } = new uint[row];

    /// <summary>What those knew that arrived in the phase before.</summary>
    public uint[] KnownBefore { get; private set; } = new uint[row];

    /// <summary>When the last of what came in the present phase did, where that is counted.</summary>
    public PathTime Time { get; private set; }

    /// <summary>When the phase before was complete.</summary>
    public PathTime TimeBefore { get; private set; }

    /// <summary>Those who wait for the present phase.</summary>
    public List<(Warp Warp, Split Split)> Waiting { get; } = [];

    /// <summary>What an arrival returns: the phase, and the arrivals that it needed before.</summary>
    public ulong State => ((ulong)(uint)Pending << CountShift) | Phase;

    /// <summary>Whether all came that the present phase waits for.</summary>
    public bool IsComplete => Pending == 0 && Transactions == 0;

    /// <summary>The arrivals that a phase needed before the arrival that returned a state.</summary>
    public static uint CountOf(ulong state) => (uint)(state >> CountShift);

    /// <summary>Something comes that the present phase waits for.</summary>
    /// <param name="time">When.</param>
    public void Come(PathTime time) => Time = PathTime.Max(Time, time);

    /// <summary>Begins the next phase.</summary>
    public void Advance()
    {
        Phase++;
        Pending = Expected;
        (Time, TimeBefore) = (default, Time);
        (Known, KnownBefore) = (KnownBefore, Known);
        Array.Clear(Known);
    }
}
