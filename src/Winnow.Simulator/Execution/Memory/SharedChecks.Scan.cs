using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Execution.Memory;

/// <content>Quick looks at what is remembered of an access's bytes: most accesses are in order, and need no closer one.</content>
internal sealed unsafe partial class SharedChecks
{
    private const int Step = 4;
    private const ulong EveryByte = 0x0101010101010101;

    /// <summary>Whether any of some bytes was written by another warp, maybe at a time that the warp does not know to be over.</summary>
    private bool AreWritesOpen(Warp warp, int offset, int bytes)
    {
        uint known = Clocks.KnownStamp(warp.Party);
        uint own = Clocks.Stamp(warp);
        uint* writes = _writes + offset;
        if (bytes >= Step)
        {
            for (int i = 0; i < bytes; i += Step)
            {
                var four = Vector128.Load(writes + i);
                Vector128<uint> isFine = Vector128.LessThanOrEqual(four, Vector128.Create(known)) | Vector128.Equals(four, Vector128.Create(own));
                if (isFine != Vector128<uint>.AllBitsSet)
                {
                    return true;
                }
            }

            return false;
        }

        for (int i = 0; i < bytes; i++)
        {
            if (writes[i] > known && writes[i] != own)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether any of some bytes was read by another warp, maybe at a time that the warp does not know to be over.</summary>
    private bool AreReadsOpen(Warp warp, int offset, int bytes)
    {
        uint known = Clocks.KnownTime(warp.Party);
        uint own = warp.Rank == rank ? 1u << warp.Index : 0;
        if (_visitTimes != null && AreVisitsOpen(known, offset, bytes))
        {
            return true;
        }

        uint* times = _readTimes + offset;
        uint* readers = _readers + offset;
        if (bytes >= Step)
        {
            for (int i = 0; i < bytes; i += Step)
            {
                Vector128<uint> isOver = Vector128.LessThanOrEqual(Vector128.Load(times + i), Vector128.Create(known));
                Vector128<uint> isOwn = Vector128.Equals(Vector128.Load(readers + i) & Vector128.Create(~own), Vector128<uint>.Zero);
                if ((isOver | isOwn) != Vector128<uint>.AllBitsSet)
                {
                    return true;
                }
            }

            return false;
        }

        for (int i = 0; i < bytes; i++)
        {
            if (times[i] > known && (readers[i] & ~own) != 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether nothing that runs beside the warps is in the way of an access and, where bytes are read, all have a value.</summary>
    private bool AreStatesFine(int offset, int bytes, bool isRead, bool isWritten)
    {
        byte* states = _states + offset;
        int right = isRead ? Defined : 0;
        int asked = (isRead ? Defined : 0) | (isWritten ? BeingRead | Factor | CopiedOut : 0) | OnItsWay | Barrier;
        if (bytes % sizeof(ulong) == 0)
        {
            ulong all = (ulong)asked * EveryByte;
            ulong expected = (ulong)right * EveryByte;
            for (int i = 0; i < bytes; i += sizeof(ulong))
            {
                if ((*(ulong*)(states + i) & all) != expected)
                {
                    return false;
                }
            }

            return true;
        }

        for (int i = 0; i < bytes; i++)
        {
            if ((states[i] & asked) != right)
            {
                return false;
            }
        }

        return true;
    }

    private void NoteWrite(int offset, int bytes, uint stamp, byte state)
    {
        uint* writes = _writes + offset;
        byte* states = _states + offset;
        if (bytes >= Step)
        {
            var stamps = Vector128.Create(stamp);
            for (int i = 0; i < bytes; i += Step)
            {
                stamps.Store(writes + i);
                *(uint*)(states + i) = state * 0x01010101u;
            }

            return;
        }

        for (int i = 0; i < bytes; i++)
        {
            (writes[i], states[i]) = (stamp, state);
        }
    }

    private void NoteRead(Warp warp, int offset, int bytes)
    {
        if (warp.Rank != rank)
        {
            NoteReadOfVisitor(warp, offset, bytes);
            return;
        }

        uint time = Clocks.Time(warp.Party);
        uint own = 1u << warp.Index;
        uint* times = _readTimes + offset;
        uint* readers = _readers + offset;
        if (bytes >= Step)
        {
            for (int i = 0; i < bytes; i += Step)
            {
                Vector128<uint> isSame = Vector128.Equals(Vector128.Load(times + i), Vector128.Create(time));
                ((Vector128.Load(readers + i) & isSame) | Vector128.Create(own)).Store(readers + i);
                Vector128.Create(time).Store(times + i);
            }

            return;
        }

        for (int i = 0; i < bytes; i++)
        {
            readers[i] = times[i] == time ? readers[i] | own : own;
            times[i] = time;
        }
    }
}
