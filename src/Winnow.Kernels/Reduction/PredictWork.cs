using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Kernels.Cache;

namespace Winnow.Kernels.Reduction;

/// <summary>
/// The network of <see cref="IReduction.PredictBlocks"/> over some blocks of a row, one block after another: of the first convolution the three blocks around it
/// are kept, [steps + 2, Hidden] each. Lanes are channels.
/// </summary>
internal readonly unsafe struct PredictWork : IRowWork
{
    /// <summary>Blocks of an item; two more are computed on each side.</summary>
    public const int Piece = 16;

    private const int Hidden = BlockNetwork.Hidden;
    private const int Features = BlockNetwork.Features;
    private const int Steps = BlockNetwork.Steps;
    private const int Reach = 3;
    private const int Lanes = 8;

    // A block's history and its first convolution, each with a step of zeros before and after.
    private const int InputFloats = Steps + 2;
    private const int HiddenFloats = InputFloats * Hidden;

    // Where the parts of the arranged weights begin.
    private const int FirstBias = BlockNetwork.Taps * Hidden;
    private const int Second = FirstBias + Hidden;
    private const int SecondBias = Second + (BlockNetwork.Taps * Hidden * Features);
    private const int Third = SecondBias + Features;

    public required float* Output { get; init; }

    public required float* History { get; init; }

    public required float* Weights { get; init; }

    public required RowLengths Lengths { get; init; }

    public required int* Oldest { get; init; }

    public required int Rows { get; init; }

    public required int Pieces { get; init; }

    public required int First { get; init; }

    public required int Last { get; init; }

    /// <summary>Brings weights into the order that is computed in: channels of the output innermost, then channels of the input, then steps, then blocks.</summary>
    public static void Arrange(float* arranged, float* weights)
    {
        for (int tap = 0; tap < BlockNetwork.Taps; tap++)
        {
            int moved = ((tap % Reach) * Reach) + (tap / Reach);
            for (int to = 0; to < Hidden; to++)
            {
                arranged[(moved * Hidden) + to] = weights[(to * BlockNetwork.Taps) + tap];
            }

            for (int from = 0; from < Hidden; from++)
            {
                for (int to = 0; to < Features; to++)
                {
                    arranged[Second + (((moved * Hidden) + from) * Features) + to] = weights[Second + (((to * Hidden) + from) * BlockNetwork.Taps) + tap];
                }
            }
        }

        new ReadOnlySpan<float>(weights + FirstBias, Hidden).CopyTo(new Span<float>(arranged + FirstBias, Hidden));
        new ReadOnlySpan<float>(weights + SecondBias, BlockNetwork.Weights - SecondBias).CopyTo(new Span<float>(arranged + SecondBias, BlockNetwork.Weights - SecondBias));
    }

    public void Execute(int item)
    {
        (int row, int piece) = (item / Pieces, item % Pieces);
        int end = Math.Min(Lengths.Entries, (piece + 1) * Piece), limit = Lengths[row] - Last;
        float* output = Output + ((long)row * Lengths.Entries);
        if (limit - First < BlockNetwork.LeastBlocks)
        {
            for (int block = piece * Piece; block < end; block++)
            {
                output[block] = block >= First && block < limit ? 1 : 0;
            }

            return;
        }

        Span<float> hidden = stackalloc float[Reach * HiddenFloats];
        hidden.Clear();
        for (int block = piece * Piece; block < end; block++)
        {
            bool inside = block >= First && block < limit;
            if (inside && (block == First || block == piece * Piece))
            {
                Convolve(hidden, row, block - 1, limit);
                Convolve(hidden, row, block, limit);
            }

            if (inside)
            {
                Convolve(hidden, row, block + 1, limit);
            }

            output[block] = inside ? Score(hidden, block) : 0;
        }
    }

    // Blocks take turns in three places.
    private static Span<float> PlaceOf(Span<float> hidden, int block) => hidden.Slice((block + Reach) % Reach * HiddenFloats, HiddenFloats);

    // The first convolution of a block; zeros outside the range.
    private void Convolve(Span<float> hidden, int row, int block, int limit)
    {
        Span<float> to = PlaceOf(hidden, block);
        if (block < First || block >= limit)
        {
            to.Clear();
            return;
        }

        float* input = stackalloc float[Reach * InputFloats];
        for (int b = 0; b < Reach; b++)
        {
            Load(new Span<float>(input + (b * InputFloats), InputFloats), row, block - 1 + b, limit);
        }

        fixed (float* output = to)
        {
            for (int step = 0; step < Steps; step++)
            {
                Vector256<float> low = Vector256.Load(Weights + FirstBias), high = Vector256.Load(Weights + FirstBias + Lanes);
                for (int tap = 0; tap < BlockNetwork.Taps; tap++)
                {
                    Vector256<float> x = Vector256.Create(input[(tap / Reach * InputFloats) + step + (tap % Reach)]);
                    low = Vector256.FusedMultiplyAdd(x, Vector256.Load(Weights + (tap * Hidden)), low);
                    high = Vector256.FusedMultiplyAdd(x, Vector256.Load(Weights + (tap * Hidden) + Lanes), high);
                }

                Vector256.Max(low, Vector256<float>.Zero).Store(output + ((step + 1) * Hidden));
                Vector256.Max(high, Vector256<float>.Zero).Store(output + ((step + 1) * Hidden) + Lanes);
            }
        }
    }

    // A block's history from the oldest step on, a zero before it and after it.
    private void Load(Span<float> input, int row, int block, int limit)
    {
        input.Clear();
        if (block < First || block >= limit)
        {
            return;
        }

        long entries = (long)Lengths.Entries * PagedKv.PageSlots;
        float* slots = History + (row * entries) + ((long)block * PagedKv.PageSlots);
        for (int step = 0; step < Steps; step++)
        {
            int from = (Oldest[row] + step) & (Steps - 1);
            input[step + 1] = slots[(from / PagedKv.PageSlots * Rows * entries) + (from % PagedKv.PageSlots)];
        }
    }

    // The second convolution of a block, its mean over steps, and what the channels make together.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private float Score(Span<float> hidden, int block)
    {
        Vector256<float> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        fixed (float* places = hidden)
        {
            float* left = places + ((block + Reach - 1) % Reach * HiddenFloats);
            float* middle = places + (block % Reach * HiddenFloats);
            float* right = places + ((block + 1) % Reach * HiddenFloats);
            for (int step = 0; step < Steps; step += 2)
            {
                var features = new TwoSteps(Weights + SecondBias);
                features.Add(left + (step * Hidden), Weights + Second);
                features.Add(middle + (step * Hidden), Weights + Second + (Reach * Hidden * Features));
                features.Add(right + (step * Hidden), Weights + Second + (2 * Reach * Hidden * Features));
                sum0 = sum0 + Vector256.Max(features.A0, Vector256<float>.Zero) + Vector256.Max(features.B0, Vector256<float>.Zero);
                sum1 = sum1 + Vector256.Max(features.A1, Vector256<float>.Zero) + Vector256.Max(features.B1, Vector256<float>.Zero);
                sum2 = sum2 + Vector256.Max(features.A2, Vector256<float>.Zero) + Vector256.Max(features.B2, Vector256<float>.Zero);
                sum3 = sum3 + Vector256.Max(features.A3, Vector256<float>.Zero) + Vector256.Max(features.B3, Vector256<float>.Zero);
            }
        }

        float* third = Weights + Third;
        Vector256<float> total = sum0 * Vector256.Load(third);
        total = Vector256.FusedMultiplyAdd(sum1, Vector256.Load(third + Lanes), total);
        total = Vector256.FusedMultiplyAdd(sum2, Vector256.Load(third + (2 * Lanes)), total);
        total = Vector256.FusedMultiplyAdd(sum3, Vector256.Load(third + (3 * Lanes)), total);
        return (Vector256.Sum(total) / Steps) + third[Features];
    }

    // The features of two steps that follow each other, so that a weight is loaded once for both.
    private ref struct TwoSteps(float* bias)
    {
        public Vector256<float> A0 = Vector256.Load(bias);
        public Vector256<float> A1 = Vector256.Load(bias + Lanes);
        public Vector256<float> A2 = Vector256.Load(bias + (2 * Lanes));
        public Vector256<float> A3 = Vector256.Load(bias + (3 * Lanes));
        public Vector256<float> B0 = Vector256.Load(bias);
        public Vector256<float> B1 = Vector256.Load(bias + Lanes);
        public Vector256<float> B2 = Vector256.Load(bias + (2 * Lanes));
        public Vector256<float> B3 = Vector256.Load(bias + (3 * Lanes));

        // Three steps of one block, all its channels.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(float* values, float* weights)
        {
            (Vector256<float> a0, Vector256<float> a1, Vector256<float> a2, Vector256<float> a3) = (A0, A1, A2, A3);
            (Vector256<float> b0, Vector256<float> b1, Vector256<float> b2, Vector256<float> b3) = (B0, B1, B2, B3);
            for (int k = 0; k < Reach * Hidden; k++, weights += Features)
            {
                Vector256<float> a = Vector256.Create(values[k]), b = Vector256.Create(values[k + Hidden]);
                Vector256<float> w0 = Vector256.Load(weights), w1 = Vector256.Load(weights + Lanes);
                Vector256<float> w2 = Vector256.Load(weights + (2 * Lanes)), w3 = Vector256.Load(weights + (3 * Lanes));
                a0 = Vector256.FusedMultiplyAdd(a, w0, a0);
                a1 = Vector256.FusedMultiplyAdd(a, w1, a1);
                a2 = Vector256.FusedMultiplyAdd(a, w2, a2);
                a3 = Vector256.FusedMultiplyAdd(a, w3, a3);
                b0 = Vector256.FusedMultiplyAdd(b, w0, b0);
                b1 = Vector256.FusedMultiplyAdd(b, w1, b1);
                b2 = Vector256.FusedMultiplyAdd(b, w2, b2);
                b3 = Vector256.FusedMultiplyAdd(b, w3, b3);
            }

            (A0, A1, A2, A3) = (a0, a1, a2, a3);
            (B0, B1, B2, B3) = (b0, b1, b2, b3);
        }
    }
}
