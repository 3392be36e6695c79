using System;

namespace Winnow.Kernels;

/// <summary>Hands rows out to workers in runs; few and cheap rows stay with the caller, who would wait longer for another to wake up.</summary>
internal static class RowRunner
{
    // About 20 microseconds of streaming over floats.
    private const long InlineValues = 1 << 16;
    private const int RunsPerWorker = 4;

    /// <summary>Does rows 0 to <paramref name="rows"/> - 1.</summary>
    /// <typeparam name="TWork">A struct, so that the call is compiled for it.</typeparam>
    /// <param name="workers">The threads to use.</param>
    /// <param name="work">The work.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="valuesPerRow">What a row costs, in values read and written once.</param>
    public static void Run<TWork>(WorkerPool workers, TWork work, int rows, long valuesPerRow)
        where TWork : struct, IRowWork
    {
        if (workers.Size == 1 || rows < 2 || rows * valuesPerRow < InlineValues)
        {
            for (int row = 0; row < rows; row++)
            {
                work.Execute(row);
            }

            return;
        }

        int perRun = Math.Max(1, rows / (workers.Size * RunsPerWorker));
        var runs = new Runs<TWork> { Work = work, Rows = rows, PerRun = perRun };
        workers.Run(ref runs, (int)(((long)rows + perRun - 1) / perRun));
    }

    private struct Runs<TWork> : IWork
        where TWork : struct, IRowWork
    {
        public TWork Work;
        public int Rows;
        public int PerRun;

        public void Execute(int item, int worker)
        {
            int end = (int)Math.Min(Rows, (item + 1L) * PerRun);
            for (int row = item * PerRun; row < end; row++)
            {
                Work.Execute(row);
            }
        }
    }
}
