using System;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution.Memory;

/// <content>Mbarriers: their bytes are theirs alone, and those who use one must know that it was made.</content>
internal sealed unsafe partial class SharedChecks
{
    /// <summary>A warp makes bytes an mbarrier.</summary>
    public void MakeBarrier(Warp warp, int lane, int offset)
    {
        CheckLane(warp, lane, offset, Mbarrier.Bytes, Access.Write);
        new Span<byte>(_states + offset, Mbarrier.Bytes).Fill(Barrier | Defined);
    }

    /// <summary>A warp uses an mbarrier: it comes after the one that made it, and before the one that ends it.</summary>
    public void UseBarrier(Warp warp, int lane, Mbarrier barrier)
    {
        int offset = barrier.Offset;
        if (AreWritesOpen(warp, offset, Mbarrier.Bytes))
        {
            uint made = _writes[offset];
            if (!(barrier.IsFenced ? Clocks.HasPassed(warp.Party, made) : Clocks.IsBefore(warp.Party, made)))
            {
                string problem = $"the mbarrier at byte {offset} of shared memory, which {NameOf(warp, made)} makes without a barrier between them";
                throw warp.Fault(FaultKinds.InvalidBarrier, lane, problem);
            }
        }

        NoteRead(warp, offset, Mbarrier.Bytes);
    }

    /// <summary>Notes that a copy is over for those who wait at an mbarrier.</summary>
    /// <returns>The stamp of its end.</returns>
    public uint EndCopy(Mbarrier barrier, int offset, int bytes, bool isGeneric)
    {
        uint stamp = Clocks.FinishCopy(rank, barrier.Agent, barrier.Known);
        new Span<byte>(_states + offset, bytes).Fill((byte)(isGeneric ? Defined | GenericCopy : Defined));
        new Span<uint>(_writes + offset, bytes).Fill(stamp);
        return stamp;
    }

    /// <summary>A warp makes the bytes of an mbarrier memory like any other, without a value.</summary>
    public void EndBarrier(Warp warp, int lane, int offset)
    {
        new Span<byte>(_states + offset, Mbarrier.Bytes).Clear();
        CheckLane(warp, lane, offset, Mbarrier.Bytes, Access.Write);
        new Span<byte>(_states + offset, Mbarrier.Bytes).Clear();
    }
}
