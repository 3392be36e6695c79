using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Attention;

/// <summary>The work of one call: an item is a tile, a split of a tile, or the merging of a tile's splits.</summary>
internal unsafe struct AttentionWork<TSimd, TVector> : IWork
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    public AttentionProblem Problem;
    public AttentionPhase Phase;

    /// <summary>First tile of each sequence, counted without the KV heads, [sequences + 1].</summary>
    public int* TileStarts;

    /// <summary>The most splits that a tile has.</summary>
    public int Splits;

    /// <summary>Scratch of all workers.</summary>
    public float* Scratch;

    /// <summary>Sums and states of splits that wait to be merged, [tiles, splits, rows, headDim + 2].</summary>
    public float* Partials;

    public void Execute(int item, int worker)
    {
        fixed (AttentionProblem* problem = &Problem)
        {
            int tileIndex = Phase == AttentionPhase.Splits ? item / Splits : item;
            long scratchFloats = AttentionScratch.FloatsFor(problem->TileRows, problem->HeadDim);
            var scratch = new AttentionScratch(Scratch + (worker * scratchFloats), problem->TileRows, problem->HeadDim);
            AttentionTile<TSimd, TVector> tile = Tile(problem, scratch, tileIndex);
            switch (Phase)
            {
                case AttentionPhase.Whole:
                    Whole(ref tile, scratch);
                    break;
                case AttentionPhase.Splits:
                    Split(ref tile, scratch, tileIndex, item % Splits);
                    break;
                default:
                    Merge(ref tile, tileIndex);
                    break;
            }
        }
    }

    private static void Whole(ref AttentionTile<TSimd, TVector> tile, AttentionScratch scratch)
    {
        if (tile.Splits == 1)
        {
            // Merged into nothing, one split stays what it is.
            tile.Sum(0);
            tile.Finish(scratch.CurrentState, scratch.Current);
            return;
        }

        tile.Reset();
        for (int split = 0; split < tile.Splits; split++)
        {
            tile.Sum(split);
            tile.Merge(scratch.CurrentState, scratch.Current);
        }

        tile.Finish();
    }

    private readonly void Split(ref AttentionTile<TSimd, TVector> tile, AttentionScratch scratch, int tileIndex, int split)
    {
        if (split < tile.Splits)
        {
            tile.Sum(split);
            int headDim = Problem.HeadDim;
            float* partial = Partial(tileIndex, split);
            Unsafe.CopyBlockUnaligned(partial, scratch.CurrentState, (uint)(tile.Rows * 2 * sizeof(float)));
            Unsafe.CopyBlockUnaligned(partial + (2 * Problem.TileRows), scratch.Current, (uint)(tile.Rows * headDim * sizeof(float)));
        }
    }

    private readonly void Merge(ref AttentionTile<TSimd, TVector> tile, int tileIndex)
    {
        tile.Reset();
        for (int split = 0; split < tile.Splits; split++)
        {
            float* partial = Partial(tileIndex, split);
            tile.Merge(partial, partial + (2 * Problem.TileRows));
        }

        tile.Finish();
    }

    private readonly float* Partial(int tileIndex, int split) =>
        Partials + ((((long)tileIndex * Splits) + split) * Problem.TileRows * (Problem.HeadDim + 2));

    // The last tiles of a causal sequence see the most and are taken first, so that nobody starts a long one at the end.
    private readonly AttentionTile<TSimd, TVector> Tile(AttentionProblem* problem, AttentionScratch scratch, int item)
    {
        int tile = TileStarts[problem->Sequences] - 1 - (item / problem->KvHeads);
        (int sequence, int after) = (0, problem->Sequences);
        while (after - sequence > 1)
        {
            int middle = (sequence + after) / 2;
            (sequence, after) = TileStarts[middle] <= tile ? (middle, after) : (sequence, middle);
        }

        return new AttentionTile<TSimd, TVector>(problem, scratch, sequence, item % problem->KvHeads, tile - TileStarts[sequence]);
    }
}
