using System;
using System.Numerics;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// What the last queries of one call, whose log-sum-exps are known, pay each page: an item is some pages of one (sequence, KV head). Scores are worked out once
/// more, two pages at a time.
/// </summary>
internal unsafe struct BlockHistoryWork<TSimd, TVector> : IWork
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const int PartPages = 16;

    public AttentionProblem Problem;

    /// <summary>Floats of one of the planes.</summary>
    public long PlaneFloats;

    /// <summary>Items that each (sequence, KV head) has.</summary>
    public int Parts;

    /// <summary>Scratch of all workers.</summary>
    public float* Scratch;

    /// <summary>How many items each (sequence, KV head) of a call is cut into.</summary>
    public static int PartsOf(in AttentionProblem problem)
    {
        int most = 0;
        for (int head = 0; head < problem.Sequences * problem.KvHeads; head++)
        {
            (int sequence, int kvHead) = (head / problem.KvHeads, head % problem.KvHeads);
            bool inStep = problem.Starts[sequence + 1] > problem.Starts[sequence];
            most = Math.Max(most, inStep ? problem.Count(sequence, kvHead) : 0);
        }

        return (most + (PartPages * PagedKv.PageSlots) - 1) / (PartPages * PagedKv.PageSlots);
    }

    public void Execute(int item, int worker)
    {
        int head = item / Parts;
        (int sequence, int kvHead) = (head / Problem.KvHeads, head % Problem.KvHeads);
        if (Problem.Starts[sequence + 1] == Problem.Starts[sequence])
        {
            return;
        }

        var scratch = new AttentionScratch(Scratch + (worker * AttentionScratch.FloatsFor(1, Problem.HeadDim)), 1, Problem.HeadDim);
        var slots = new HeadSlots(Problem, sequence, kvHead);
        int first = item % Parts * PartPages;
        int end = Math.Min((Problem.Count(sequence, kvHead) + PagedKv.PageSlots - 1) / PagedKv.PageSlots, first + PartPages);
        for (int page = first; page < end; page += 2)
        {
            Pair(scratch, slots, sequence, kvHead, page, Math.Min(2, end - page));
        }
    }

    private readonly void Pair(AttentionScratch scratch, in HeadSlots head, int sequence, int kvHead, int page, int pages)
    {
        int entry = FirstEntry(head, page), middle = FirstEntry(head, page + 1), entries = FirstEntry(head, page + pages) - entry;
        uint low = (1u << (middle - entry)) - 1;
        var visibility = new SlotVisibility(Problem, scratch.Positions);
        if (entries > 0)
        {
            visibility.Load(Problem, head, entry, entries);
            KeyBlock.Load(Problem, scratch, head, entry, entries, 0);
        }

        (int start, int end) = (Problem.Starts[sequence], Problem.Starts[sequence + 1]);
        for (int token = Math.Max(start, end - AttentionSignals.HistorySteps); token < end; token++)
        {
            (float first, float second) = (0, 0);
            uint bits = entries == 0 ? 0 : visibility.Bits(Problem.Positions[token], Problem.AncestorMask + ((nint)token * Problem.MaskWords));
            for (int h = 0; h < Problem.Group && bits != 0; h++)
            {
                long row = ((long)token * Problem.Heads) + (kvHead * Problem.Group) + h;
                AttentionKernel<TSimd, TVector>.ScoresOfOne(scratch.Scores, Problem.Queries + (row * Problem.HeadDim), scratch.KeysTransposed, Problem.HeadDim);
                AttentionKernel<TSimd, TVector>.ScaleAndCap(scratch.Scores, Problem.Scale, Problem.SoftCap);
                first = MathF.Max(first, Greatest(scratch.Scores, bits & low, Problem.LogSumExp[row]));
                second = MathF.Max(second, Greatest(scratch.Scores, bits & ~low, Problem.LogSumExp[row]));
            }

            Write(head.Pages[page], Problem.Positions[token], first);
            if (pages > 1)
            {
                Write(head.Pages[page + 1], Problem.Positions[token], second);
            }
        }
    }

    // The first entry in a page or after it.
    private static int FirstEntry(in HeadSlots head, int page)
    {
        int slot = page * PagedKv.PageSlots;
        if (head.List == null)
        {
            return Math.Min(slot, head.Count);
        }

        (int low, int high) = (0, head.Count);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = head.List[middle] < slot ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    // The greatest score has the greatest probability.
    private static float Greatest(float* scores, uint bits, float logSumExp)
    {
        float greatest = float.NegativeInfinity;
        for (uint rest = bits; rest != 0; rest &= rest - 1)
        {
            greatest = MathF.Max(greatest, scores[BitOperations.TrailingZeroCount(rest)]);
        }

        return bits == 0 ? 0 : MathF.Exp(greatest - logSumExp);
    }

    private readonly void Write(int page, int position, float value)
    {
        int step = position % AttentionSignals.HistorySteps;
        Problem.BlockHistory[(step / PagedKv.PageSlots * PlaneFloats) + ((long)page * PagedKv.PageSlots) + (step % PagedKv.PageSlots)] = value;
    }
}
