using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <content>Rows of vectors: means, second moments, forms, deviations.</content>
internal sealed unsafe partial class CpuReduction
{
    /// <inheritdoc/>
    public void MeanVectors(Tensor output, Tensor vectors, Tensor lengths = default)
    {
        VectorRows sizes = VectorChecks.Mean(output, vectors, lengths);
        var work = new MeanWork((float*)output.Address, (float*)vectors.Address, sizes, RowLengths.Of(lengths, sizes.Entries));
        RowRunner.Run(workers, work, sizes.Rows, (long)sizes.Entries * sizes.Dim);
    }

    /// <inheritdoc/>
    public void QuadraticForms(Tensor output, Tensor vectors, Tensor matrices, Tensor linear, float a, float b, Tensor lengths = default)
    {
        VectorRows sizes = VectorChecks.Forms(output, vectors, matrices, linear, lengths);
        int pieces = (sizes.Entries + FormWork.Piece - 1) / FormWork.Piece;
        var work = new FormWork
        {
            Sizes = sizes,
            Pieces = pieces,
            Output = (float*)output.Address,
            Vectors = (float*)vectors.Address,
            Matrices = matrices.IsEmpty ? null : (float*)matrices.Address,
            Linear = linear.IsEmpty ? null : (float*)linear.Address,
            A = a,
            B = b,
            Lengths = RowLengths.Of(lengths, sizes.Entries),
        };
        RowRunner.Run(workers, work, checked(sizes.Rows * pieces), (long)FormWork.Piece * sizes.Dim * (matrices.IsEmpty ? 1 : sizes.Dim));
    }

    /// <inheritdoc/>
    public void AddOuterProducts(Tensor sums, Tensor rows)
    {
        (int tokens, int heads, int dim) = VectorChecks.OuterProducts(sums, rows);
        var work = new OuterProductWork((float*)sums.Address, (float*)rows.Address, tokens, dim, (long)heads * dim);
        RowRunner.Run(workers, work, checked(heads * dim), (long)tokens * dim);
    }

    /// <inheritdoc/>
    public void LagDeviation(Tensor output, Tensor vectors, int sinks, int lag, Tensor lengths = default)
    {
        (VectorRows sizes, RowSegments partitions) = VectorChecks.Lag(output, vectors, sinks, lag, lengths);
        var work = new LagWork
        {
            Output = (float*)output.Address,
            Vectors = (float*)vectors.Address,
            Dim = sizes.Dim,
            Partitions = partitions,
            Lengths = RowLengths.Of(lengths, sizes.Entries),
        };
        RowRunner.Run(workers, work, sizes.Rows, 4L * sizes.Entries * sizes.Dim);
    }

    private readonly struct MeanWork(float* output, float* vectors, VectorRows sizes, RowLengths lengths) : IRowWork
    {
        public void Execute(int row)
        {
            int length = lengths[row];
            var mean = new Span<float>(output + ((long)row * sizes.Dim), sizes.Dim);
            mean.Clear();
            for (long e = 0; e < length; e++)
            {
                Add(mean, vectors + ((((long)row * sizes.Entries) + e) * sizes.Dim));
            }

            for (int c = 0; c < mean.Length && length > 0; c++)
            {
                mean[c] /= length;
            }
        }

        private static void Add(Span<float> sums, float* values)
        {
            fixed (float* sum = sums)
            {
                int c = 0;
                for (; c <= sums.Length - Vector256<float>.Count; c += Vector256<float>.Count)
                {
                    (Vector256.Load(sum + c) + Vector256.Load(values + c)).Store(sum + c);
                }

                for (; c < sums.Length; c++)
                {
                    sum[c] += values[c];
                }
            }
        }
    }

    // One row of one head's matrix through all tokens.
    private readonly struct OuterProductWork(float* sums, float* rows, int tokens, int dim, long stride) : IRowWork
    {
        public void Execute(int row)
        {
            float* sum = sums + ((long)row * dim);
            long head = row / dim * (long)dim;
            for (long t = 0; t < tokens; t++)
            {
                float* vector = rows + (t * stride) + head;
                float factor = vector[row % dim];
                int c = 0;
                for (; c <= dim - Vector256<float>.Count; c += Vector256<float>.Count)
                {
                    Vector256.FusedMultiplyAdd(Vector256.Create(factor), Vector256.Load(vector + c), Vector256.Load(sum + c)).Store(sum + c);
                }

                for (; c < dim; c++)
                {
                    sum[c] = MathF.FusedMultiplyAdd(factor, vector[c], sum[c]);
                }
            }
        }
    }

    private readonly struct LagWork : IRowWork
    {
        public required float* Output { get; init; }

        public required float* Vectors { get; init; }

        public required int Dim { get; init; }

        public required RowSegments Partitions { get; init; }

        public required RowLengths Lengths { get; init; }

        public void Execute(int row)
        {
            int length = Lengths[row];
            float* results = Output + ((long)row * Partitions.Entries);
            float* vectors = Vectors + ((long)row * Partitions.Entries * Dim);
            new Span<float>(results, Partitions.Entries).Clear();
            Span<float> low = stackalloc float[Dim], range = stackalloc float[Dim];
            for (int p = 0; p < Partitions.Count; p++)
            {
                (int first, int end) = Partitions[p];
                if (end - first < Partitions.Width || length - end < Partitions.Width)
                {
                    break;
                }

                Scale(low, range, vectors + ((long)end * Dim));
                for (int e = first; e < end; e++)
                {
                    results[e] = Deviation(new ReadOnlySpan<float>(vectors + ((long)e * Dim), Dim), low, range);
                }
            }
        }

        private static float Deviation(ReadOnlySpan<float> vector, ReadOnlySpan<float> low, ReadOnlySpan<float> range)
        {
            Span<float> scaled = stackalloc float[vector.Length];
            float sum = 0, squares = 0;
            for (int c = 0; c < vector.Length; c++)
            {
                scaled[c] = range[c] == 0 ? 0 : (vector[c] - low[c]) / range[c];
                sum += scaled[c];
            }

            float mean = sum / vector.Length;
            foreach (float value in scaled)
            {
                squares += (value - mean) * (value - mean);
            }

            return vector.Length == 1 ? 0 : MathF.Sqrt(squares / (vector.Length - 1));
        }

        // The least value of each channel in the reference, and how far the greatest is from it.
        private void Scale(Span<float> low, Span<float> range, float* reference)
        {
            for (int c = 0; c < Dim; c++)
            {
                float least = reference[c], greatest = reference[c];
                for (long e = 1; e < Partitions.Width; e++)
                {
                    float value = reference[(e * Dim) + c];
                    least = Math.Min(least, value);
                    greatest = Math.Max(greatest, value);
                }

                low[c] = least;
                range[c] = greatest - least;
            }
        }
    }
}
