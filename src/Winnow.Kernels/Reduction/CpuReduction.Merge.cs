using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <content>Selection, similarity and merging.</content>
internal sealed unsafe partial class CpuReduction
{
    private readonly NativeScratch _left = new();
    private readonly NativeScratch _right = new();

    /// <inheritdoc/>
    public void ScatterRows(Tensor output, Tensor input, Tensor indices)
    {
        int rows = ReductionChecks.Scatter(output, input, indices);
        long columns = output.Shape[1];
        var work = new ScatterWork((float*)output.Address, (float*)input.Address, (int*)indices.Address, output.Shape[0], columns);
        RowRunner.Run(workers, work, rows, columns);
    }

    /// <inheritdoc/>
    public void SelectTop(
        Tensor selected, Tensor counts, Tensor scores, Tensor wanted, Tensor lengths = default, Tensor guarded = default, int first = 0, int last = 0)
    {
        SelectProblem problem = ReductionChecks.Select(selected, counts, scores, wanted, lengths, guarded, first, last);
        var work = new SelectWork
        {
            Problem = problem,
            Selected = (int*)selected.Address,
            Counts = (int*)counts.Address,
            Scores = (float*)scores.Address,
            Wanted = (int*)wanted.Address,
            Lengths = lengths.IsEmpty ? null : (int*)lengths.Address,
            Guarded = guarded.IsEmpty ? null : (byte*)guarded.Address,
        };
        RowRunner.Run(workers, work, problem.Rows, 8L * problem.Entries);
    }

    /// <inheritdoc/>
    public void CosineSimilarity(Tensor output, Tensor left, Tensor right)
    {
        ReductionChecks.Similarity(output, left, right);
        float* a = Halved(left, _left);
        float* b = left.Address == right.Address && left.Shape == right.Shape ? a : Halved(right, _right);
        var work = new SimilarityWork((float*)output.Address, a, b, right.Shape[0], left.Shape[1]);
        RowRunner.Run(workers, work, checked((int)left.Shape[0]), right.Shape[0] * left.Shape[1]);
    }

    /// <inheritdoc/>
    public void MergeRows(Tensor output, Tensor input, Tensor targets, Tensor weights)
    {
        ReductionChecks.Merge(output, input, targets, weights);
        long columns = output.Shape[1];
        int runs = checked((int)((columns + SumColumns - 1) / SumColumns));
        var work = new MergeWork
        {
            Output = (float*)output.Address,
            Input = (float*)input.Address,
            Targets = (int*)targets.Address,
            Weights = (float*)weights.Address,
            Destinations = output.Shape[0],
            Rows = input.Shape[0],
            Columns = columns,
        };
        RowRunner.Run(workers, work, runs, input.Shape[0] * SumColumns);
    }

    // Normalized, rounded to half precision and widened again.
    private float* Halved(Tensor rows, NativeScratch scratch)
    {
        var copy = (float*)scratch.Get(Math.Max(1, rows.Bytes));
        var work = new HalveWork((float*)rows.Address, copy, rows.Shape[1]);
        RowRunner.Run(workers, work, checked((int)rows.Shape[0]), 8 * rows.Shape[1]);
        return copy;
    }

    private readonly struct ScatterWork(float* output, float* input, int* indices, long rows, long columns) : IRowWork
    {
        public void Execute(int row)
        {
            if ((uint)indices[row] < (ulong)rows)
            {
                long bytes = columns * sizeof(float);
                Buffer.MemoryCopy(input + (row * columns), output + (indices[row] * columns), bytes, bytes);
            }
        }
    }

    private readonly struct HalveWork(float* rows, float* copy, long columns) : IRowWork
    {
        public void Execute(int row)
        {
            float* target = copy + (row * columns);
            Buffer.MemoryCopy(rows + (row * columns), target, columns * sizeof(float), columns * sizeof(float));
            new NormalizeWork(copy, columns).Execute(row);
            for (long c = 0; c < columns; c++)
            {
                target[c] = (float)(Half)target[c];
            }
        }
    }

    private readonly struct SimilarityWork(float* output, float* left, float* right, long rightRows, long columns) : IRowWork
    {
        public void Execute(int row)
        {
            float* a = left + (row * columns);
            for (long r = 0; r < rightRows; r++)
            {
                output[(row * rightRows) + r] = Dot(a, right + (r * columns));
            }
        }

        private float Dot(float* a, float* b)
        {
            Vector256<float> sums = Vector256<float>.Zero;
            long c = 0;
            for (; c <= columns - Vector256<float>.Count; c += Vector256<float>.Count)
            {
                sums = Vector256.FusedMultiplyAdd(Vector256.Load(a + c), Vector256.Load(b + c), sums);
            }

            float sum = Vector256.Sum(sums);
            for (; c < columns; c++)
            {
                sum = MathF.FusedMultiplyAdd(a[c], b[c], sum);
            }

            return sum;
        }
    }

    // A run of columns through all rows: each worker sums in ascending rows, and none writes another's columns.
    private readonly struct MergeWork : IRowWork
    {
        public required float* Output { get; init; }

        public required float* Input { get; init; }

        public required int* Targets { get; init; }

        public required float* Weights { get; init; }

        public required long Destinations { get; init; }

        public required long Rows { get; init; }

        public required long Columns { get; init; }

        public void Execute(int row)
        {
            long first = (long)row * SumColumns;
            int width = (int)Math.Min(SumColumns, Columns - first);
            for (long d = 0; d < Destinations; d++)
            {
                new Span<float>(Output + (d * Columns) + first, width).Clear();
            }

            for (long r = 0; r < Rows; r++)
            {
                if ((uint)Targets[r] < (ulong)Destinations)
                {
                    Add(Output + (Targets[r] * Columns) + first, Input + (r * Columns) + first, Weights[r], width);
                }
            }
        }

        private static void Add(float* sums, float* values, float weight, int width)
        {
            int c = 0;
            for (; c <= width - Vector256<float>.Count; c += Vector256<float>.Count)
            {
                Vector256.FusedMultiplyAdd(Vector256.Create(weight), Vector256.Load(values + c), Vector256.Load(sums + c)).Store(sums + c);
            }

            for (; c < width; c++)
            {
                sums[c] = MathF.FusedMultiplyAdd(weight, values[c], sums[c]);
            }
        }
    }
}
