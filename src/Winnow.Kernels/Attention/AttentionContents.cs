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
                CacheContents.Pages(cache, problem.HeadIndex(sequence, kvHead), problem.Count(sequence, kvHead));
            }
        }
    }
}
