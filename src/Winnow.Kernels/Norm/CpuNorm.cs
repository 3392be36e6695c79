using System;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Linear;

namespace Winnow.Kernels.Norm;

/// <summary>Norms, rotary embedding, activations and the embedding lookup on the processor.</summary>
/// <param name="workers">The threads to use.</param>
/// <param name="width">The width of vectors to use.</param>
internal sealed unsafe class CpuNorm(WorkerPool workers, SimdWidth width) : INorm
{
    // A cosine or sine costs about as much as this many values streamed, and so does one value of an activation as a few.
    private const int AngleCost = 64;
    private const int FunctionCost = 4;
    private const int FunctionRun = 4096;

    /// <inheritdoc/>
    public void Embed(Tensor output, Tensor table, Tensor tokens, float scale)
    {
        (int rows, int columns) = NormChecks.Embed(output, table, tokens);
        var ids = (int*)tokens.Address;
        for (int i = 0; i < rows; i++)
        {
            Operands.Require((uint)ids[i] < (ulong)table.Shape[0], $"Token {ids[i]} is not below the vocabulary's {table.Shape[0]}.", nameof(tokens));
        }

        RowRunner.Run(workers, new EmbedWork((float*)output.Address, table, ids, scale), rows, columns);
    }

    /// <inheritdoc/>
    public void RmsNorm(Tensor output, Tensor input, Tensor weight, float epsilon) =>
        Normalize(NormKind.Rms, output, input, weight, epsilon);

    /// <inheritdoc/>
    public void AddRmsNorm(Tensor residual, Tensor input, Tensor weight, float epsilon) =>
        Normalize(NormKind.RmsAdded, residual, input, weight, epsilon);

    /// <inheritdoc/>
    public void AddThenRmsNorm(Tensor output, Tensor residual, Tensor input, Tensor weight, float epsilon) =>
        Normalize(NormKind.RmsOfSum, output, input, weight, epsilon, residual: residual);

    /// <inheritdoc/>
    public void LayerNorm(Tensor output, Tensor input, Tensor weight, Tensor bias, float epsilon) =>
        Normalize(NormKind.Layer, output, input, weight, epsilon, bias: bias);

    /// <inheritdoc/>
    public void RopeTable(Tensor table, Tensor positions, Tensor inverseFrequencies, float magnitude)
    {
        (int tokens, int pairs) = NormChecks.RopeTable(table, positions, inverseFrequencies);
        var work = new TableWork((float*)table.Address, (int*)positions.Address, (float*)inverseFrequencies.Address, pairs, magnitude);
        RowRunner.Run(workers, work, tokens, (long)pairs * AngleCost);
    }

    /// <inheritdoc/>
    public void Rope(Tensor heads, int headDim, Tensor table, RopeLayout layout, Tensor normWeight = default, float epsilon = 0)
    {
        NormChecks.Rope(heads, headDim, table, layout, normWeight);
        float* weight = normWeight.IsEmpty ? null : (float*)normWeight.Address;
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
        NormChecks.SoftCap(values, cap);
        Apply(values, cap, default);
    }

    /// <inheritdoc/>
    public void Activate(Tensor values, Activation activation)
    {
        NormChecks.Activate(values, activation);
        Apply(values, 0, activation);
    }

    private void Normalize(NormKind kind, Tensor output, Tensor input, Tensor weight, float epsilon, Tensor residual = default, Tensor bias = default)
    {
        (int rows, int columns) = NormChecks.Rows(kind, output, input, weight, residual, bias);
        var problem = new NormProblem
        {
            Kind = kind,
            Output = (float*)output.Address,
            Input = (float*)input.Address,
            Residual = residual.IsEmpty ? null : (float*)residual.Address,
            Weight = (float*)weight.Address,
            Bias = bias.IsEmpty ? null : (float*)bias.Address,
            Epsilon = epsilon,
            Columns = columns,
        };
        switch (width)
        {
            case SimdWidth.Bits512:
                RowRunner.Run(workers, new NormWork<Simd512, Vector512<float>>(problem), rows, 2 * columns);
                break;
            case SimdWidth.Bits256:
                RowRunner.Run(workers, new NormWork<Simd256, Vector256<float>>(problem), rows, 2 * columns);
                break;
            default:
                RowRunner.Run(workers, new NormWork<Simd128, Vector128<float>>(problem), rows, 2 * columns);
                break;
        }
    }

    // A cap above 0 is a soft cap, otherwise the activation counts.
    private void Apply(Tensor values, float cap, Activation activation)
    {
        var start = (float*)values.Address;
        long count = values.Shape.ElementCount;
        int runs = checked((int)((count + FunctionRun - 1) / FunctionRun));
        switch (width)
        {
            case SimdWidth.Bits512:
                RowRunner.Run(workers, new FunctionWork<Simd512, Vector512<float>>(start, count, cap, activation), runs, FunctionRun * FunctionCost);
                break;
            case SimdWidth.Bits256:
                RowRunner.Run(workers, new FunctionWork<Simd256, Vector256<float>>(start, count, cap, activation), runs, FunctionRun * FunctionCost);
                break;
            default:
                RowRunner.Run(workers, new FunctionWork<Simd128, Vector128<float>>(start, count, cap, activation), runs, FunctionRun * FunctionCost);
                break;
        }
    }

    private readonly struct FunctionWork<TSimd, TVector>(float* values, long count, float cap, Activation activation) : IRowWork
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        public void Execute(int row)
        {
            long start = (long)row * FunctionRun;
            int run = (int)Math.Min(FunctionRun, count - start);
            if (cap > 0)
            {
                ElementFunctions<TSimd, TVector>.SoftCap(values + start, cap, run);
            }
            else
            {
                ElementFunctions<TSimd, TVector>.Activate(values + start, activation, run);
            }
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
            RowDequantizer.Dequantize(table, tokens[row], to);
            if (scale != 1f)
            {
                NormRows<Simd128, Vector128<float>>.Multiply(to, scale, columns);
            }
        }
    }
}
