using System;
using System.Numerics;
using System.Runtime.InteropServices;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution.Memory;

/// <summary>What is known about each byte of a block's shared memory: whether it has a value, and which warp accessed it when.</summary>
/// <remarks>
/// Races are found as in "FastTrack: Efficient and Precise Dynamic Race Detection" by Flanagan and Freund, with warps for threads: a byte
/// remembers its last write, and the warps that read it at the latest time at which one did. Lanes of one warp are not compared.
/// </remarks>
/// <param name="clocks">The times of the warps of the block's cluster.</param>
/// <param name="rank">The rank of the block in its cluster.</param>
internal sealed unsafe partial class SharedChecks(WarpClocks clocks, int rank) : IDisposable
{
    /// <summary>The byte has a value.</summary>
    private const byte Defined = 1;

    /// <summary>A copy is on its way to the byte.</summary>
    private const byte OnItsWay = 2;

    /// <summary>The last write was an atomic one, or one that orders what others do.</summary>
    private const byte Ordered = 4;

    /// <summary>Something that runs beside the warps reads the byte.</summary>
    private const byte BeingRead = 8;

    /// <summary>The last write was a <c>cp.async</c> that an mbarrier waited for, which the async proxy does not see by itself.</summary>
    private const byte GenericCopy = 32;

    /// <summary>A product of a warpgroup read the byte, and may still do so for those who do not know that it is over.</summary>
    private const byte Factor = 64;

    /// <summary>The byte is one of an mbarrier.</summary>
    private const byte Barrier = 16;

    private byte* _states;
    private uint* _writes;
    private uint* _readTimes;
    private uint* _readers;
    private int _capacity;
    private int _bytes;

    /// <summary>The times of the warps of the block's cluster.</summary>
    public WarpClocks Clocks => clocks;

    /// <summary>Prepares for the blocks of a launch.</summary>
    /// <param name="bytes">The size of shared memory.</param>
    public void Begin(int bytes)
    {
        _bytes = bytes;
        if (bytes > _capacity)
        {
            Dispose();
            _capacity = (bytes + 15) & -16;
            _states = (byte*)NativeMemory.AllocZeroed((nuint)_capacity);
            _writes = (uint*)NativeMemory.AllocZeroed((nuint)_capacity, sizeof(uint));
            _readTimes = (uint*)NativeMemory.AllocZeroed((nuint)_capacity, sizeof(uint));
            _readers = (uint*)NativeMemory.AllocZeroed((nuint)_capacity, sizeof(uint));
        }
    }

    /// <summary>Begins a block: no byte has a value.</summary>
    /// <param name="isNew">Whether times began anew, so that what is remembered is worth nothing.</param>
    public void Start(bool isNew)
    {
        new Span<byte>(_states, _bytes).Clear();
        Array.Clear(_readings);
        Array.Clear(_visible);
        StartVisits(isNew);
        if (isNew)
        {
            Array.Clear(_factors);
            new Span<uint>(_writes, _capacity).Clear();
            new Span<uint>(_readTimes, _capacity).Clear();
        }
    }

    /// <summary>Checks an access whose offsets <see cref="Warp.Addresses"/> holds, and writes down what it does.</summary>
    public void Check(Warp warp, uint lanes, int bytes, Access access)
    {
        if ((access & Access.Orders) != 0)
        {
            Clocks.Order(warp.Party);
        }

        if (warp.IsSequence && IsFine(warp, (int)warp.Addresses[0], Warp.Lanes * bytes, access))
        {
            Note(warp, (int)warp.Addresses[0], Warp.Lanes * bytes, access);
            return;
        }

        ulong last = ulong.MaxValue;
        for (uint left = lanes; left != 0; left &= left - 1)
        {
            int lane = BitOperations.TrailingZeroCount(left);
            ulong offset = warp.Addresses[lane];
            if (offset != last)
            {
                CheckLane(warp, lane, (int)offset, bytes, access);
                last = offset;
            }
        }
    }

    /// <summary>Notes that a copy to bytes that <see cref="Check"/> saw began.</summary>
    public void BeginCopy(int offset, int bytes) => new Span<byte>(_states + offset, bytes).Fill(OnItsWay);

    /// <summary>An asynchronous store of a lane begins.</summary>
    public void BeginAsyncStore(Warp warp, int lane, int offset, int bytes)
    {
        CheckLane(warp, lane, offset, bytes, Access.Write);
        BeginCopy(offset, bytes);
    }

    /// <summary>Notes that a copy was waited for.</summary>
    public void EndCopy(Warp warp, int offset, int bytes)
    {
        new Span<byte>(_states + offset, bytes).Fill(Defined);
        new Span<uint>(_writes + offset, bytes).Fill(Clocks.Stamp(warp));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_states);
        NativeMemory.Free(_writes);
        NativeMemory.Free(_readTimes);
        NativeMemory.Free(_readers);
        DisposeVisits();
        _states = null;
        _capacity = 0;
    }

    private void CheckLane(Warp warp, int lane, int offset, int bytes, Access access)
    {
        if (!IsFine(warp, offset, bytes, access))
        {
            FailOnWrite(warp, lane, offset, bytes, access, (access & Access.Orders) != 0);
            if ((access & Access.Write) != 0)
            {
                FailOnRead(warp, lane, offset, bytes, access);
            }

            CheckStates(warp, lane, offset, bytes, access);
        }

        Note(warp, offset, bytes, access);
    }

    /// <summary>A quick look: true where nothing is wrong, false where something may be.</summary>
    private bool IsFine(Warp warp, int offset, int bytes, Access access)
        => !AreWritesOpen(warp, offset, bytes)
            && ((access & Access.Write) == 0 || !AreReadsOpen(warp, offset, bytes))
            && AreStatesFine(offset, bytes, (access & Access.Read) != 0, (access & Access.Write) != 0);

    /// <summary>Writes down an access.</summary>
    private void Note(Warp warp, int offset, int bytes, Access access)
    {
        bool isOrdered = (access & Access.Orders) != 0;
        if ((access & Access.Write) != 0)
        {
            NoteWrite(offset, bytes, Clocks.Stamp(warp), (byte)(isOrdered ? Defined | Ordered : Defined));
        }
        else if (!isOrdered)
        {
            NoteRead(warp, offset, bytes);
        }
    }

    private void CheckStates(Warp warp, int lane, int offset, int bytes, Access access)
    {
        bool isRead = (access & Access.Read) != 0;
        for (int i = offset; i < offset + bytes; i++)
        {
            byte state = _states[i];
            if (state == OnItsWay)
            {
                string copied = $"{Verb(access)} byte {i} of shared memory, which a copy is still on its way to because nobody waited for it";
                throw warp.Fault(FaultKinds.MissingWait, lane, copied);
            }

            if ((access & Access.Write) != 0 && IsStillRead(warp.Party, i, state))
            {
                string read = $"{Verb(access)} byte {i} of shared memory, which a copy or a product still reads because nobody waited for it";
                throw warp.Fault(FaultKinds.MissingWait, lane, read);
            }

            if ((state & Barrier) != 0)
            {
                throw warp.Fault(FaultKinds.InvalidBarrier, lane, $"{Verb(access)} byte {i} of shared memory, which belongs to an mbarrier");
            }

            if (isRead && (state & Defined) == 0)
            {
                throw warp.Fault(FaultKinds.Uninitialized, lane, $"{Verb(access)} byte {i} of shared memory, which nothing wrote");
            }
        }
    }

    private static string Verb(Access access) => (access & Access.Write) == 0 ? "a read of" : (access & Access.Read) == 0 ? "a write to" : "an atomic access to";

    private void FailOnWrite(Warp warp, int lane, int offset, int bytes, Access access, bool isOrdered)
    {
        uint known = Clocks.Stamp(warp);
        for (int i = offset; i < offset + bytes; i++)
        {
            uint stamp = _writes[i];
            bool isOpen = stamp != known && !Clocks.IsBefore(warp.Party, stamp);
            if (isOpen && !(isOrdered && (_states[i] & Ordered) != 0))
            {
                throw OpenWrite(warp, lane, i, access, stamp);
            }

            known = stamp;
        }
    }

    private GpuFaultException OpenWrite(Warp warp, int lane, int offset, Access access, uint stamp)
    {
        string what = $"{Verb(access)} byte {offset} of shared memory";
        return !WarpClocks.IsOfAgent(stamp)
            ? warp.Fault(FaultKinds.Race, lane, $"{what}, which {NameOf(warp, stamp)} writes without a barrier between them")
            : warp.Fault(FaultKinds.MissingWait, lane, $"{what}, which a copy wrote whose mbarrier the warp did not wait for");
    }

    private void FailOnRead(Warp warp, int lane, int offset, int bytes, Access access)
    {
        (uint time, uint readers) = (0, 0);
        for (int i = offset; i < offset + bytes; i++)
        {
            if (_readTimes[i] == time && _readers[i] == readers)
            {
                continue;
            }

            (time, readers) = (_readTimes[i], _readers[i]);
            FailOnRead(warp, lane, i, access, time, readers);
        }

        for (int i = offset; i < offset + bytes && _visitTimes != null; i++)
        {
            FailOnRead(warp, lane, i, access, _visitTimes[i], _visitReaders[i]);
        }
    }

    /// <summary>Looks at those who read a byte at a time, which are warps of one block.</summary>
    private void FailOnRead(Warp warp, int lane, int offset, Access access, uint time, uint readers)
    {
        for (uint left = readers; left != 0; left &= left - 1)
        {
            uint stamp = WarpClocks.StampOf(time, BitOperations.TrailingZeroCount(left));
            if (!Clocks.IsBefore(warp.Party, stamp))
            {
                string problem = $"{Verb(access)} byte {offset} of shared memory, which {NameOf(warp, stamp)} reads without a barrier between them";
                throw warp.Fault(FaultKinds.Race, lane, problem);
            }
        }
    }

    private string NameOf(Warp warp, uint stamp)
        => Clocks.RankOf(stamp) == warp.Rank ? $"warp {WarpClocks.WarpOf(stamp)}" : $"warp {WarpClocks.WarpOf(stamp)} of block {Clocks.RankOf(stamp)} of the cluster";
}
