using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Threading;

namespace Winnow.Simulator.Execution;

/// <summary>
/// What the blocks of a launch find of each other's in device memory. Memory is coherent here, on a device it is not: what a block wrote is there for another
/// one if the writer has a fence after it and then tells of it, by an atomic or an access that is volatile or relaxed, and the reader has a fence after it was
/// told so. Which thread of a block does that is not looked at, nor are the blocks of a cluster.
/// </summary>
/// <param name="blocks">The blocks of the launch.</param>
internal sealed class GridOrder(long blocks)
{
    /// <summary>More blocks than this are not looked at.</summary>
    public const int MostBlocks = 1 << 20;

    private const int PageBits = 12;

    private readonly BlockOrder?[] _blocks = new BlockOrder?[blocks];
    private readonly ConcurrentDictionary<ulong, ulong[]> _pages = new();
    private readonly ConcurrentDictionary<ulong, ToldWord> _told = new();

    /// <summary>A block that has begun.</summary>
    public BlockOrder this[uint block] => Volatile.Read(ref _blocks[block])!;

    /// <summary>A block begins.</summary>
    public BlockOrder Begin(long block)
    {
        BlockOrder order = new(this, (uint)block);
        Volatile.Write(ref _blocks[block], order);
        return order;
    }

    /// <summary>What blocks told by a word.</summary>
    public ToldWord ToldAt(ulong address) => _told.GetOrAdd(address >> BlockOrder.WordBits, static _ => new ToldWord());

    /// <summary>Who wrote each word of the page of an address last, see <see cref="BlockOrder"/>; null where nobody wrote any and nobody is going to.</summary>
    public ulong[]? PageOf(ulong address, bool isWritten) => isWritten
        ? _pages.GetOrAdd(address >> PageBits, static _ => new ulong[1 << PageBits >> BlockOrder.WordBits])
        : _pages.GetValueOrDefault(address >> PageBits);

    /// <summary>The end of the page of an address.</summary>
    public static ulong EndOfPage(ulong address) => ((address >> PageBits) + 1) << PageBits;

    /// <summary>The number of a word in its page.</summary>
    public static int WordOf(ulong address) => (int)(address & ((1 << PageBits) - 1)) >> BlockOrder.WordBits;
}
