using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Kernels.Reduction;

/// <summary>A run of entries of <see cref="IReduction.Map"/>.</summary>
internal readonly unsafe struct MapWork : IRowWork
{
    /// <summary>Entries of a run.</summary>
    public const int Run = 4096;

    public required ElementOp Op { get; init; }

    public required float* Output { get; init; }

    /// <summary>Floats, or whole numbers where <see cref="IsInteger"/>.</summary>
    public required float* Left { get; init; }

    public required bool IsInteger { get; init; }

    /// <summary>Null where <see cref="B"/> stands for all.</summary>
    public required float* Right { get; init; }

    public required float A { get; init; }

    public required float B { get; init; }

    public required long Count { get; init; }

    /// <inheritdoc/>
    public void Execute(int row)
    {
        switch (Op)
        {
            case ElementOp.Logistic:
                Apply<ElementFunctions.Logistic>(row);
                break;
            case ElementOp.Exp:
                Apply<ElementFunctions.Exp>(row);
                break;
            case ElementOp.Sqrt:
                Apply<ElementFunctions.Sqrt>(row);
                break;
            case ElementOp.Abs:
                Apply<ElementFunctions.Abs>(row);
                break;
            case ElementOp.Reciprocal:
                Apply<ElementFunctions.Reciprocal>(row);
                break;
            case ElementOp.AtLeast:
                Apply<ElementFunctions.AtLeast>(row);
                break;
            case ElementOp.Greater:
                Apply<ElementFunctions.IsGreater>(row);
                break;
            case ElementOp.Select:
                Apply<ElementFunctions.Select>(row);
                break;
            default:
                Arithmetic(row);
                break;
        }
    }

    private void Arithmetic(int row)
    {
        switch (Op)
        {
            case ElementOp.Multiply:
                Apply<ElementFunctions.Multiply>(row);
                break;
            case ElementOp.Add:
                Apply<ElementFunctions.Add>(row);
                break;
            case ElementOp.AddScaled:
                Apply<ElementFunctions.AddScaled>(row);
                break;
            case ElementOp.MultiplyAdd:
                Apply<ElementFunctions.MultiplyAdd>(row);
                break;
            case ElementOp.Divide:
                Apply<ElementFunctions.Divide>(row);
                break;
            case ElementOp.Max:
                Apply<ElementFunctions.Max>(row);
                break;
            default:
                Apply<ElementFunctions.Min>(row);
                break;
        }
    }

    private void Apply<TFunction>(int row)
        where TFunction : struct, IElementFunction
    {
        long i = (long)row * Run;
        long end = Math.Min(Count, i + Run);
        Vector256<float> a = Vector256.Create(A), b = Vector256.Create(B);
        for (; i <= end - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            TFunction.Of(Converted(Vector256.Load(Left + i)), Right == null ? b : Vector256.Load(Right + i), a).Store(Output + i);
        }

        if (i < end)
        {
            // The rest goes through a full vector as well.
            int rest = (int)(end - i);
            Span<float> values = stackalloc float[2 * Vector256<float>.Count];
            values[..Vector256<float>.Count].Clear();
            values[Vector256<float>.Count..].Fill(B);
            new ReadOnlySpan<float>(Left + i, rest).CopyTo(values);
            if (Right != null)
            {
                new ReadOnlySpan<float>(Right + i, rest).CopyTo(values[Vector256<float>.Count..]);
            }

            Vector256<float> l = Converted(Vector256.Create(values)), r = Vector256.Create(values[Vector256<float>.Count..]);
            TFunction.Of(l, r, a).CopyTo(values);
            values[..rest].CopyTo(new Span<float>(Output + i, rest));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Converted(Vector256<float> words) => IsInteger ? Vector256.ConvertToSingle(words.AsInt32()) : words;
}
