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
    public int Sequences;
    public int Tokens;
    public int Heads;
    public int KvHeads;
    public int HeadDim;
    public int Layers;
    public int Layer;
    public int PagesPerHead;
    public DType Type;
    public float Scale;
    public float SoftCap;
    public int Window;
    public bool Bidirectional;
    public float* ColumnMass;
    public float* WindowMass;
    public float* LastRow;
    public float* ColumnMaximum;
    public float* Hits;
    public int WindowTokens;
    public float HitThreshold;

    /// <summary>Tokens of one sequence that are worked on together; with all heads of a group they are a tile's rows.</summary>
    public int TileTokens;

    /// <summary>Query heads that share a KV head.</summary>
    public readonly int Group => Heads / KvHeads;

    /// <summary>The most rows a tile has.</summary>
    public readonly int TileRows => TileTokens * Group;

    /// <summary>Whether anything is to be said about slots.</summary>
    public readonly bool HasSignals => ColumnMass != null || WindowMass != null || LastRow != null || ColumnMaximum != null || Hits != null;

    /// <summary>Bytes of one slot's key or value.</summary>
    public readonly long SlotBytes => (long)HeadDim * Type.BlockBytes();

    /// <summary>Where the counts and page table of one (sequence, KV head) lie, in heads.</summary>
    public readonly long HeadIndex(int sequence, int kvHead) => ((((long)Rows[sequence] * Layers) + Layer) * KvHeads) + kvHead;

    /// <summary>Slots that one (sequence, KV head) has in use.</summary>
    public readonly int Count(int sequence, int kvHead) => Counts[HeadIndex(sequence, kvHead)];

    /// <summary>The pages of one (sequence, KV head).</summary>
    public readonly int* Pages(int sequence, int kvHead) => PageTable + (HeadIndex(sequence, kvHead) * PagesPerHead);
}
