using System.Numerics;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution.Control;

/// <summary>An operation of an mbarrier, which each lane does by itself.</summary>
/// <param name="place">Where the mbarrier lies.</param>
internal abstract unsafe class MbarrierOperation(SharedPlace place) : Operation
{
    /// <inheritdoc/>
    public override void Execute(Warp warp, uint lanes)
    {
        place.Compute(warp);
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            (BlockRunner block, int offset) = place.Find(warp, lane, Mbarrier.Bytes, Mbarrier.Bytes);
            block.Visit(warp, lane);
            Execute(warp, lane, block, offset);
        }
    }

    /// <summary>Does it for a lane, at an offset in the shared memory of a block.</summary>
    protected abstract void Execute(Warp warp, int lane, BlockRunner block, int offset);

    /// <summary>The value of a register of 32 bits.</summary>
    protected static uint Read(Warp warp, int register, int lane) => ((uint*)(warp.Registers + register))[lane];
}

/// <summary><c>mbarrier.init</c></summary>
internal sealed class MakeMbarrier(SharedPlace place, int count) : MbarrierOperation(place)
{
    protected override void Execute(Warp warp, int lane, BlockRunner block, int offset) => block.MakeMbarrier(warp, lane, offset, Read(warp, count, lane));
}

/// <summary><c>mbarrier.inval</c></summary>
internal sealed class EndMbarrier(SharedPlace place) : MbarrierOperation(place)
{
    protected override void Execute(Warp warp, int lane, BlockRunner block, int offset) => block.EndMbarrier(warp, lane, offset);
}

/// <summary><c>mbarrier.expect_tx</c> and <c>mbarrier.complete_tx</c></summary>
internal sealed class CountTransactions(SharedPlace place, int bytes, bool isExpected) : MbarrierOperation(place)
{
    protected override void Execute(Warp warp, int lane, BlockRunner block, int offset)
    {
        Mbarrier barrier = block.FindMbarrier(warp, lane, offset);
        long count = Read(warp, bytes, lane);
        BlockRunner.AddTransactions(barrier, warp, lane, isExpected ? count : -count);
        barrier.Come(warp.Flow?.Begin() ?? default);
        if (!isExpected)
        {
            block.AdvanceIfComplete(barrier);
        }
    }
}

/// <summary><c>mbarrier.arrive</c> and <c>mbarrier.arrive_drop</c></summary>
internal sealed unsafe class ArriveAtMbarrier(SharedPlace place) : MbarrierOperation(place)
{
    /// <summary>The register of what it returns; below 0 where that is dropped.</summary>
    public required int State { get; init; }

    /// <summary>The register of how many arrivals; below 0 for one.</summary>
    public required int Count { get; init; }

    /// <summary>The register of how many bytes are announced before; below 0 for none.</summary>
    public required int Bytes { get; init; }

    /// <summary>Whether later phases need as many arrivals less.</summary>
    public required bool IsDrop { get; init; }

    /// <summary>Whether it promises that the phase is not complete with it.</summary>
    public required bool IsIncomplete { get; init; }

    /// <summary>Whether those who wait see what the warp did before.</summary>
    public required bool Releases { get; init; }

    protected override void Execute(Warp warp, int lane, BlockRunner block, int offset)
    {
        Mbarrier barrier = block.FindMbarrier(warp, lane, offset);
        if (Bytes >= 0)
        {
            BlockRunner.AddTransactions(barrier, warp, lane, Read(warp, Bytes, lane));
        }

        uint count = Count < 0 ? 1 : Read(warp, Count, lane);
        if (IsIncomplete && count >= barrier.Pending)
        {
            string problem = $"{count} arrivals that must not complete phase {barrier.Phase} of an mbarrier, which needs {barrier.Pending}";
            throw warp.Fault(FaultKinds.BarrierOverflow, lane, problem);
        }

        if (State >= 0)
        {
            ((ulong*)(warp.Registers + State))[lane] = barrier.State;
        }

        barrier.Expected -= IsDrop ? (int)count : 0;
        barrier.Come(warp.Flow?.Begin() ?? default);
        block.Arrive(barrier, warp, lane, count, Releases);
    }
}

/// <summary><c>mbarrier.pending_count</c></summary>
internal sealed unsafe class ReadPendingCount(int destination, int state) : Operation
{
    public override void Execute(Warp warp, uint lanes)
    {
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ((uint*)(warp.Registers + destination))[lane] = Mbarrier.CountOf(((ulong*)(warp.Registers + state))[lane]);
        }
    }
}
