using System;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Norm;

namespace Winnow.Kernels.Cache;

/// <summary>Positions in the cache.</summary>
internal sealed unsafe partial class CpuCache
{
    /// <inheritdoc/>
    public void Rerotate(in PagedKv cache, Tensor heads, Tensor lengths, Tensor inverseFrequencies, RopeLayout layout)
    {
        (int count, int pairs) = CacheChecks.Rerotation(cache, heads, lengths, inverseFrequencies, layout);
        CacheContents.Heads(cache, heads, ascending: true);
        var work = new RerotateWork(cache, (int*)heads.Address, (int*)lengths.Address, (float*)inverseFrequencies.Address, pairs, layout);
        for (int head = 0; head < count; head++)
        {
            work.Check(head);
        }

        RowRunner.Run(workers, work, count, cache.PageTable.Shape[3] * PagedKv.PageSlots * pairs);
    }

    private readonly struct RerotateWork(PagedKv cache, int* heads, int* lengths, float* frequencies, int pairs, RopeLayout layout) : IRowWork
    {
        // Pairs of a key that are turned at a time; a head of 256 takes one run.
        private const int RunPairs = 128;

        public void Check(int row)
        {
            int count = Count(row, out _);
            Operands.Require(lengths[row] >= count, $"A head of {count} slots cannot end before position {lengths[row]}.", nameof(lengths));
        }

        public void Execute(int row)
        {
            int count = Count(row, out long head);
            int first = lengths[row] - count;
            var pool = new SlotPool(cache, head);
            for (int start = 0; start < pairs; start += RunPairs)
            {
                Turn(pool, count, first, start, Math.Min(RunPairs, pairs - start));
            }

            for (int slot = 0; slot < count; slot++)
            {
                *pool.Position(slot) = first + slot;
            }
        }

        private int Count(int row, out long head)
        {
            head = CacheContents.Head(cache, heads + (3 * row));
            return ((int*)cache.Counts.Address)[head];
        }

        // Some pairs of all keys, as heads of their own; slots that move alike share a table.
        private void Turn(in SlotPool pool, int count, int first, int start, int run)
        {
            float* part = stackalloc float[2 * RunPairs];
            float* table = stackalloc float[2 * RunPairs];
            var rotation = new RopeWork<Simd128, Vector128<float>>(new RopeProblem(part, table, null, 0, 1, 2 * run, run, layout));
            int turned = 0;
            for (int slot = 0; slot < count; slot++)
            {
                int difference = first + slot - *pool.Position(slot);
                if (difference == 0)
                {
                    continue;
                }

                if (difference != turned)
                {
                    Fill(table, difference, start, run);
                    turned = difference;
                }

                byte* key = pool.Key(slot);
                (long low, long high) = layout == RopeLayout.HalfSplit ? (start, pairs + start) : (2L * start, (2L * start) + run);
                DType type = cache.Keys.Type;
                FloatConversion.Widen(type, key + type.BytesOf(low), part, run);
                FloatConversion.Widen(type, key + type.BytesOf(high), part + run, run);
                rotation.Execute(0);
                FloatConversion.Narrow(type, part, key + type.BytesOf(low), run);
                FloatConversion.Narrow(type, part + run, key + type.BytesOf(high), run);
            }
        }

        private void Fill(float* table, int difference, int start, int run)
        {
            for (int i = 0; i < run; i++)
            {
                (double sin, double cos) = Math.SinCos(difference * frequencies[start + i]);
                (table[2 * i], table[(2 * i) + 1]) = ((float)cos, (float)sin);
            }
        }
    }
}
