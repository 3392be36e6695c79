using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// Checks of what the operands of attention hold, for devices whose memory the host reads; kernels stop at what this would refuse.
/// </summary>
internal static unsafe class AttentionContents
{
    /// <summary>Starts, rows, counts and pages: what is read is checked, so that a stale table entry is an error and never a wild read.</summary>
    public static void Check(in AttentionProblem problem, in PagedKv cache, in RaggedBatch batch)
    {
        CacheContents.Batch(cache, batch);
        for (int sequence = 0; sequence < problem.Sequences; sequence++)
        {
            int tokens = problem.Starts[sequence + 1] - problem.Starts[sequence];
            if (problem.AncestorMask != null)
            {
                AttentionChecks.RequireWords(problem, tokens);
            }

            for (int kvHead = 0; kvHead < problem.KvHeads && tokens > 0; kvHead++)
            {
                CacheContents.Pages(cache, problem.HeadIndex(sequence, kvHead, problem.KeyLayer), problem.Count(sequence, kvHead));
                CacheContents.Pages(cache, problem.HeadIndex(sequence, kvHead, problem.Layer), problem.Count(sequence, kvHead));
                List(problem, sequence, kvHead);
            }
        }
    }

    private static void List(in AttentionProblem problem, int sequence, int kvHead)
    {
        int* list = problem.List(sequence, kvHead);
        if (list == null)
        {
            return;
        }

        int entries = problem.Entries(sequence, kvHead);
        Operands.Require(entries >= 0 && entries <= problem.SlotListCapacity, $"A list of {entries} slots does not fit the capacity of {problem.SlotListCapacity}.", "SlotListCounts");
        bool ascending = true;
        for (int entry = 0; entry < entries; entry++)
        {
            ascending &= list[entry] > (entry == 0 ? -1 : list[entry - 1]);
        }

        int slots = problem.Count(sequence, kvHead);
        Operands.Require(ascending && (entries == 0 || list[entries - 1] < slots), $"A slot list must ascend and stay below the head's {slots} slots.", "SlotLists");
    }
}
