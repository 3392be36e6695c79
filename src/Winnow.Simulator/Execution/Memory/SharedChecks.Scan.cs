using System.Runtime.Intrinsics;

namespace Winnow.Simulator.Execution.Memory;

/// <content>Quick looks at what is remembered of an access's bytes: most accesses are in order, and need no closer one.</content>
internal sealed unsafe partial class SharedChecks
{
    private const int Step = 4;

    /// <summary>Whether any of some bytes was written by another warp, maybe at a time that the warp does not know to be over.</summary>
    private bool AreWritesOpen(int warp, int offset, int bytes)
    {
        uint known = Clocks.KnownStamp(warp);
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
    private bool AreReadsOpen(int warp, int offset, int bytes)
    {
        uint known = Clocks.KnownTime(warp);
        uint own = 1u << warp;
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

    private void NoteRead(int warp, int offset, int bytes)
    {
        uint time = Clocks.Time(warp);
        uint own = 1u << warp;
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
