using System;
using System.Numerics;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator.Execution;

/// <content>What a profile counts of accesses; called before <see cref="Addresses"/> becomes pointers.</content>
internal sealed unsafe partial class Warp
{
    private void CountGlobal(ProfileCounters counters, uint lanes, int bytes, Access access)
    {
        ReadOnlySpan<ulong> addresses = new(Addresses, Lanes);
        Flow!.NoteGlobal(addresses, lanes);
        switch (access & (Access.Read | Access.Write))
        {
            case Access.Read:
                counters.AddGlobalLoad(addresses, lanes, bytes);
                break;
            case Access.Write:
                counters.AddGlobalStore(addresses, lanes, bytes);
                break;
            default:
                counters.AddGlobalAtomic(addresses, lanes, bytes);
                break;
        }
    }

    private void CountShared(ProfileCounters counters, uint lanes, int bytes)
        => Flow!.NoteShared(counters.AddShared(new ReadOnlySpan<ulong>(Addresses, Lanes), lanes, bytes));

    private static void CountLocal(ProfileCounters counters, uint lanes, int bytes, Access access)
        => counters.LocalBytes += (access & Access.Parameter) == 0 ? (long)BitOperations.PopCount(lanes) * bytes : 0;
}
