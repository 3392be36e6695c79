using System;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Attention;

/// <summary>Merging two attentions of the same queries; a row is one token and query head.</summary>
internal unsafe struct MergeWork : IRowWork
{
    public float* Output;
    public float* LogSumExp;
    public float* OtherOutput;
    public float* OtherLogSumExp;
    public int HeadDim;

    public readonly void Execute(int row)
    {
        float* to = Output + ((nint)row * HeadDim);
        float* from = OtherOutput + ((nint)row * HeadDim);
        (float first, float second) = (LogSumExp[row], OtherLogSumExp[row]);
        if (float.IsNegativeInfinity(second))
        {
            if (float.IsNegativeInfinity(first))
            {
                new Span<float>(to, HeadDim).Clear();
            }

            return;
        }

        if (float.IsNegativeInfinity(first))
        {
            new ReadOnlySpan<float>(from, HeadDim).CopyTo(new Span<float>(to, HeadDim));
            LogSumExp[row] = second;
            return;
        }

        float greatest = MathF.Max(first, second);
        (float factor, float otherFactor) = (MathF.Exp(first - greatest), MathF.Exp(second - greatest));
        float sum = factor + otherFactor;
        float inverse = 1f / sum;
        LogSumExp[row] = greatest + MathF.Log(sum);
        for (int c = 0; c < HeadDim; c += Vector128<float>.Count)
        {
            (((Vector128.Load(to + c) * factor) + (Vector128.Load(from + c) * otherFactor)) * inverse).Store(to + c);
        }
    }
}
