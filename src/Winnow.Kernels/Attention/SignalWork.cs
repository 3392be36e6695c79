using System;
using System.Numerics;

namespace Winnow.Kernels.Attention;

/// <summary>
/// The signals of one call whose log-sum-exps are known: an item is some slots of one (sequence, KV head). Scores are worked out once more,
/// a block of slots at a time, and rows are met in ascending order.
/// </summary>
internal unsafe struct SignalWork<TSimd, TVector> : IWork
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Slots of an item.</summary>
    public const int PartSlots = 256;

    private const int Slots = AttentionScratch.BlockSlots;

    public AttentionProblem Problem;

    /// <summary>Items that each (sequence, KV head) has.</summary>
    public int Parts;

    /// <summary>Scratch of all workers.</summary>
    public float* Scratch;

    public void Execute(int item, int worker)
    {
        int head = item / Parts;
        (int sequence, int kvHead) = (head / Problem.KvHeads, head % Problem.KvHeads);
        if (Problem.Starts[sequence + 1] == Problem.Starts[sequence])
        {
            return;
        }

        var scratch = new AttentionScratch(Scratch + (worker * AttentionScratch.FloatsFor(1, Problem.HeadDim)), 1, Problem.HeadDim);
        int first = item % Parts * PartSlots;
        var slots = new HeadSlots(Problem, sequence, kvHead);
        int end = Math.Min(slots.Count, first + PartSlots);
        for (int entry = first; entry < end; entry += Slots)
        {
            Block(scratch, slots, sequence, kvHead, entry, Math.Min(Slots, end - entry));
        }
    }

    private readonly void Block(AttentionScratch scratch, in HeadSlots head, int sequence, int kvHead, int entry, int slots)
    {
        (int start, int end) = (Problem.Starts[sequence], Problem.Starts[sequence + 1]);
        var visibility = new SlotVisibility(Problem, scratch.Positions);
        visibility.Load(Problem, head, entry, slots);
        KeyBlock.Load(Problem, scratch, head, entry, slots, entry + slots);
        var sums = new SlotSums(stackalloc float[5 * Slots]);
        for (int token = start; token < end; token++)
        {
            uint bits = visibility.Bits(Problem.Positions[token], Problem.AncestorMask + ((nint)token * Problem.MaskWords));
            for (int h = 0; h < Problem.Group && bits != 0; h++)
            {
                long row = ((long)token * Problem.Heads) + (kvHead * Problem.Group) + h;
                AttentionKernel<TSimd, TVector>.ScoresOfOne(scratch.Scores, Problem.Queries + (row * Problem.HeadDim), scratch.KeysTransposed, Problem.HeadDim);
                AttentionKernel<TSimd, TVector>.ScaleAndCap(scratch.Scores, Problem.Scale, Problem.SoftCap);
                Add(sums, scratch.Scores, bits, Problem.LogSumExp[row], token >= end - Problem.WindowTokens, token == end - 1);
            }
        }

        Write(sums, head, entry, slots);
    }

    private readonly void Add(SlotSums sums, float* scores, uint bits, float logSumExp, bool inWindow, bool last)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            int j = BitOperations.TrailingZeroCount(bits);
            float probability = MathF.Exp(scores[j] - logSumExp);
            sums.Mass[j] += probability;
            sums.Window[j] += inWindow ? probability : 0f;
            sums.Last[j] += last ? probability : 0f;
            sums.Greatest[j] = MathF.Max(sums.Greatest[j], probability);
            sums.Hits[j] += probability > Problem.HitThreshold ? 1f : 0f;
        }
    }

    private readonly void Write(SlotSums sums, in HeadSlots head, int entry, int slots)
    {
        for (int j = 0; j < slots; j++)
        {
            long at = head.At(head.Pages, entry + j);
            Add(Problem.ColumnMass, at, sums.Mass[j]);
            Add(Problem.Hits, at, sums.Hits[j]);
            Set(Problem.WindowMass, at, sums.Window[j]);
            Set(Problem.LastRow, at, sums.Last[j]);
            if (Problem.ColumnMaximum != null)
            {
                Problem.ColumnMaximum[at] = MathF.Max(Problem.ColumnMaximum[at], sums.Greatest[j]);
            }
        }
    }

    private static void Add(float* plane, long at, float value)
    {
        if (plane != null)
        {
            plane[at] += value;
        }
    }

    private static void Set(float* plane, long at, float value)
    {
        if (plane != null)
        {
            plane[at] = value;
        }
    }

    // The signals of a block's slots so far.
    private readonly ref struct SlotSums(Span<float> memory)
    {
        public Span<float> Mass { get; } = memory[..Slots];

        public Span<float> Window { get; } = memory.Slice(Slots, Slots);

        public Span<float> Last { get; } = memory.Slice(2 * Slots, Slots);

        public Span<float> Greatest { get; } = memory.Slice(3 * Slots, Slots);

        public Span<float> Hits { get; } = memory.Slice(4 * Slots, Slots);
    }
}
