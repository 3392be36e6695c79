using System;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Attention;

/// <summary>
/// Attention on the processor: online softmax over blocks of 32 slots. What is computed for a query is a function of the query and of the
/// slots it sees: blocks and splits lie at fixed slots, and a slot that is not seen adds an exact zero.
/// </summary>
/// <param name="workers">The threads to use.</param>
/// <param name="width">The width of vectors to use.</param>
internal sealed unsafe class CpuAttention(WorkerPool workers, SimdWidth width) : IAttention, IDisposable
{
    // Fewer multiply-adds than this are done before another thread has woken up.
    private const long InlineMultiplyAdds = 1 << 17;
    private const int TileRows = 64;
    private const long MostPartialBytes = 64L << 20;

    private readonly NativeScratch _scratch = new();
    private readonly NativeScratch _partials = new();
    private readonly NativeScratch _tileStarts = new();
    private readonly NativeScratch _logSumExps = new();

    /// <inheritdoc/>
    public void Forward(Tensor output, Tensor queries, in PagedKv cache, in RaggedBatch batch, in AttentionArguments arguments)
    {
        AttentionProblem problem = AttentionChecks.Problem(output, queries, cache, batch, arguments);
        AttentionContents.Check(problem, cache, batch);
        if (problem.Tokens == 0)
        {
            return;
        }

        if (problem.NeedsLogSumExp && problem.LogSumExp == null)
        {
            problem.LogSumExp = (float*)_logSumExps.Get((long)problem.Tokens * problem.Heads * sizeof(float));
        }

        switch (width)
        {
            case SimdWidth.Bits512:
                Run<Simd512, Vector512<float>>(problem, cache.Keys.Shape[0]);
                break;
            case SimdWidth.Bits256:
                Run<Simd256, Vector256<float>>(problem, cache.Keys.Shape[0]);
                break;
            default:
                Run<Simd128, Vector128<float>>(problem, cache.Keys.Shape[0]);
                break;
        }
    }

    /// <inheritdoc/>
    public void Merge(Tensor output, Tensor logSumExp, Tensor otherOutput, Tensor otherLogSumExp, int heads)
    {
        (int rows, int headDim) = AttentionChecks.Merge(output, logSumExp, otherOutput, otherLogSumExp, heads);
        if (rows == 0)
        {
            return;
        }

        var work = new MergeWork
        {
            Output = (float*)output.Address,
            LogSumExp = (float*)logSumExp.Address,
            OtherOutput = (float*)otherOutput.Address,
            OtherLogSumExp = (float*)otherLogSumExp.Address,
            HeadDim = headDim,
        };
        RowRunner.Run(workers, work, rows, 3L * headDim);
    }

    public void Dispose()
    {
        _scratch.Dispose();
        _partials.Dispose();
        _tileStarts.Dispose();
        _logSumExps.Dispose();
    }

    private void Run<TSimd, TVector>(AttentionProblem problem, long cachePages)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        Attend<TSimd, TVector>(problem);
        if (problem.HasSignals)
        {
            var work = new SignalWork<TSimd, TVector>
            {
                Problem = problem,
                Parts = (Extent(problem).MostSlots + SignalWork<TSimd, TVector>.PartSlots - 1) / SignalWork<TSimd, TVector>.PartSlots,
                Scratch = (float*)_scratch.Get(workers.Size * AttentionScratch.FloatsFor(1, problem.HeadDim) * sizeof(float)),
            };
            workers.Run(ref work, problem.Sequences * problem.KvHeads * work.Parts);
        }

        if (problem.BlockHistory != null)
        {
            var work = new BlockHistoryWork<TSimd, TVector>
            {
                Problem = problem,
                PlaneFloats = cachePages * PagedKv.PageSlots,
                Parts = BlockHistoryWork<TSimd, TVector>.PartsOf(problem),
                Scratch = (float*)_scratch.Get(workers.Size * AttentionScratch.FloatsFor(1, problem.HeadDim) * sizeof(float)),
            };
            workers.Run(ref work, problem.Sequences * problem.KvHeads * work.Parts);
        }
    }

    private void Attend<TSimd, TVector>(AttentionProblem problem)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        (int mostTokens, int mostSlots, long multiplyAdds) = Extent(problem);
        problem.TileTokens = Math.Clamp(TileRows / problem.Group, 1, mostTokens);
        var work = new AttentionWork<TSimd, TVector>
        {
            Problem = problem,
            TileStarts = TileStarts(problem),
            Splits = (mostSlots + AttentionTile<TSimd, TVector>.SplitSlots - 1) / AttentionTile<TSimd, TVector>.SplitSlots,
            Scratch = (float*)_scratch.Get(workers.Size * AttentionScratch.FloatsFor(problem.TileRows, problem.HeadDim) * sizeof(float)),
        };
        int tiles = work.TileStarts[problem.Sequences] * problem.KvHeads;
        if (multiplyAdds < InlineMultiplyAdds || workers.Size == 1)
        {
            for (int item = 0; item < tiles; item++)
            {
                work.Execute(item, 0);
            }

            return;
        }

        long partialBytes = (long)tiles * work.Splits * problem.TileRows * (problem.HeadDim + 2) * sizeof(float);
        if (work.Splits < 2 || tiles >= 4 * workers.Size || partialBytes > MostPartialBytes)
        {
            workers.Run(ref work, tiles);
            return;
        }

        work.Partials = (float*)_partials.Get(partialBytes);
        work.Phase = AttentionPhase.Splits;
        workers.Run(ref work, tiles * work.Splits);
        work.Phase = AttentionPhase.Merging;
        workers.Run(ref work, tiles);
    }

    private static (int MostTokens, int MostSlots, long MultiplyAdds) Extent(in AttentionProblem problem)
    {
        (int mostTokens, int mostSlots, long multiplyAdds) = (1, 1, 0);
        for (int sequence = 0; sequence < problem.Sequences; sequence++)
        {
            int tokens = problem.Starts[sequence + 1] - problem.Starts[sequence];
            mostTokens = Math.Max(mostTokens, tokens);
            for (int kvHead = 0; kvHead < problem.KvHeads && tokens > 0; kvHead++)
            {
                int slots = problem.Entries(sequence, kvHead);
                mostSlots = Math.Max(mostSlots, slots);
                multiplyAdds += 2L * tokens * slots * problem.Group * problem.HeadDim;
            }
        }

        return (mostTokens, mostSlots, multiplyAdds);
    }

    private int* TileStarts(in AttentionProblem problem)
    {
        var starts = (int*)_tileStarts.Get((problem.Sequences + 1L) * sizeof(int));
        starts[0] = 0;
        for (int sequence = 0; sequence < problem.Sequences; sequence++)
        {
            int tokens = problem.Starts[sequence + 1] - problem.Starts[sequence];
            starts[sequence + 1] = starts[sequence] + ((tokens + problem.TileTokens - 1) / problem.TileTokens);
        }

        return starts;
    }
}
