using System;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>
/// Vector clocks of the warps of a block (Mattern, "Virtual Time and Global States of Distributed Systems"): for each warp its own time, and up
/// to which time of each other warp it knows that all is over. Times only grow, from block to block too.
/// </summary>
/// <remarks>
/// What runs beside the warps is a party too: copies that are waited for at an mbarrier (agents), and products of warpgroups. What is known is a row of
/// numbers: for each party up to which time all is over, and then the same for what the async proxy sees of it, which a proxy fence brings up to date.
/// </remarks>
internal sealed class WarpClocks
{
    /// <summary>Numbers of a row of what is known.</summary>
    public const int Row = 2 * Parties;

    /// <summary>Agents beside the warps.</summary>
    public const int Agents = 32;

    private const int Most = 32;
    private const int Groups = 8;
    private const int Parties = Most + Agents + Groups;
    private const int IdBits = 5;
    private const uint AgentBit = 1u << 31;
    private const uint LatestTime = 1u << 25;

    private readonly uint[] _times = new uint[Most];
    private readonly uint[] _known = new uint[Most * Row];
    private readonly uint[] _knownOfAll = new uint[Most];
    private readonly uint[] _fenced = new uint[Most * Row];
    private readonly uint[] _observed = new uint[Most * Row];
    private readonly uint[] _published = new uint[Row];
    private int _warps;
    private uint _now;

    /// <summary>The warp of a stamp; from <see cref="Warp.Lanes"/> on an agent.</summary>
    public static int PartyOf(uint stamp) => (int)((stamp & (Most - 1)) | (stamp >> 26 & Most));

    /// <summary>The stamp of a time of a warp.</summary>
    public static uint StampOf(uint time, int warp) => (time << IdBits) | (uint)warp;

    /// <summary>Begins a block: all that was before is over.</summary>
    /// <param name="warps">The warps of the block.</param>
    /// <returns>True where times begin anew, so that old stamps must be forgotten.</returns>
    public bool Start(int warps)
    {
        bool isNew = _now > LatestTime;
        _now = isNew ? 1 : _now + 1;
        _warps = warps;
        Array.Fill(_times, _now);
        Array.Fill(_knownOfAll, _now - 1);
        Array.Fill(_published, _now - 1);
        _known.AsSpan(0, warps * Row).Fill(_now - 1);
        _fenced.AsSpan(0, warps * Row).Fill(_now - 1);
        _observed.AsSpan(0, warps * Row).Fill(_now - 1);
        return isNew;
    }

    /// <summary>A warp's own time.</summary>
    public uint Time(int warp) => _times[warp];

    /// <summary>The stamp of what a warp does now.</summary>
    public uint Stamp(int warp) => StampOf(_times[warp], warp);

    /// <summary>Up to which time a warp knows that all of all others is over.</summary>
    public uint KnownTime(int warp) => _knownOfAll[warp];

    /// <summary>The greatest stamp of such a time.</summary>
    public uint KnownStamp(int warp) => StampOf(_knownOfAll[warp], Most - 1);

    /// <summary>Whether a warp knows that what has a stamp is over.</summary>
    public bool IsBefore(int warp, uint stamp)
    {
        int party = PartyOf(stamp);
        return party == warp || TimeOf(stamp) <= _known[(warp * Row) + party];
    }

    /// <summary>Whether the async proxy, for a warp, knows that what has a stamp is over.</summary>
    public bool IsBeforeForProxy(int warp, uint stamp) => TimeOf(stamp) <= _known[(warp * Row) + Parties + PartyOf(stamp)];

    /// <summary>A proxy fence: from here on the async proxy knows what the warp knows and did.</summary>
    public void FenceProxy(int warp)
    {
        Span<uint> known = _known.AsSpan(warp * Row, Row);
        known[..Parties].CopyTo(known[Parties..]);
        known[Parties + warp] = _times[warp];
        _times[warp] = ++_now;
    }

    /// <summary>A warp comes to a barrier.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="barrier">What all that came know: a row.</param>
    public void Arrive(int warp, uint[] barrier)
    {
        Merge(barrier, _known.AsSpan(warp * Row, Row));
        barrier[warp] = Math.Max(barrier[warp], _times[warp]);
        _times[warp] = ++_now;
    }

    /// <summary>A warp leaves a barrier that is complete.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="barrier">What all that came know: a row.</param>
    public void Leave(int warp, ReadOnlySpan<uint> barrier) => Learn(warp, barrier);

    /// <summary>All of the barrier's warps left: they are at the same time now.</summary>
    /// <param name="warps">Bit i: warp i waited.</param>
    public void Align(uint warps)
    {
        uint time = ++_now;
        for (int warp = 0; warp < _warps; warp++)
        {
            _times[warp] = (warps >> warp & 1) != 0 ? time : _times[warp];
        }
    }

    /// <summary>A fence: what the warp did before it comes before what others do that see, after a fence of their own, what it writes after it.</summary>
    public void Fence(int warp)
    {
        Learn(warp, _observed.AsSpan(warp * Row, Row));
        Span<uint> fenced = _fenced.AsSpan(warp * Row, Row);
        _known.AsSpan(warp * Row, Row).CopyTo(fenced);
        fenced[warp] = _times[warp];
        _times[warp] = ++_now;
    }

    /// <summary>An access that orders: it hands on what was fenced before, and sees what others handed on.</summary>
    public void Order(int warp)
    {
        Merge(_observed.AsSpan(warp * Row, Row), _published);
        Merge(_published, _fenced.AsSpan(warp * Row, Row));
    }

    /// <summary>A copy of an agent is over.</summary>
    /// <param name="agent">The agent, from 0.</param>
    /// <param name="barrier">What those know that wait for it: a row.</param>
    /// <returns>The stamp of what it wrote.</returns>
    public uint FinishCopy(int agent, uint[] barrier)
    {
        uint time = ++_now;
        barrier[Most + agent] = time;
        return AgentBit | StampOf(time, agent);
    }

    /// <summary>A product begins.</summary>
    /// <returns>Its time.</returns>
    public uint BeginProduct() => ++_now;

    /// <summary>A warp waited for a product of its warpgroup, and so for those before it.</summary>
    public void SeeProduct(int warp, int group, uint time)
    {
        ref uint known = ref _known[(warp * Row) + Most + Agents + group];
        known = Math.Max(known, time);
    }

    /// <summary>Whether a warp knows that a product is over.</summary>
    public bool KnowsProduct(int warp, int group, uint time) => time <= _known[(warp * Row) + Most + Agents + group];

    private static uint TimeOf(uint stamp) => (stamp & ~AgentBit) >> IdBits;

    private static void Merge(Span<uint> into, ReadOnlySpan<uint> other)
    {
        for (int i = 0; i < Row; i += Vector256<uint>.Count)
        {
            Span<uint> target = into.Slice(i, Vector256<uint>.Count);
            Vector256.Max(Vector256.Create<uint>(target), Vector256.Create(other.Slice(i, Vector256<uint>.Count))).CopyTo(target);
        }
    }

    private void Learn(int warp, ReadOnlySpan<uint> news)
    {
        Span<uint> known = _known.AsSpan(warp * Row, Row);
        Merge(known, news);
        uint least = uint.MaxValue;
        for (int other = 0; other < _warps; other++)
        {
            least = other == warp ? least : Math.Min(least, known[other]);
        }

        _knownOfAll[warp] = least == uint.MaxValue ? _times[warp] : Math.Min(least, (LatestTime * 2) - 1);
    }
}
