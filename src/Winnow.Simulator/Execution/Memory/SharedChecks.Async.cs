using System;
using System.Numerics;
using System.Runtime.Intrinsics;
using Winnow.Gpu;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution.Memory;

/// <content>
/// The async proxy: bulk copies and products of warpgroups. It sees what threads wrote only after a proxy fence, and what it reads must stay as it is until
/// somebody waited for it.
/// </content>
internal sealed unsafe partial class SharedChecks
{
    private const int Chunk = BulkSize.Step;

    private const int Groups = 8;

    private ushort[] _readings = [];
    private uint[] _factors = [];

    /// <summary>For each warp some stamps of writes that its products see; what they see once they see until the block ends.</summary>
    private readonly uint[] _visible = new uint[Warp.Lanes * Warp.Lanes];

    /// <summary>Looks whether a copy may count at an mbarrier: its <c>init</c> must be fenced.</summary>
    public void RequireFencedBarrier(Warp warp, int lane, Mbarrier barrier)
    {
        if (!barrier.IsFenced && !Clocks.IsBeforeForProxy(warp.Party, _writes[barrier.Offset]))
        {
            string problem = $"the mbarrier at byte {barrier.Offset} of shared memory was made without a fence.mbarrier_init or fence.proxy.async after it";
            throw warp.Fault(FaultKinds.MissingFence, lane, problem);
        }
    }

    /// <summary>A bulk copy to a range begins.</summary>
    public void BeginBulkWrite(Warp warp, int lane, int offset, int bytes)
    {
        if (!IsFine(warp, offset, bytes, Access.Write))
        {
            FailOnWrite(warp, lane, offset, bytes, Access.Write, isOrdered: false);
            FailOnRead(warp, lane, offset, bytes, Access.Write);
            CheckStates(warp, lane, offset, bytes, Access.Write);
        }

        RequireFence(warp, lane, offset, bytes, "writes");
        BeginCopy(offset, bytes);
    }

    /// <summary>Something that reads a range beside the warp begins; the range consists of whole chunks of 16 bytes.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="lane">Its lane that begins it.</param>
    /// <param name="offset">Where the range begins.</param>
    /// <param name="bytes">How many bytes it has.</param>
    /// <param name="isWaitedForByWarp">Whether it is the warp that waits for the end, so that others come after the warp.</param>
    public void BeginBulkRead(Warp warp, int lane, int offset, int bytes, bool isWaitedForByWarp)
    {
        if (!IsFine(warp, offset, bytes, Access.Read))
        {
            FailOnWrite(warp, lane, offset, bytes, Access.Read, isOrdered: false);
            CheckStates(warp, lane, offset, bytes, Access.Read);
        }

        RequireFence(warp, lane, offset, bytes, "reads");
        if (isWaitedForByWarp)
        {
            NoteRead(warp, offset, bytes);
        }

        if (_readings.Length * Chunk < _bytes)
        {
            Array.Resize(ref _readings, (_bytes + Chunk - 1) / Chunk);
        }

        for (int i = offset; i < offset + bytes; i += Chunk)
        {
            _readings[i / Chunk]++;
            *(ulong*)(_states + i) |= BeingRead * EveryByte;
            *(ulong*)(_states + i + sizeof(ulong)) |= BeingRead * EveryByte;
        }
    }

    /// <summary>A warp reads 16 bytes for a product of its warpgroup.</summary>
    /// <param name="warp">The warp.</param>
    /// <param name="offset">Where they are.</param>
    /// <param name="time">The time of the product.</param>
    public void ReadFactor(Warp warp, int offset, uint time)
    {
        if (!IsOfVisibleWrite(warp.Index, offset) || !AreStatesFine(offset, Chunk, isRead: true, isWritten: false))
        {
            int lane = BitOperations.TrailingZeroCount(warp.Active);
            FailOnWrite(warp, lane, offset, Chunk, Access.Read, isOrdered: false);
            CheckStates(warp, lane, offset, Chunk, Access.Read);
            RequireFence(warp, lane, offset, Chunk, "reads");
            _visible[PlaceOf(warp.Index, _writes[offset])] = _writes[offset];
        }

        if (_factors.Length * Chunk < _bytes * Groups)
        {
            Array.Resize(ref _factors, (_bytes + Chunk - 1) / Chunk * Groups);
        }

        _factors[(offset / Chunk * Groups) + (warp.Index / BlockRunner.WarpsOfGroup)] = time;
        *(ulong*)(_states + offset) |= Factor * EveryByte;
        *(ulong*)(_states + offset + sizeof(ulong)) |= Factor * EveryByte;
    }

    /// <summary>Whether 16 bytes were written at once, and a product of the warp read some of what was written then, so that it sees all of it.</summary>
    private bool IsOfVisibleWrite(int warp, int offset)
    {
        uint stamp = _writes[offset];
        var all = Vector256.Create(stamp);
        return _visible[PlaceOf(warp, stamp)] == stamp
            && Vector256.EqualsAll(Vector256.Load(_writes + offset), all) && Vector256.EqualsAll(Vector256.Load(_writes + offset + Vector256<uint>.Count), all);
    }

    /// <summary>Where <see cref="_visible"/> has a stamp, if it does.</summary>
    private static int PlaceOf(int warp, uint stamp) => (warp * Warp.Lanes) + (int)(stamp % Warp.Lanes);

    /// <summary>Whether something that a warp does not know to be over reads a byte beside the warps.</summary>
    private bool IsStillRead(int warp, int offset, byte state)
        => (state & BeingRead) != 0 || ((state & Factor) != 0 && IsFactor(warp, offset)) || ((state & CopiedOut) != 0 && IsCopiedOut(warp, offset));

    /// <summary>Whether a product reads a byte that a warp does not know to be over.</summary>
    private bool IsFactor(int warp, int offset)
    {
        ReadOnlySpan<uint> times = _factors.AsSpan(offset / Chunk * Groups, Groups);
        for (int group = 0; group < Groups; group++)
        {
            if (!Clocks.KnowsProduct(warp, rank, group, times[group]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Somebody waited for what read a range.</summary>
    public void EndBulkRead(Warp warp, int offset, int bytes)
    {
        NoteRead(warp, offset, bytes);
        EndReading(offset, bytes);
    }

    private void EndReading(int offset, int bytes)
    {
        for (int i = offset; i < offset + bytes; i += Chunk)
        {
            if (--_readings[i / Chunk] == 0)
            {
                *(ulong*)(_states + i) &= ~(BeingRead * EveryByte);
                *(ulong*)(_states + i + sizeof(ulong)) &= ~(BeingRead * EveryByte);
            }
        }
    }

    private void RequireFence(Warp warp, int lane, int offset, int bytes, string does)
    {
        uint known = uint.MaxValue;
        for (int i = offset; i < offset + bytes; i++)
        {
            uint stamp = _writes[i];
            if (stamp == known)
            {
                continue;
            }

            bool isGeneric = !WarpClocks.IsOfAgent(stamp) || (_states[i] & GenericCopy) != 0;
            if (isGeneric && !Clocks.IsBeforeForProxy(warp.Party, stamp))
            {
                throw MissingFence(warp, lane, i, does);
            }

            known = stamp;
        }
    }

    private static GpuFaultException MissingFence(Warp warp, int lane, int offset, string does)
        => warp.Fault(FaultKinds.MissingFence, lane, $"the async proxy {does} byte {offset} of shared memory, which threads wrote without a fence.proxy.async after it");
}
