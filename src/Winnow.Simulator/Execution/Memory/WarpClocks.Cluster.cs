using System;

namespace Winnow.Simulator.Execution.Memory;

/// <content>
/// Barriers of a cluster. One that is relaxed orders no memory but for what was fenced before; yet who passes it knows that the others have come there: that
/// they have begun, and made the mbarriers whose <c>init</c> they fenced.
/// </content>
internal sealed partial class WarpClocks
{
    /// <summary>For each warp a row: up to which time it knows that the others have come; where they do not know more.</summary>
    private readonly uint[] _passed;

    private uint _start;

    /// <summary>A warp comes to a barrier of the cluster.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="known">What those know that wait there: a row.</param>
    /// <param name="passed">Up to where those have come that came: a row.</param>
    /// <param name="releases">Whether those who wait see what the warp did before; otherwise only what it fenced.</param>
    public void ArriveAtCluster(int warp, uint[] known, uint[] passed, bool releases)
    {
        Merge(passed, _known.AsSpan(warp * Row, Row));
        passed[warp] = Math.Max(passed[warp], _times[warp]);
        if (_passed.Length > 0)
        {
            Merge(passed, _passed.AsSpan(warp * Row, Row));
        }

        if (releases)
        {
            Arrive(warp, known);
            return;
        }

        Merge(known, _fenced.AsSpan(warp * Row, Row));
        _times[warp] = Next(warp / PartiesOfBlock);
    }

    /// <summary>A warp leaves a barrier of the cluster that is complete.</summary>
    public void LeaveCluster(int warp, ReadOnlySpan<uint> known, ReadOnlySpan<uint> passed)
    {
        Learn(warp, known);
        if (_passed.Length > 0)
        {
            Merge(_passed.AsSpan(warp * Row, Row), passed);
        }
    }

    /// <summary>Whether a warp knows that another one has come beyond what has a stamp, though maybe not what it wrote by then.</summary>
    public bool HasPassed(int warp, uint stamp)
        => IsBefore(warp, stamp) || (_passed.Length > 0 && TimeOf(stamp) <= _passed[(warp * Row) + PartyOf(stamp)]);

    /// <summary>Whether a warp knows that a block of its cluster has begun.</summary>
    public bool HasBegun(int warp, int rank)
    {
        for (int other = PartyOf(rank, 0); other < PartyOf(rank, _warps); other++)
        {
            if (Math.Max(_known[(warp * Row) + other], _passed[(warp * Row) + other]) >= _start + (uint)rank)
            {
                return true;
            }
        }

        return false;
    }

    private void StartCluster(uint start)
    {
        _start = start;
        for (int rank = 0; rank < _blocks && _passed.Length > 0; rank++)
        {
            _passed.AsSpan(PartyOf(rank, 0) * Row, _warps * Row).Fill(start - 1);
        }
    }
}
