using System;
using System.Numerics;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Profiling;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Memory;

/// <summary><c>cp.async</c></summary>
/// <param name="destination">Where to, in shared memory.</param>
/// <param name="source">Where from, in global memory.</param>
/// <param name="bytes">How many.</param>
/// <param name="taken">The register of how many come from the source; the rest is zero. Below 0: all.</param>
/// <param name="ignored">The predicate of the lanes that take nothing from the source; below 0: none.</param>
/// <param name="flip">All ones where it is negated.</param>
internal sealed unsafe class CopyAsync(AddressOperand destination, AddressOperand source, int bytes, int taken, int ignored, uint flip) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        uint reading = lanes & ~(ignored < 0 ? 0 : *(uint*)(warp.Registers + ignored) ^ flip);
        ulong* pointers = stackalloc ulong[Warp.Lanes];
        source.Compute(warp);

        // A lane that takes nothing has an address, too: a device keeps how much it takes in the bits below.
        warp.CheckAlignment(lanes, bytes);
        new Span<ulong>(warp.Addresses, Warp.Lanes).CopyTo(new Span<ulong>(pointers, Warp.Lanes));
        Check(warp, reading, pointers);
        destination.Compute(warp);
        warp.ResolveShared(lanes, bytes, Access.Write);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int offset = (int)((byte*)warp.Addresses[lane] - warp.Block.Shared);
            int valid = (reading >> lane & 1) == 0 ? 0 : taken < 0 ? bytes : Taken(warp, lane);
            warp.BeginCopy(lane, pointers[lane], offset, bytes, valid);
        }
    }

    private int Taken(Warp warp, int lane)
    {
        uint value = ((uint*)(warp.Registers + taken))[lane];
        return value < bytes ? (int)value : bytes;
    }

    /// <summary>Looks whether what lanes take may be read; where a lane takes a part, only that has to be readable.</summary>
    private void Check(Warp warp, uint reading, ulong* pointers)
    {
        uint whole = 0;
        for (uint left = reading; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            int count = taken < 0 ? bytes : Taken(warp, lane);
            whole |= count == bytes ? 1u << lane : 0;
            if (count > 0 && count < bytes)
            {
                warp.CheckPart(lane, pointers[lane], count);
            }
        }

        if (whole != 0)
        {
            new Span<ulong>(pointers, Warp.Lanes).CopyTo(new Span<ulong>(warp.Addresses, Warp.Lanes));
            warp.ResolveGlobal(whole, bytes, Access.Read);
        }
    }
}

/// <summary><c>cp.async.commit_group</c></summary>
internal sealed class CommitCopies : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.CommitCopies(lanes);
}

/// <summary><c>cp.async.wait_group</c> and <c>cp.async.wait_all</c></summary>
internal sealed class WaitForCopies(int pending) : Operation
{
    public override void Execute(Warp warp, uint lanes) => warp.WaitForCopies(pending, lanes);
}

/// <summary><c>cp.async.mbarrier.arrive</c>: each lane arrives when its copies have come.</summary>
/// <param name="place">Where the mbarrier lies.</param>
/// <param name="isCounted">Whether the arrival is one of those that the mbarrier expects anyway: <c>noinc</c>.</param>
internal sealed class ArriveAfterCopies(SharedPlace place, bool isCounted) : MbarrierOperation(place)
{
    protected override void Execute(Warp warp, int lane, BlockRunner block, int offset)
    {
        Mbarrier barrier = block.FindMbarrier(warp, lane, offset);
        if (!isCounted && barrier.Pending == Mbarrier.Most)
        {
            throw warp.Fault(FaultKinds.BarrierOverflow, lane, $"an mbarrier needs {barrier.Pending} arrivals already");
        }

        barrier.Pending += isCounted ? 0 : 1;
        block.Begin(new CopiesOfLane(this, warp, lane, barrier, (warp.CopiesBegun, warp.Flow?.CopiesEnd() ?? default)));
    }
}

/// <summary>The copies of a lane, with the arrival that follows them.</summary>
/// <param name="operation">The instruction.</param>
/// <param name="warp">The warp.</param>
/// <param name="lane">The lane.</param>
/// <param name="barrier">Where it arrives.</param>
/// <param name="bound">The copies of the warp before this one are meant, and when they have come.</param>
internal sealed class CopiesOfLane(ArriveAfterCopies operation, Warp warp, int lane, Mbarrier barrier, (long Copy, PathTime Time) bound) : ICopy
{
    /// <inheritdoc/>
    public Warp Warp => warp;

    /// <inheritdoc/>
    public PtxInstruction Source => operation.Source;

    /// <inheritdoc/>
    public void Finish(BlockRunner block)
    {
        block.Require(barrier, warp, lane);
        warp.FinishCopies(lane, bound.Copy, barrier);
        barrier.Come(bound.Time);
        block.Arrive(barrier, warp, lane, 1, releases: false);
    }
}
