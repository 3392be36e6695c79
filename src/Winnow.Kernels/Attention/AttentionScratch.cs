namespace Winnow.Kernels.Attention;

/// <summary>One worker's memory: where each part lies within a piece of native memory.</summary>
internal readonly unsafe struct AttentionScratch
{
    /// <summary>Slots that are worked on together: two pages.</summary>
    public const int BlockSlots = 32;

    private const int LineFloats = 16;

    /// <summary>Lays the parts out.</summary>
    /// <param name="memory"><see cref="FloatsFor"/> floats.</param>
    /// <param name="rows">The most rows of a tile.</param>
    /// <param name="headDim">The size of a head.</param>
    public AttentionScratch(float* memory, int rows, int headDim)
    {
        int block = BlockSlots * headDim;
        KeysTransposed = memory;
        Values = memory + block;
        Widened = Values + block;
        Scores = Widened + (block / 2);
        Current = Scores + ((long)RowsOfFours(rows) * BlockSlots);
        Merged = Current + ((long)rows * headDim);
        CurrentState = Merged + ((long)rows * headDim);
        MergedState = CurrentState + Lines(2L * rows);
        Factors = MergedState + Lines(2L * rows);
        Seen = (uint*)(Factors + Lines(rows));
        Positions = (int*)(Seen + Lines(RowsOfFours(rows) / 4));
    }

    /// <summary>The block's keys, [headDim, BlockSlots].</summary>
    public float* KeysTransposed { get; }

    /// <summary>The block's values, [BlockSlots, headDim], unless they are F32 in the cache already.</summary>
    public float* Values { get; }

    /// <summary>One page of keys before it is transposed, [PageSlots, headDim].</summary>
    public float* Widened { get; }

    /// <summary>Scores of a block, then probabilities, [rows, BlockSlots].</summary>
    public float* Scores { get; }

    /// <summary>The weighted values of the split being worked on, [rows, headDim].</summary>
    public float* Current { get; }

    /// <summary>The weighted values of the splits before it, [rows, headDim].</summary>
    public float* Merged { get; }

    /// <summary>Greatest score and sum of exponentials for <see cref="Current"/>, [rows, 2].</summary>
    public float* CurrentState { get; }

    /// <summary>The same for <see cref="Merged"/>.</summary>
    public float* MergedState { get; }

    /// <summary>For each row what the sums before the block are multiplied with, [rows].</summary>
    public float* Factors { get; }

    /// <summary>For each four rows the slots that some of them sees, as bits, [rows / 4].</summary>
    public uint* Seen { get; }

    /// <summary>True positions of the block's slots, [BlockSlots].</summary>
    public int* Positions { get; }

    /// <summary>How many floats one worker needs.</summary>
    public static long FloatsFor(int rows, int headDim) =>
        (BlockSlots * headDim * 5L / 2) + ((long)RowsOfFours(rows) * BlockSlots) + (2L * rows * headDim)
        + (2 * Lines(2L * rows)) + Lines(rows) + Lines(RowsOfFours(rows) / 4) + BlockSlots;

    private static int RowsOfFours(int rows) => (rows + 3) / 4 * 4;

    private static long Lines(long floats) => (floats + LineFloats - 1) / LineFloats * LineFloats;
}
