using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <content>Rows of scores: weights, ranks, magnitudes.</content>
internal sealed unsafe partial class CpuReduction
{
    private readonly NativeScratch _keys = new();

    /// <inheritdoc/>
    public void SoftmaxRows(Tensor output, Tensor input, Tensor lengths = default, int start = 0, int segment = 0)
    {
        RowSegments segments = RowChecks.Softmax(output, input, lengths, start, segment);
        var work = new SoftmaxWork((float*)output.Address, (float*)input.Address, segments, RowLengths.Of(lengths, segments.Entries));
        RowRunner.Run(workers, work, segments.Rows, 8L * segments.Entries);
    }

    /// <inheritdoc/>
    public void AbsoluteSums(Tensor output, Tensor input)
    {
        int rows = RowChecks.AbsoluteSums(output, input);
        var work = new AbsoluteSumWork((float*)output.Address, (float*)input.Address, input.Shape[1]);
        RowRunner.Run(workers, work, rows, input.Shape[1]);
    }

    /// <inheritdoc/>
    public void RankRows(Tensor output, Tensor input, Tensor lengths = default, int start = 0, int segment = 0)
    {
        RowSegments segments = RowChecks.Rank(output, input, lengths, start, segment);
        var keys = (ulong*)_keys.Get(Math.Max(1, input.Shape.ElementCount * sizeof(ulong)));
        var work = new RankWork
        {
            Output = (float*)output.Address,
            Input = (float*)input.Address,
            Keys = keys,
            Segments = segments,
            Lengths = RowLengths.Of(lengths, segments.Entries),
        };
        RowRunner.Run(workers, work, segments.Rows, 64L * segments.Entries);
    }

    private readonly struct SoftmaxWork(float* output, float* input, RowSegments segments, RowLengths lengths) : IRowWork
    {
        public void Execute(int row)
        {
            int length = lengths[row];
            float* from = input + ((long)row * segments.Entries);
            float* to = output + ((long)row * segments.Entries);
            new Span<float>(to, segments.Start).Clear();
            for (int s = 0; s < segments.Count; s++)
            {
                (int first, int end) = segments[s];
                int count = Math.Max(0, Math.Min(end, length) - first);
                Weigh(to + first, from + first, count);
                new Span<float>(to + first + count, end - first - count).Clear();
            }
        }

        private static void Weigh(float* to, float* from, int count)
        {
            float greatest = float.NegativeInfinity;
            for (int e = 0; e < count; e++)
            {
                greatest = from[e] > greatest ? from[e] : greatest;
            }

            float sum = Powers(to, from, float.IsNegativeInfinity(greatest) ? 0 : greatest, count);
            for (int e = 0; e < count; e++)
            {
                to[e] = sum == 0 ? 0 : to[e] / sum;
            }
        }

        // exp(x - greatest), and their sum.
        private static float Powers(float* to, float* from, float greatest, int count)
        {
            Vector256<float> shift = Vector256.Create(greatest), sums = Vector256<float>.Zero;
            int e = 0;
            for (; e <= count - Vector256<float>.Count; e += Vector256<float>.Count)
            {
                Vector256<float> power = VectorMath.Exp<Simd256, Vector256<float>>(Vector256.Load(from + e) - shift);
                power.Store(to + e);
                sums += power;
            }

            if (e < count)
            {
                // The rest goes through a full vector as well, in which what does not exist weighs nothing.
                Span<float> rest = stackalloc float[Vector256<float>.Count];
                rest.Fill(float.NegativeInfinity);
                new ReadOnlySpan<float>(from + e, count - e).CopyTo(rest);
                Vector256<float> power = VectorMath.Exp<Simd256, Vector256<float>>(Vector256.Create<float>(rest) - shift);
                power.CopyTo(rest);
                rest[..(count - e)].CopyTo(new Span<float>(to + e, count - e));
                sums += power;
            }

            return Simd256.Sum(sums);
        }
    }

    private readonly struct AbsoluteSumWork(float* output, float* input, long columns) : IRowWork
    {
        public void Execute(int row)
        {
            float* values = input + (row * columns);
            Vector256<float> sums = Vector256<float>.Zero;
            long c = 0;
            for (; c <= columns - Vector256<float>.Count; c += Vector256<float>.Count)
            {
                sums += Vector256.Abs(Vector256.Load(values + c));
            }

            float sum = Simd256.Sum(sums);
            for (; c < columns; c++)
            {
                sum += MathF.Abs(values[c]);
            }

            output[row] = sum;
        }
    }

    // Sorts the keys of a segment together with their places; of equal keys the higher place comes first.
    private readonly struct RankWork : IRowWork
    {
        public required float* Output { get; init; }

        public required float* Input { get; init; }

        public required ulong* Keys { get; init; }

        public required RowSegments Segments { get; init; }

        public required RowLengths Lengths { get; init; }

        public void Execute(int row)
        {
            int length = Lengths[row];
            long at = (long)row * Segments.Entries;
            new Span<float>(Output + at, Segments.Entries).Clear();
            for (int s = 0; s < Segments.Count; s++)
            {
                (int first, int end) = Segments[s];
                int count = Math.Max(0, Math.Min(end, length) - first);
                Rank(Output + at + first, Input + at + first, new Span<ulong>(Keys + at + first, count));
            }
        }

        private static void Rank(float* output, float* input, Span<ulong> keys)
        {
            for (int e = 0; e < keys.Length; e++)
            {
                keys[e] = ((ulong)OrderedKey.Of(input[e]) << 32) | ~(uint)e;
            }

            keys.Sort();
            for (int rank = 0; rank < keys.Length; rank++)
            {
                output[~(uint)keys[rank]] = rank;
            }
        }
    }
}
