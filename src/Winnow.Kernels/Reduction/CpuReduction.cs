using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <summary>Reductions on the processor.</summary>
/// <param name="workers">The threads to use.</param>
internal sealed unsafe partial class CpuReduction(WorkerPool workers) : IReduction, IDisposable
{
    // Columns that one worker sums: a few cache lines, so that no two workers write the same one.
    private const int SumColumns = 256;

    /// <inheritdoc/>
    public void GatherRows(Tensor output, Tensor input, Tensor indices)
    {
        int rows = ReductionChecks.Gather(output, input, indices);
        long columns = input.Shape[1];
        var wanted = (int*)indices.Address;
        for (int i = 0; i < rows; i++)
        {
            Operands.Require((uint)wanted[i] < (ulong)input.Shape[0], $"Index {wanted[i]} is not one of {input.Shape[0]} rows.", nameof(indices));
        }

        RowRunner.Run(workers, new GatherWork((float*)output.Address, (float*)input.Address, wanted, columns), rows, columns);
    }

    /// <inheritdoc/>
    public void AddRowSums(Tensor sums, Tensor input)
    {
        ReductionChecks.RowSums(sums, input);
        long rows = input.Shape[0];
        int runs = checked((int)((input.Shape[1] + SumColumns - 1) / SumColumns));
        RowRunner.Run(workers, new SumWork((float*)sums.Address, (float*)input.Address, rows, input.Shape[1]), runs, rows * SumColumns);
    }

    /// <inheritdoc/>
    public void NormalizeRows(Tensor rows)
    {
        Operands.RequireMatrix(rows);
        RowRunner.Run(workers, new NormalizeWork((float*)rows.Address, rows.Shape[1]), checked((int)rows.Shape[0]), 4 * rows.Shape[1]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
        _keys.Dispose();
    }

    private readonly struct GatherWork(float* output, float* input, int* indices, long columns) : IRowWork
    {
        public void Execute(int row) =>
            Buffer.MemoryCopy(input + (indices[row] * columns), output + (row * columns), columns * sizeof(float), columns * sizeof(float));
    }

    private readonly struct SumWork(float* sums, float* input, long rows, long columns) : IRowWork
    {
        public void Execute(int row)
        {
            long first = (long)row * SumColumns;
            long end = Math.Min(columns, first + SumColumns);
            for (long r = 0; r < rows; r++)
            {
                Add(first, end, input + (r * columns));
            }
        }

        private void Add(long column, long end, float* values)
        {
            for (; column <= end - Vector256<float>.Count; column += Vector256<float>.Count)
            {
                (Vector256.Load(sums + column) + Vector256.Load(values + column)).Store(sums + column);
            }

            for (; column < end; column++)
            {
                sums[column] += values[column];
            }
        }
    }

    // In double, so that neither tiny nor huge rows lose their length to the range of float.
    private readonly struct NormalizeWork(float* rows, long columns) : IRowWork
    {
        public void Execute(int row)
        {
            float* values = rows + (row * columns);
            double squares = 0;
            for (long c = 0; c < columns; c++)
            {
                squares += (double)values[c] * values[c];
            }

            double factor = squares == 0 ? 1 : 1 / Math.Sqrt(squares);
            for (long c = 0; c < columns; c++)
            {
                values[c] = (float)(values[c] * factor);
            }
        }
    }
}
