using System;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>
/// Vector clocks of the warps of a cluster, which is mostly one block (Mattern, "Virtual Time and Global States of Distributed Systems"): for each warp its
/// own time, and up to which time of each other warp it knows that all is over. Times only grow, from cluster to cluster too.
/// </summary>
/// <remarks>
/// What runs beside the warps is a party too: copies that are waited for at an mbarrier (agents), and products of warpgroups. What is known is a row of
/// numbers: for each party up to which time all is over, and then the same for what the async proxy sees of it, which a proxy fence brings up to date.
/// No two blocks of a cluster have a time in common: the lowest bits of a time are the rank of its block, so that a stamp of 32 bits tells all.
/// </remarks>
internal sealed partial class WarpClocks
{
    /// <summary>Agents of a block beside its warps.</summary>
    public const int Agents = 32;

    private const int Most = 32;
    private const int Groups = 8;
    private const int PartiesOfBlock = Most + Agents + Groups;
    private const int IdBits = 5;
    private const uint AgentBit = 1u << 31;
    private const uint LatestTime = 1u << 25;

    private readonly int _blocks;
    private readonly int _rankBits;
    private readonly int _parties;
    private readonly uint[] _times;
    private readonly uint[] _known;
    private readonly uint[] _knownOfAll;
    private readonly uint[] _fenced;
    private readonly uint[] _observed;
    private readonly uint[] _published;
    private int _warps;
    private uint _now;

    /// <param name="blocks">The blocks of the cluster.</param>
    public WarpClocks(int blocks = 1)
    {
        _blocks = blocks;
        _rankBits = 32 - BitOperations.LeadingZeroCount((uint)blocks - 1);
        _parties = blocks * PartiesOfBlock;
        _times = new uint[_parties];
        _knownOfAll = new uint[_parties];
        _known = new uint[_parties * Row];
        _fenced = new uint[_parties * Row];
        _observed = new uint[_parties * Row];
        _published = new uint[Row];
        _passed = blocks > 1 ? new uint[_parties * Row] : [];
    }

    /// <summary>Numbers of a row of what is known.</summary>
    public int Row => 2 * _parties;

    /// <summary>The party that a warp is.</summary>
    /// <param name="rank">The rank of its block in the cluster.</param>
    /// <param name="index">Its number in the block.</param>
    public static int PartyOf(int rank, int index) => (rank * PartiesOfBlock) + index;

    /// <summary>The party of a stamp.</summary>
    public int PartyOf(uint stamp) => (RankOf(stamp) * PartiesOfBlock) + (int)((stamp & (Most - 1)) | (stamp >> 26 & Most));

    /// <summary>The rank of the block of a stamp's party.</summary>
    public int RankOf(uint stamp) => (int)(TimeOf(stamp) & ((1u << _rankBits) - 1));

    /// <summary>Whether a stamp is one of an agent, and not of a warp.</summary>
    public static bool IsOfAgent(uint stamp) => (stamp & AgentBit) != 0;

    /// <summary>The number, in its block, of the warp of a stamp.</summary>
    public static int WarpOf(uint stamp) => (int)(stamp & (Most - 1));

    /// <summary>The stamp of a time of a warp.</summary>
    /// <param name="time">The time.</param>
    /// <param name="warp">The warp's number in its block.</param>
    public static uint StampOf(uint time, int warp) => (time << IdBits) | (uint)warp;

    /// <summary>Begins a cluster: all that was before is over.</summary>
    /// <param name="warps">The warps of each block.</param>
    /// <returns>True where times begin anew, so that old stamps must be forgotten.</returns>
    public bool Start(int warps)
    {
        bool isNew = _now > LatestTime;
        uint start = (isNew ? 1 : (_now >> _rankBits) + 1) << _rankBits;
        _now = start + (uint)_blocks - 1;
        _warps = warps;
        Array.Fill(_published, start - 1);
        for (int rank = 0; rank < _blocks; rank++)
        {
            int first = PartyOf(rank, 0);
            _times.AsSpan(first, warps).Fill(start + (uint)rank);
            _knownOfAll.AsSpan(first, warps).Fill(start - 1);
            _known.AsSpan(first * Row, warps * Row).Fill(start - 1);
            _fenced.AsSpan(first * Row, warps * Row).Fill(start - 1);
            _observed.AsSpan(first * Row, warps * Row).Fill(start - 1);
        }

        StartCluster(start);
        return isNew;
    }

    /// <summary>A warp's own time.</summary>
    public uint Time(int warp) => _times[warp];

    /// <summary>The stamp of what a warp does now.</summary>
    public uint Stamp(Warp warp) => StampOf(_times[warp.Party], warp.Index);

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
    public bool IsBeforeForProxy(int warp, uint stamp) => TimeOf(stamp) <= _known[(warp * Row) + _parties + PartyOf(stamp)];

    /// <summary>A proxy fence: from here on the async proxy knows what the warp knows and did.</summary>
    public void FenceProxy(int warp)
    {
        Span<uint> known = _known.AsSpan(warp * Row, Row);
        known[.._parties].CopyTo(known[_parties..]);
        known[_parties + warp] = _times[warp];
        _times[warp] = Next(warp / PartiesOfBlock);
    }

    /// <summary>A warp comes to a barrier.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="barrier">What all that came know: a row.</param>
    public void Arrive(int warp, uint[] barrier)
    {
        Merge(barrier, _known.AsSpan(warp * Row, Row));
        barrier[warp] = Math.Max(barrier[warp], _times[warp]);
        _times[warp] = Next(warp / PartiesOfBlock);
    }

    /// <summary>A warp leaves a barrier that is complete.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="barrier">What all that came know: a row.</param>
    public void Leave(int warp, ReadOnlySpan<uint> barrier) => Learn(warp, barrier);

    /// <summary>All of the warps left that waited at a barrier of their block: they are at the same time now.</summary>
    /// <param name="rank">The rank of the block.</param>
    /// <param name="warps">Bit i: warp i waited.</param>
    public void Align(int rank, uint warps)
    {
        uint time = Next(rank);
        Span<uint> times = _times.AsSpan(PartyOf(rank, 0), _warps);
        for (int warp = 0; warp < times.Length; warp++)
        {
            times[warp] = (warps >> warp & 1) != 0 ? time : times[warp];
        }
    }

    /// <summary>A fence: what the warp did before it comes before what others do that see, after a fence of their own, what it writes after it.</summary>
    public void Fence(int warp)
    {
        Learn(warp, _observed.AsSpan(warp * Row, Row));
        Span<uint> fenced = _fenced.AsSpan(warp * Row, Row);
        _known.AsSpan(warp * Row, Row).CopyTo(fenced);
        fenced[warp] = _times[warp];
        _times[warp] = Next(warp / PartiesOfBlock);
    }

    /// <summary>An access that orders: it hands on what was fenced before, and sees what others handed on.</summary>
    public void Order(int warp)
    {
        Merge(_observed.AsSpan(warp * Row, Row), _published);
        Merge(_published, _fenced.AsSpan(warp * Row, Row));
    }

    /// <summary>A copy of an agent is over.</summary>
    /// <param name="rank">The rank of the agent's block.</param>
    /// <param name="agent">The agent, from 0.</param>
    /// <param name="barrier">What those know that wait for it: a row.</param>
    /// <returns>The stamp of what it wrote.</returns>
    public uint FinishCopy(int rank, int agent, uint[] barrier)
    {
        uint time = Next(rank);
        barrier[PartyOf(rank, Most + agent)] = time;
        return AgentBit | StampOf(time, agent);
    }

    /// <summary>A product of a block begins.</summary>
    /// <returns>Its time.</returns>
    public uint BeginProduct(int rank) => Next(rank);

    /// <summary>A warp waited for a product of its warpgroup, and so for those before it.</summary>
    public void SeeProduct(Warp warp, int group, uint time)
    {
        ref uint known = ref _known[(warp.Party * Row) + PartyOf(warp.Rank, Most + Agents + group)];
        known = Math.Max(known, time);
    }

    /// <summary>Whether a warp knows that a product is over.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="rank">The rank of the block whose product it is.</param>
    /// <param name="group">The warpgroup.</param>
    /// <param name="time">The product's time.</param>
    public bool KnowsProduct(int warp, int rank, int group, uint time) => time <= _known[(warp * Row) + PartyOf(rank, Most + Agents + group)];

    /// <summary>The next time of a block.</summary>
    private uint Next(int rank) => _now = (((_now >> _rankBits) + 1) << _rankBits) + (uint)rank;

    private static uint TimeOf(uint stamp) => (stamp & ~AgentBit) >> IdBits;

    private static void Merge(Span<uint> into, ReadOnlySpan<uint> other)
    {
        for (int i = 0; i < into.Length; i += Vector256<uint>.Count)
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
        for (int first = 0; first < _parties; first += PartiesOfBlock)
        {
            for (int other = first; other < first + _warps; other++)
            {
                least = other == warp ? least : Math.Min(least, known[other]);
            }
        }

        _knownOfAll[warp] = least == uint.MaxValue ? _times[warp] : Math.Min(least, (LatestTime * 2) - 1);
    }
}
