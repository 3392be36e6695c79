using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels;
using Winnow.Kernels.Cache;

namespace Winnow.Benchmarking.Cases;

/// <summary>A cache of one layer for cases: as many slots in every head of every sequence, 8 KV heads of 128 as in an 8B model, or a part of them.</summary>
internal sealed class CachePlan
{
    /// <summary>KV heads of the model.</summary>
    public const int ModelHeads = 8;

    public const int HeadDim = 128;

    private readonly CaseWorkspace _workspace;
    private readonly int[] _counts;

    /// <param name="workspace">Where it is made.</param>
    /// <param name="sequences">Sequences.</param>
    /// <param name="slots">Slots in use of each head.</param>
    /// <param name="room">Slots beyond, that there are pages for.</param>
    /// <param name="attributes">Planes of attributes.</param>
    /// <param name="type">Of keys and values, 16-bit.</param>
    /// <param name="kvHeads">KV heads.</param>
    public CachePlan(CaseWorkspace workspace, int sequences, int slots, int room = 0, int attributes = 0, DType type = DType.F16, int kvHeads = ModelHeads)
    {
        (_workspace, Sequences, Slots, KvHeads) = (workspace, sequences, slots, kvHeads);
        PagesPerHead = (slots + room + PagedKv.PageSlots - 1) / PagedKv.PageSlots;
        Pages = sequences * KvHeads * PagesPerHead;
        _counts = [.. Enumerable.Repeat(slots, sequences * KvHeads)];
        Cache = new PagedKv
        {
            Keys = workspace.Uncounted(type, Pages, PagedKv.PageSlots, HeadDim),
            Values = workspace.Uncounted(type, Pages, PagedKv.PageSlots, HeadDim),
            Positions = workspace.Uncounted(DType.I32, Pages, PagedKv.PageSlots),
            Attributes = attributes == 0 ? default : workspace.Uncounted(DType.F32, attributes, Pages, PagedKv.PageSlots),
            PageTable = workspace.Integers(Enumerable.Range(0, Pages), sequences, 1, KvHeads, PagesPerHead),
            Counts = workspace.Integers(_counts, sequences, 1, KvHeads),
        };
        int perHead = PagesPerHead * PagedKv.PageSlots;
        workspace.Device.Upload<int>(Cache.Positions, [.. Enumerable.Range(0, Pages * PagedKv.PageSlots).Select(slot => slot % perHead)]);
        Heads = workspace.Integers(
            Enumerable.Range(0, sequences * KvHeads).SelectMany(head => new[] { head / KvHeads, 0, head % KvHeads }), sequences * KvHeads, 3);
    }

    public PagedKv Cache { get; }

    /// <summary>All heads as (row, layer, KV head).</summary>
    public Tensor Heads { get; }

    public int KvHeads { get; }

    public int Sequences { get; }

    public int Slots { get; }

    public int Pages { get; }

    public int PagesPerHead { get; }

    /// <summary>Heads of all sequences.</summary>
    public int HeadCount => Sequences * KvHeads;

    /// <summary>Bytes of keys and values of so many slots in every head.</summary>
    public long BytesOf(long slots) => 2 * slots * HeadCount * HeadDim * sizeof(ushort);

    /// <summary>A step's batch: the last so many tokens of each sequence, which lie in the cache or are to be appended.</summary>
    /// <param name="tokens">Tokens of each sequence.</param>
    /// <param name="first">The position of the first.</param>
    public RaggedBatch Batch(int tokens, int first) => new()
    {
        Rows = _workspace.Integers(Enumerable.Range(0, Sequences)),
        Starts = _workspace.Integers(Enumerable.Range(0, Sequences + 1).Select(sequence => sequence * tokens)),
        Positions = _workspace.Integers(Enumerable.Range(0, Sequences * tokens).Select(token => first + (token % tokens))),
        MostTokens = tokens,
    };

    /// <summary>For every head the same list of slots to keep: every other one.</summary>
    public IEnumerable<int> EveryOther() => Enumerable.Range(0, Slots / 2).Select(slot => 2 * slot);

    /// <summary>Gives all heads their slots again.</summary>
    public void Restore() => _workspace.Device.Upload<int>(Cache.Counts, _counts);
}
