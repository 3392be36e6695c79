using System;
using System.Collections.Generic;
using System.Numerics;
using Winnow.Simulator.Execution.Memory;

namespace Winnow.Simulator.Execution;

/// <summary>A block among those of its launch: what it was told by others, and what it reads that they wrote.</summary>
/// <param name="grid">All of them.</param>
/// <param name="number">Its number.</param>
internal sealed unsafe class BlockOrder(GridOrder grid, uint number)
{
    /// <summary>Bits of the size of what remembers who wrote it.</summary>
    public const int WordBits = 2;

    private const ulong Word = 1 << WordBits;

    // A word that was written in a way that orders, or in parts by several blocks: whose it is is not known. Else the block, from 1, and its fences before.
    private const ulong Anyone = ulong.MaxValue;

    // Others whose writes it knows, with the fences that they had after those; and words that it looked at since its last fence.
    private readonly Dictionary<uint, uint> _known = [];
    private readonly HashSet<ToldWord> _seen = [];
    private uint _fences;

    /// <summary>One of its threads executes a fence for the device: what the block was told by then it knows from now on.</summary>
    public void Fence()
    {
        _fences++;
        foreach (ToldWord word in _seen)
        {
            word.Each(Learn);
        }

        _seen.Clear();
    }

    /// <summary>Looks at an access to device memory, and notes what it writes.</summary>
    /// <param name="warp">The warp; its addresses are those of the lanes.</param>
    /// <param name="allocation">Where they lie.</param>
    /// <param name="lanes">Those that take part.</param>
    /// <param name="bytes">How many bytes each accesses.</param>
    /// <param name="access">How.</param>
    public void Check(Warp warp, Allocation allocation, uint lanes, int bytes, Access access)
    {
        if (allocation.IsReadOnly)
        {
            return;
        }

        if (warp.IsSequence && lanes == uint.MaxValue)
        {
            Check(warp, allocation, 0, Warp.Lanes * bytes, access);
            return;
        }

        for (uint left = lanes; left != 0; left &= left - 1)
        {
            Check(warp, allocation, BitOperations.TrailingZeroCount(left), bytes, access);
        }
    }

    private void Check(Warp warp, Allocation allocation, int lane, int bytes, Access access)
    {
        ulong from = warp.Addresses[lane], end = from + (uint)bytes;
        for (ulong at = from & ~(Word - 1); at < end;)
        {
            ulong[]? page = grid.PageOf(at, (access & Access.Write) != 0);
            ulong endOfPage = Math.Min(end, GridOrder.EndOfPage(at));
            for (; at < endOfPage; at += Word)
            {
                if ((access & Access.Orders) != 0)
                {
                    Meet(at, access);
                }

                if ((access & Access.Write) != 0)
                {
                    Write(ref page![GridOrder.WordOf(at)], at >= from && at + Word <= end, (access & Access.Orders) != 0);
                }
                else if (access == Access.Read && page is not null && Unknown(page[GridOrder.WordOf(at)]) is { } other)
                {
                    string where = $"byte {at - allocation.Base} of {allocation.Name}, which block {other} wrote";
                    string problem = "a fence for the device is missing, of that block before it tells so, or of this one after it is told";
                    throw warp.Fault(FaultKinds.MissingFence, lane, $"a read of {where}: {problem}");
                }
            }
        }
    }

    private void Write(ref ulong writer, bool isWhole, bool isOrdered)
    {
        ulong mine = ((ulong)(number + 1) << 32) | _fences;
        writer = !isOrdered && (isWhole || writer == 0 || writer >> 32 == mine >> 32) ? mine : Anyone;
    }

    // What orders tells the others what was fenced before, and is told what they did.
    private void Meet(ulong address, Access access)
    {
        ToldWord word = grid.ToldAt(address);
        if ((access & Access.Write) != 0 && _fences > 0)
        {
            word.Tell(number, _fences);
        }

        if ((access & Access.Read) != 0)
        {
            _seen.Add(word);
        }
    }

    // What the other one knows this one knows, too.
    private void Learn(uint block, uint fences)
    {
        if (block == number || _known.GetValueOrDefault(block) >= fences)
        {
            return;
        }

        KeyValuePair<uint, uint>[] others = grid[block].Known();
        lock (_known)
        {
            _known[block] = fences;
            foreach ((uint other, uint later) in others)
            {
                _known[other] = Math.Max(_known.GetValueOrDefault(other), later);
            }
        }
    }

    private KeyValuePair<uint, uint>[] Known()
    {
        lock (_known)
        {
            return [.. _known];
        }
    }

    // The block that wrote a word which this one does not know of.
    private uint? Unknown(ulong writer)
    {
        uint other = (uint)(writer >> 32) - 1;
        return writer is 0 or Anyone || other == number || _known.GetValueOrDefault(other) > (uint)writer ? null : other;
    }
}
