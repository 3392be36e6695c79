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
    public void UseBarrier(Warp warp, int lane, int offset)
    {
        if (AreWritesOpen(warp.Index, offset, Mbarrier.Bytes))
        {
            int maker = WarpClocks.PartyOf(_writes[offset]);
            if (!Clocks.IsBefore(warp.Index, _writes[offset]))
            {
                string problem = $"the mbarrier at byte {offset} of shared memory, which warp {maker} makes without a barrier between them";
                throw warp.Fault(FaultKinds.InvalidBarrier, lane, problem);
            }
        }

        NoteRead(warp.Index, offset, Mbarrier.Bytes);
    }

    /// <summary>Notes that a copy is over for those who wait at an mbarrier.</summary>
    public void EndCopy(Mbarrier barrier, int offset, int bytes, bool isGeneric)
    {
        new Span<byte>(_states + offset, bytes).Fill((byte)(isGeneric ? Defined | GenericCopy : Defined));
        new Span<uint>(_writes + offset, bytes).Fill(Clocks.FinishCopy(barrier.Agent, barrier.Known));
    }

    /// <summary>A warp makes the bytes of an mbarrier memory like any other, without a value.</summary>
    public void EndBarrier(Warp warp, int lane, int offset)
    {
        new Span<byte>(_states + offset, Mbarrier.Bytes).Clear();
        CheckLane(warp, lane, offset, Mbarrier.Bytes, Access.Write);
        new Span<byte>(_states + offset, Mbarrier.Bytes).Clear();
    }
}
