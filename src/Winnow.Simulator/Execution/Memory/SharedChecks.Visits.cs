using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Memory;

/// <content>
/// Warps of other blocks of the cluster. What they read is remembered beside what the block's own warps read, so that neither makes the other forgotten; and
/// all that they do must be over when the block ends, because its shared memory ends with it.
/// </content>
internal sealed unsafe partial class SharedChecks
{
    /// <summary>A copy to another block read the byte, and may still do so for those who do not know that it is over.</summary>
    private const byte CopiedOut = 128;

    private readonly Dictionary<int, Visit> _visits = [];
    private readonly List<(int Offset, int Bytes, uint Stamp)> _copiedOut = [];
    private uint* _visitTimes;
    private uint* _visitReaders;

    /// <summary>A warp of another block comes to this one's memory.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lane">One of its lanes.</param>
    /// <param name="source">The instruction.</param>
    public void NoteVisit(Warp warp, int lane, PtxInstruction source) => _visits[warp.Party] = new Visit(Clocks.Stamp(warp), warp, lane, source);

    /// <summary>Looks, when the block ends, whether one of its warps knows that all is over that other blocks do in its memory.</summary>
    /// <param name="warps">The warps of the block.</param>
    public void RequireNoVisitors(int warps)
    {
        foreach (Visit visit in _visits.Values)
        {
            bool isOver = false;
            for (int i = 0; i < warps; i++)
            {
                isOver |= Clocks.IsBefore(WarpClocks.PartyOf(rank, i), visit.Stamp);
            }

            if (!isOver)
            {
                visit.Warp.Origin = visit.Source;
                string problem = $"shared memory of block {rank} of the cluster, which may have ended by then, because nothing makes it wait for this";
                throw visit.Warp.Fault(FaultKinds.AbsentBlock, visit.Lane, problem);
            }
        }
    }

    /// <summary>A copy of a range to another block is over for those who wait at an mbarrier of that block.</summary>
    /// <param name="copy">The copy.</param>
    /// <param name="stamp">The stamp of its end.</param>
    public void EndCopyOut(BlockCopy copy, uint stamp)
    {
        EndReading(copy.From, copy.Bytes);
        for (int i = copy.From; i < copy.From + copy.Bytes; i++)
        {
            _states[i] |= CopiedOut;
        }

        _copiedOut.RemoveAll(old => old.Offset >= copy.From && old.Offset + old.Bytes <= copy.From + copy.Bytes && Clocks.IsBefore(copy.Warp.Party, old.Stamp));
        _copiedOut.Add((copy.From, copy.Bytes, stamp));
        _visits[Clocks.PartyOf(stamp)] = new Visit(stamp, copy.Warp, copy.Lane, copy.Source);
    }

    private bool IsCopiedOut(int warp, int offset)
        => _copiedOut.Exists(copy => offset >= copy.Offset && offset < copy.Offset + copy.Bytes && !Clocks.IsBefore(warp, copy.Stamp));

    /// <summary>Whether any of some bytes was read by a warp of another block, maybe at a time later than one.</summary>
    private bool AreVisitsOpen(uint known, int offset, int bytes)
        => new ReadOnlySpan<uint>(_visitTimes + offset, bytes).ContainsAnyExceptInRange(0u, known);

    private void NoteReadOfVisitor(Warp warp, int offset, int bytes)
    {
        if (_visitTimes == null)
        {
            _visitTimes = (uint*)NativeMemory.AllocZeroed((nuint)_capacity, sizeof(uint));
            _visitReaders = (uint*)NativeMemory.AllocZeroed((nuint)_capacity, sizeof(uint));
        }

        uint time = Clocks.Time(warp.Party);
        for (int i = offset; i < offset + bytes; i++)
        {
            _visitReaders[i] = (_visitTimes[i] == time ? _visitReaders[i] : 0) | (1u << warp.Index);
            _visitTimes[i] = time;
        }
    }

    private void StartVisits(bool isNew)
    {
        _visits.Clear();
        _copiedOut.Clear();
        if (isNew && _visitTimes != null)
        {
            new Span<uint>(_visitTimes, _capacity).Clear();
        }
    }

    private void DisposeVisits()
    {
        NativeMemory.Free(_visitTimes);
        NativeMemory.Free(_visitReaders);
        _visitTimes = null;
        _visitReaders = null;
    }

    /// <summary>The last that a party of another block did in the memory of this one.</summary>
    private readonly record struct Visit(uint Stamp, Warp Warp, int Lane, PtxInstruction Source);
}
