using System;
using Winnow.Simulator.Execution.Control;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <content>What the block knows about memory.</content>
internal sealed unsafe partial class BlockRunner
{
    private const int CachedAllocations = 64;

    private readonly Allocation?[] _cached = new Allocation?[CachedAllocations];
    private Allocation _arguments = null!;
    private SharedChecks? _checks;

    /// <summary>The allocation that an instruction found last.</summary>
    /// <param name="pc">The instruction.</param>
    public ref Allocation? CachedAllocation(int pc) => ref _cached[pc & (CachedAllocations - 1)];

    /// <summary>The allocation of an address: device memory, or the arguments of the launch.</summary>
    /// <param name="address">The address.</param>
    public Allocation? Find(ulong address)
        => address >= _arguments.Base && address < _arguments.End ? _arguments : Launch.Memory.Find(address);

    /// <summary>Checks an access to shared memory, whose offsets <see cref="Warp.Addresses"/> holds.</summary>
    public void CheckShared(Warp warp, uint lanes, int bytes, Access access) => _checks!.Check(warp, lanes, bytes, access);

    /// <summary>Notes that a copy to shared memory began.</summary>
    public void BeginCopy(int offset, int bytes) => _checks?.BeginCopy(offset, bytes);

    /// <summary>Notes that a copy to shared memory was waited for.</summary>
    public void EndCopy(Warp warp, int offset, int bytes) => _checks?.EndCopy(warp, offset, bytes);

    /// <summary>Notes that a copy to shared memory is over for those who wait at an mbarrier.</summary>
    /// <returns>The stamp of its end.</returns>
    public uint EndCopy(Mbarrier barrier, int offset, int bytes, bool isGeneric) => _checks?.EndCopy(barrier, offset, bytes, isGeneric) ?? 0;

    /// <summary>Notes that a copy of shared memory to another block is over.</summary>
    public void EndCopyOut(BlockCopy copy, uint stamp) => _checks?.EndCopyOut(copy, stamp);

    /// <summary>A warp accesses global memory in a way that orders: warps of a block may hand over shared memory by a flag there.</summary>
    public void Order(Warp warp) => _checks?.Clocks.Order(warp.Party);

    /// <summary>A warp executes a fence.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="isForDevice">Whether it is one for other blocks, too.</param>
    public void Fence(Warp warp, bool isForDevice)
    {
        _checks?.Clocks.Fence(warp.Party);
        if (isForDevice)
        {
            BlockOrder?.Fence();
        }
    }

    /// <summary>Looks whether a warp of another block of the cluster may come to the memory of this one: it must have begun, and must not end before that is over.</summary>
    public void Visit(Warp visitor, int lane)
    {
        RequirePresent(visitor, lane);
        if (visitor.Block != this)
        {
            _checks?.NoteVisit(visitor, lane, visitor.Instruction!);
        }
    }

    /// <summary>Looks whether a warp of another block of the cluster may begin a copy to the memory of this one, where an mbarrier waits for it.</summary>
    public void RequirePresent(Warp visitor, int lane)
    {
        if (visitor.Block == this)
        {
            return;
        }

        string? problem = HasEnded ? "has ended" : _checks?.Clocks.HasBegun(visitor.Party, Rank) == false ? "may not have begun, because nothing waits for that" : null;
        if (problem is not null)
        {
            throw visitor.Fault(FaultKinds.AbsentBlock, lane, $"shared memory of block {Rank} of the cluster, which {problem}");
        }
    }

    /// <summary>A warp waits for the launches before.</summary>
    public void WaitForGrids(Warp warp)
    {
        warp.HasWaitedForGrids = true;
        if (_checks is not null)
        {
            Cluster.GridWaits.Add(_checks.Clocks.Stamp(warp));
        }
    }

    /// <summary>Whether a warp waited for the launches before, or comes after one that did.</summary>
    public bool HasWaitedForGrids(Warp warp)
    {
        if (!warp.HasWaitedForGrids)
        {
            warp.HasWaitedForGrids = Cluster.GridWaits.Exists(stamp => _checks!.Clocks.IsBefore(warp.Party, stamp));
        }

        return warp.HasWaitedForGrids;
    }

    /// <summary>A warp lets launches begin that depend on this one.</summary>
    public void LetDependentsBegin(Warp warp) => LaunchOrder?.Trigger(HasWaitedForGrids(warp));

    private void BeginMemory()
    {
        Array.Clear(_cached);
        _arguments = new Allocation
        {
            Base = (ulong)Launch.Arguments,
            End = (ulong)Launch.ArgumentsEnd,
            Name = "the kernel's parameters",
            IsReadOnly = true,
            IsWritten = true,
        };
        if (Launch.Checks)
        {
            _checks ??= new SharedChecks(Cluster.Clocks, Rank);
            _checks.Begin(SharedBytes);
        }
    }

    private void StartMemory() => _checks?.Start(Cluster.AreTimesNew);

    private void DisposeMemory() => _checks?.Dispose();
}
