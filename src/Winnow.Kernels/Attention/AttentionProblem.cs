namespace Winnow.Kernels.Attention;

/// <summary>One attention call with everything that its work items need, as plain pointers and numbers.</summary>
internal unsafe struct AttentionProblem
{
    public float* Output;
    public float* Queries;
    public float* LogSumExp;
    public byte* Keys;
    public byte* Values;
    public int* SlotPositions;
    public int* PageTable;
    public int* Counts;
    public int* Rows;
    public int* Starts;
    public int* Positions;
    public uint* AncestorMask;
    public int MaskWords;
    public int* SlotLists;
    public int* SlotListCounts;
    public int SlotListCapacity;
    public int Sequences;
    public int Tokens;
    public int Heads;
    public int KvHeads;
    public int HeadDim;
    public int Layers;
    public int Layer;
    public int KeyLayer;
    public int PagesPerHead;
    public DType Type;

    /// <summary>Bytes of one slot's key or value.</summary>
    public long SlotBytes;
    public float Scale;
    public float SoftCap;
    public int Window;
    public int Sinks;

    /// <summary>The share of positions that sinks and window make up, in units of 2^-30; 0 where windows have one size.</summary>
    public int WindowShare;
    public bool Distant;
    public bool Bidirectional;
    public float* ColumnMass;
    public float* WindowMass;
    public float* LastRow;
    public float* ColumnMaximum;
    public float* Hits;
    public float* BlockHistory;
    public int WindowTokens;
    public float HitThreshold;

    /// <summary>Tokens of one sequence that are worked on together; with all heads of a group they are a tile's rows.</summary>
    public int TileTokens;

    /// <summary>Query heads that share a KV head.</summary>
    public readonly int Group => Heads / KvHeads;

    /// <summary>The most rows a tile has.</summary>
    public readonly int TileRows => TileTokens * Group;

    /// <summary>Whether anything is to be said about single slots.</summary>
    public readonly bool HasSignals => ColumnMass != null || WindowMass != null || LastRow != null || ColumnMaximum != null || Hits != null;

    /// <summary>Whether the log-sum-exps are needed, whoever asked for them.</summary>
    public readonly bool NeedsLogSumExp => HasSignals || BlockHistory != null;

    /// <summary>What queries see by position.</summary>
    public readonly AttentionReach Reach => WindowShare > 0 ? (Distant ? AttentionReach.GrowingDistant : AttentionReach.GrowingNear)
        : Distant ? AttentionReach.Distant
        : Window == 0 ? AttentionReach.All
        : Sinks == 0 ? AttentionReach.Window : AttentionReach.SinksAndWindow;

    /// <summary>Where the counts and page table of one (sequence, KV head) lie, in heads.</summary>
    public readonly long HeadIndex(int sequence, int kvHead, int layer) => ((((long)Rows[sequence] * Layers) + layer) * KvHeads) + kvHead;

    /// <summary>Slots that one (sequence, KV head) has in use.</summary>
    public readonly int Count(int sequence, int kvHead) => Counts[HeadIndex(sequence, kvHead, KeyLayer)];

    /// <summary>Slots that are read of one (sequence, KV head): those in use, or those of its list.</summary>
    public readonly int Entries(int sequence, int kvHead) =>
        SlotLists == null ? Count(sequence, kvHead) : SlotListCounts[(sequence * KvHeads) + kvHead];

    /// <summary>The list of one (sequence, KV head), or null.</summary>
    public readonly int* List(int sequence, int kvHead) =>
        SlotLists == null ? null : SlotLists + ((((long)sequence * KvHeads) + kvHead) * SlotListCapacity);
}
