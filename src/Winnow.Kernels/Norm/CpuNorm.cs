using System;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Norm;

/// <summary>Norms, rotary embedding and the embedding lookup on the processor.</summary>
/// <param name="workers">The threads to use.</param>
/// <param name="width">The width of vectors to use.</param>
internal sealed unsafe class CpuNorm(WorkerPool workers, SimdWidth width) : INorm
{
    // A cosine or sine costs about as much as this many values streamed.
    private const int AngleCost = 64;
    private const int CapRun = 4096;

    /// <inheritdoc/>
    public void Embed(Tensor output, Tensor table, Tensor tokens, float scale)
    {
        Operands.Require(!table.IsEmpty && table.Shape.Rank == 2, $"The table must be [vocab, hidden]; it is {table}.", nameof(table));
        Operands.RequireType(tokens, DType.I32);
        int rows = checked((int)tokens.Shape.ElementCount);
        Operands.Require(output, DType.F32, rows * table.Shape[1]);
        var ids = (int*)tokens.Address;
        for (int i = 0; i < rows; i++)
        {
            Operands.Require((uint)ids[i] < (ulong)table.Shape[0], $"Token {ids[i]} is not below the vocabulary's {table.Shape[0]}.", nameof(tokens));
        }

        RowRunner.Run(workers, new EmbedWork((float*)output.Address, table, ids, scale), rows, table.Shape[1]);
    }

    /// <inheritdoc/>
    public void RmsNorm(Tensor output, Tensor input, Tensor weight, float epsilon)
    {
        Operands.RequireMatrix(input);
        Operands.Require(output, DType.F32, input.Shape.ElementCount);
        Normalize(output, input, weight, epsilon, add: false);
    }

    /// <inheritdoc/>
    public void AddRmsNorm(Tensor residual, Tensor input, Tensor weight, float epsilon)
    {
        Operands.RequireMatrix(input);
        Operands.Require(residual, DType.F32, input.Shape.ElementCount);
        Normalize(residual, input, weight, epsilon, add: true);
    }

    /// <inheritdoc/>
    public void RopeTable(Tensor table, Tensor positions, Tensor inverseFrequencies, float magnitude)
    {
        Operands.RequireType(positions, DType.I32);
        Operands.RequireType(inverseFrequencies, DType.F32);
        int tokens = checked((int)positions.Shape.ElementCount);
        int pairs = checked((int)inverseFrequencies.Shape.ElementCount);
        Operands.Require(table, DType.F32, 2L * tokens * pairs);
        var work = new TableWork((float*)table.Address, (int*)positions.Address, (float*)inverseFrequencies.Address, pairs, magnitude);
        RowRunner.Run(workers, work, tokens, (long)pairs * AngleCost);
    }

    /// <inheritdoc/>
    public void Rope(Tensor heads, int headDim, Tensor table, RopeLayout layout, Tensor normWeight = default, float epsilon = 0)
    {
        Operands.RequireMatrix(heads);
        Operands.RequireType(table, DType.F32);
        Operands.Require(headDim > 0 && heads.Shape[1] % headDim == 0, $"Rows of {heads.Shape[1]} are no whole number of heads of {headDim}.", nameof(headDim));
        Operands.Require(table.Shape.Rank == 3 && table.Shape[0] == heads.Shape[0] && table.Shape[2] == 2, $"The table must be [{heads.Shape[0]}, rotary / 2, 2]; it is {table}.", nameof(table));
        Operands.Require(2 * table.Shape[1] <= headDim, $"{2 * table.Shape[1]} rotary dimensions do not fit heads of {headDim}.", nameof(table));
        float* weight = null;
        if (!normWeight.IsEmpty)
        {
            Operands.Require(normWeight, DType.F32, headDim);
            weight = (float*)normWeight.Address;
        }

        var problem = new RopeProblem(
            (float*)heads.Address, (float*)table.Address, weight, epsilon, (int)(heads.Shape[1] / headDim), headDim, (int)table.Shape[1], layout);
        int rows = checked((int)heads.Shape[0]);
        switch (width)
        {
            case SimdWidth.Bits512:
                RowRunner.Run(workers, new RopeWork<Simd512, Vector512<float>>(problem), rows, heads.Shape[1]);
                break;
            case SimdWidth.Bits256:
                RowRunner.Run(workers, new RopeWork<Simd256, Vector256<float>>(problem), rows, heads.Shape[1]);
                break;
            default:
                RowRunner.Run(workers, new RopeWork<Simd128, Vector128<float>>(problem), rows, heads.Shape[1]);
                break;
        }
    }

    /// <inheritdoc/>
    public void SoftCap(Tensor values, float cap)
    {
        Operands.RequireType(values, DType.F32);
        Operands.Require(cap > 0, $"The cap must be above 0, not {cap}.", nameof(cap));
        var start = (float*)values.Address;
        long count = values.Shape.ElementCount;
        int runs = checked((int)((count + CapRun - 1) / CapRun));
        switch (width)
        {
            case SimdWidth.Bits512:
                RowRunner.Run(workers, new CapWork<Simd512, Vector512<float>>(start, count, cap), runs, CapRun * 4);
                break;
            case SimdWidth.Bits256:
                RowRunner.Run(workers, new CapWork<Simd256, Vector256<float>>(start, count, cap), runs, CapRun * 4);
                break;
            default:
                RowRunner.Run(workers, new CapWork<Simd128, Vector128<float>>(start, count, cap), runs, CapRun * 4);
                break;
        }
    }

    private void Normalize(Tensor output, Tensor input, Tensor weight, float epsilon, bool add)
    {
        int columns = checked((int)input.Shape[1]);
        int rows = checked((int)input.Shape[0]);
        Operands.Require(weight, DType.F32, columns);
        var to = (float*)output.Address;
        var from = (float*)input.Address;
        var scale = (float*)weight.Address;
        switch (width)
        {
            case SimdWidth.Bits512:
                RowRunner.Run(workers, new NormWork<Simd512, Vector512<float>>(to, from, scale, columns, epsilon, add), rows, 2 * columns);
                break;
            case SimdWidth.Bits256:
                RowRunner.Run(workers, new NormWork<Simd256, Vector256<float>>(to, from, scale, columns, epsilon, add), rows, 2 * columns);
                break;
            default:
                RowRunner.Run(workers, new NormWork<Simd128, Vector128<float>>(to, from, scale, columns, epsilon, add), rows, 2 * columns);
                break;
        }
    }

    private readonly struct NormWork<TSimd, TVector>(float* output, float* input, float* weight, int columns, float epsilon, bool add) : IRowWork
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        public void Execute(int row)
        {
            nint offset = (nint)row * columns;
            float factor = NormRows<TSimd, TVector>.InverseRms(input + offset, columns, epsilon);
            NormRows<TSimd, TVector>.Scale(output + offset, input + offset, weight, factor, columns, add);
        }
    }

    private readonly struct CapWork<TSimd, TVector>(float* values, long count, float cap) : IRowWork
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        public void Execute(int row)
        {
            long start = (long)row * CapRun;
            NormRows<TSimd, TVector>.SoftCap(values + start, cap, (int)Math.Min(CapRun, count - start));
        }
    }

    // The angle is a float product, as the models were trained with; its cosine is worked out in double, which has the bits to take
    // hundreds of thousands of radians back to the first turn.
    private readonly struct TableWork(float* table, int* positions, float* frequencies, int pairs, float magnitude) : IRowWork
    {
        public void Execute(int row)
        {
            float* entry = table + ((nint)row * pairs * 2);
            for (int i = 0; i < pairs; i++)
            {
                (double sin, double cos) = Math.SinCos(positions[row] * frequencies[i]);
                entry[2 * i] = (float)(cos * magnitude);
                entry[(2 * i) + 1] = (float)(sin * magnitude);
            }
        }
    }

    private readonly struct EmbedWork(float* output, Tensor table, int* tokens, float scale) : IRowWork
    {
        public void Execute(int row)
        {
            int columns = (int)table.Shape[1];
            float* to = output + ((nint)row * columns);
            byte* from = (byte*)table.Address + (tokens[row] * table.Type.BytesOf(columns));
            RowDequantizer.Dequantize(table.Type, from, columns, to);
            if (scale != 1f)
            {
                NormRows<Simd128, Vector128<float>>.Multiply(to, scale, columns);
            }
        }
    }
}
