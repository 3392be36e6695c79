using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <content>Rows of scores: entry by entry, pooled, combined.</content>
internal sealed unsafe partial class CpuReduction
{
    /// <inheritdoc/>
    public void Map(Tensor output, ElementOp op, Tensor left, Tensor right = default, float a = 0, float b = 0)
    {
        long count = RowChecks.Map(output, op, left, right);
        var work = new MapWork
        {
            Op = op,
            Output = (float*)output.Address,
            Left = (float*)left.Address,
            IsInteger = left.Type == DType.I32,
            Right = right.IsEmpty ? null : (float*)right.Address,
            A = a,
            B = b,
            Count = count,
        };
        RowRunner.Run(workers, work, checked((int)((count + MapWork.Run - 1) / MapWork.Run)), MapWork.Run);
    }

    /// <inheritdoc/>
    public void PoolRows(Tensor output, Tensor input, PoolKind kind, int width, Tensor lengths = default)
    {
        (int rows, int entries) = RowChecks.Pool(output, input, kind, width, lengths);
        var work = new PoolWork
        {
            Kind = kind,
            Width = width,
            Output = (float*)output.Address,
            Input = (float*)input.Address,
            Lengths = RowLengths.Of(lengths, entries),
        };
        RowRunner.Run(workers, work, rows, (long)entries * (kind == PoolKind.ChunkMean ? 2 : width));
    }

    /// <inheritdoc/>
    public void CombineGroups(Tensor output, Tensor input, int group, GroupKind kind)
    {
        (int rows, int entries) = RowChecks.Combine(output, input, group, kind);
        var work = new CombineWork((float*)output.Address, (float*)input.Address, group, kind, entries);
        RowRunner.Run(workers, work, rows / group, 2L * group * entries);
    }

    private readonly struct PoolWork : IRowWork
    {
        public required PoolKind Kind { get; init; }

        public required int Width { get; init; }

        public required float* Output { get; init; }

        public required float* Input { get; init; }

        public required RowLengths Lengths { get; init; }

        public void Execute(int row)
        {
            int length = Lengths[row];
            var input = new ReadOnlySpan<float>(Input + ((long)row * Lengths.Entries), length);
            var output = new Span<float>(Output + ((long)row * Lengths.Entries), Lengths.Entries);
            output[length..].Clear();
            output = output[..length];
            if (Kind == PoolKind.ChunkMean)
            {
                MeanOfChunks(output, input);
                return;
            }

            for (int e = 0; e < length; e++)
            {
                int half = Width / 2;
                ReadOnlySpan<float> around = input[Math.Max(0, e - half)..(int)Math.Min(length, e + half + 1L)];
                output[e] = Kind == PoolKind.Max ? Greatest(around) : Sum(around) / Width;
            }
        }

        private void MeanOfChunks(Span<float> output, ReadOnlySpan<float> input)
        {
            for (int start = 0; start < input.Length;)
            {
                int count = Math.Min(Width, input.Length - start);
                output.Slice(start, count).Fill(Sum(input.Slice(start, count)) / count);
                start += count;
            }
        }

        private static float Sum(ReadOnlySpan<float> values)
        {
            float sum = 0;
            foreach (float value in values)
            {
                sum += value;
            }

            return sum;
        }

        private static float Greatest(ReadOnlySpan<float> values)
        {
            float greatest = float.NegativeInfinity;
            foreach (float value in values)
            {
                greatest = value > greatest || float.IsNaN(value) ? value : greatest;
            }

            return greatest;
        }
    }

    private readonly struct CombineWork(float* output, float* input, int group, GroupKind kind, int entries) : IRowWork
    {
        public void Execute(int row)
        {
            float* rows = input + ((long)row * group * entries);
            float* results = output + ((long)row * group * entries);
            int e = 0;
            for (; e <= entries - Vector256<float>.Count; e += Vector256<float>.Count)
            {
                Vector256<float> combined = Vector256.Load(rows + e);
                for (long r = 1; r < group; r++)
                {
                    Vector256<float> value = Vector256.Load(rows + (r * entries) + e);
                    combined = kind == GroupKind.Max ? ElementFunctions.Greater(value, combined) : combined + value;
                }

                combined = kind == GroupKind.Mean ? combined / Vector256.Create((float)group) : combined;
                for (long r = 0; r < group; r++)
                {
                    combined.Store(results + (r * entries) + e);
                }
            }

            for (; e < entries; e++)
            {
                One(rows + e, results + e);
            }
        }

        private void One(float* rows, float* results)
        {
            float combined = rows[0];
            for (long r = 1; r < group; r++)
            {
                float value = rows[r * entries];
                float greater = value > combined || float.IsNaN(value) ? value : combined;
                combined = kind == GroupKind.Max ? greater : combined + value;
            }

            combined = kind == GroupKind.Mean ? combined / group : combined;
            for (long r = 0; r < group; r++)
            {
                results[r * entries] = combined;
            }
        }
    }
}
