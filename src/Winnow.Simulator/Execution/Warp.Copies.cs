using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Execution.Control;

namespace Winnow.Simulator.Execution;

/// <content>Copies from global to shared memory that run beside the rest: their data come at the wait, not before.</content>
internal sealed unsafe partial class Warp
{
    private const int LongestCopy = 16;

    private readonly List<AsyncCopy> _copies = [];
    private readonly int[] _groups = new int[Lanes];

    /// <summary>How many copies the warp has begun.</summary>
    public long CopiesBegun { get; private set; }

    /// <summary>Begins a copy for a lane.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="source">Where from, a pointer; not read beyond <paramref name="taken"/> bytes.</param>
    /// <param name="offset">Where to in shared memory.</param>
    /// <param name="bytes">How many: 4, 8 or 16.</param>
    /// <param name="taken">How many come from the source; the rest is zero.</param>
    public void BeginCopy(int lane, ulong source, int offset, int bytes, int taken)
    {
        AsyncCopy copy = new() { Lane = lane, Group = _groups[lane], Number = CopiesBegun++, Offset = offset, Bytes = bytes };
        new ReadOnlySpan<byte>((void*)source, taken).CopyTo(new Span<byte>(copy.Data, LongestCopy));
        Block.BeginCopy(offset, bytes);
        _copies.Add(copy);
    }

    /// <summary>Closes a group of copies.</summary>
    public void CommitCopies(uint lanes)
    {
        for (; lanes != 0; lanes &= lanes - 1)
        {
            _groups[BitOperations.TrailingZeroCount(lanes)]++;
        }
    }

    /// <summary>Waits until at most some of the newest groups are on their way.</summary>
    /// <param name="pending">How many; below 0 for none at all, copies outside of groups included.</param>
    /// <param name="lanes">Which lanes wait.</param>
    public void WaitForCopies(int pending, uint lanes)
    {
        int kept = 0;
        for (int i = 0; i < _copies.Count; i++)
        {
            AsyncCopy copy = _copies[i];
            bool isMeant = (lanes >> copy.Lane & 1) != 0 && (pending < 0 || copy.Group < _groups[copy.Lane] - pending);
            if (isMeant)
            {
                Land(copy);
                Block.EndCopy(this, copy.Offset, copy.Bytes);
            }
            else
            {
                _copies[kept++] = copy;
            }
        }

        _copies.RemoveRange(kept, _copies.Count - kept);
    }

    /// <summary>Ends copies of a lane for those who wait at an mbarrier.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="bound">The copies before this one are meant.</param>
    /// <param name="barrier">The mbarrier.</param>
    public void FinishCopies(int lane, long bound, Mbarrier barrier)
    {
        int kept = 0;
        for (int i = 0; i < _copies.Count; i++)
        {
            AsyncCopy copy = _copies[i];
            if (copy.Lane == lane && copy.Number < bound)
            {
                Land(copy);
                Block.EndCopy(barrier, copy.Offset, copy.Bytes, isGeneric: true);
            }
            else
            {
                _copies[kept++] = copy;
            }
        }

        _copies.RemoveRange(kept, _copies.Count - kept);
    }

    private void Land(in AsyncCopy copy)
    {
        fixed (byte* data = copy.Data)
        {
            new ReadOnlySpan<byte>(data, copy.Bytes).CopyTo(new Span<byte>(Block.Shared + copy.Offset, copy.Bytes));
        }
    }

    private void StartCopies()
    {
        Origin = null;
        _copies.Clear();
        Array.Clear(_groups);
    }

    private struct AsyncCopy
    {
        public int Lane;
        public int Group;
        public long Number;
        public int Offset;
        public int Bytes;
        public fixed byte Data[LongestCopy];
    }
}
