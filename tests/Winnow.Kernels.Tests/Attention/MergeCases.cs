using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Kernels.Tests.Attention;

/// <summary>Merging two attentions, for any device: by the formula in double precision, and as what it is for, parts that make a whole.</summary>
internal static class MergeCases
{
    /// <summary>Every rule of the operands, broken.</summary>
    public static IEnumerable<string> WrongOperands { get; } =
        ["output", "other output", "log-sum-exp", "other log-sum-exp", "type", "heads", "no heads", "head size"];

    /// <summary>Two parts, [rows, headDim] and their log-sum-exps.</summary>
    internal sealed record Parts(int Heads, int HeadDim, float[] Output, float[] LogSumExp, float[] OtherOutput, float[] OtherLogSumExp)
    {
        /// <summary>
        /// Random parts; of some rows one part or both saw nothing, and what lies there is no number, and of some the log-sum-exps differ so much that one weighs nothing.
        /// </summary>
        public static Parts Random(int tokens, int heads, int headDim)
        {
            var random = new Random(tokens + headDim);
            int rows = tokens * heads;
            float[][] values = [.. Enumerable.Range(0, 2).Select(_ => TestTensors.Random(random, rows * headDim))];
            float[][] sums = [.. Enumerable.Range(0, 2).Select(_ => TestTensors.Random(random, rows, 3))];
            for (int row = 0; row < rows; row++)
            {
                for (int part = 0; part < 2; part++)
                {
                    if (row % 7 == part || row % 7 == 2)
                    {
                        sums[part][row] = float.NegativeInfinity;
                        values[part].AsSpan(row * headDim, headDim).Fill(float.NaN);
                    }
                }

                sums[0][row] += row % 7 == 3 ? 300 : 0;
            }

            return new Parts(heads, headDim, values[0], sums[0], values[1], sums[1]);
        }

        /// <summary>Some tokens of them.</summary>
        public Parts Some(int first, int tokens) => new(
            Heads, HeadDim, Of(Output, HeadDim, first, tokens), Of(LogSumExp, 1, first, tokens), Of(OtherOutput, HeadDim, first, tokens), Of(OtherLogSumExp, 1, first, tokens));

        private float[] Of(float[] all, int width, int first, int tokens) => all[(first * Heads * width)..((first + tokens) * Heads * width)];
    }

    /// <summary>Merges on a device; guards stand behind all four operands, and the second part keeps its bits.</summary>
    public static (float[] Output, float[] LogSumExp) Run(ComputeDevice device, Parts parts)
    {
        using var tensors = new TestTensors(device);
        int tokens = parts.LogSumExp.Length / parts.Heads;
        Tensor output = tensors.Of(parts.Output, tokens, parts.Heads * parts.HeadDim), sums = tensors.Of(parts.LogSumExp, tokens, parts.Heads);
        Tensor otherOutput = tensors.Of(parts.OtherOutput, tokens, parts.Heads * parts.HeadDim), otherSums = tensors.Of(parts.OtherLogSumExp, tokens, parts.Heads);
        device.Attention.Merge(output, sums, otherOutput, otherSums, parts.Heads);
        Assert.That(tensors.Floats(otherOutput), Is.EqualTo(parts.OtherOutput));
        Assert.That(tensors.Floats(otherSums), Is.EqualTo(parts.OtherLogSumExp));
        return (tensors.Floats(output), tensors.Floats(sums));
    }

    /// <summary>The formula, and the bits of a part where the other one saw nothing.</summary>
    public static void Agrees(ComputeDevice device, int tokens, int heads, int headDim)
    {
        Parts parts = Parts.Random(tokens, heads, headDim);
        (float[] output, float[] sums) = Run(device, parts);
        var (exact, plain, actual) = (new List<double>(), new List<float>(), new List<float>());
        var (exactSums, plainSums, actualSums) = (new List<double>(), new List<float>(), new List<float>());
        for (int row = 0; row < tokens * heads; row++)
        {
            float[] merged = Row(output, row, headDim), first = Row(parts.Output, row, headDim), second = Row(parts.OtherOutput, row, headDim);
            (float firstSum, float secondSum) = (parts.LogSumExp[row], parts.OtherLogSumExp[row]);
            if (float.IsNegativeInfinity(firstSum) || float.IsNegativeInfinity(secondSum))
            {
                bool none = float.IsNegativeInfinity(firstSum) && float.IsNegativeInfinity(secondSum);
                float[] stays = none ? new float[headDim] : float.IsNegativeInfinity(firstSum) ? second : first;
                Assert.That(merged, Is.EqualTo(stays).Using<float>(SameBits), $"row {row}");
                Assert.That(sums[row], Is.EqualTo(MathF.Max(firstSum, secondSum)));
                continue;
            }

            double total = Math.Exp(firstSum) + Math.Exp(secondSum);
            exact.AddRange(first.Zip(second, (a, b) => ((a * Math.Exp(firstSum)) + (b * Math.Exp(secondSum))) / total));
            exactSums.Add(Math.Log(total));
            (float[] plainRow, float plainSum) = Plain(first, firstSum, second, secondSum);
            plain.AddRange(plainRow);
            plainSums.Add(plainSum);
            actual.AddRange(merged);
            actualSums.Add(sums[row]);
        }

        Tolerance.Check([.. actual], [.. exact], [.. plain], "output");
        Tolerance.Check([.. actualSums], [.. exactSums], [.. plainSums], "log-sum-exp");
    }

    /// <summary>
    /// Attention over two parts of the slots, merged, is attention over all of them; what the error may be comes from plain attention over the parts, merged plainly.
    /// </summary>
    /// <param name="device">The device.</param>
    /// <param name="whole">The whole.</param>
    /// <param name="part">Gives the first part and the second; it may change the lists of the whole's heads.</param>
    /// <param name="arithmetic">The type that products are taken in.</param>
    public static void PartsMakeTheWhole(ComputeDevice device, AttentionCase whole, Func<bool, AttentionCase> part, DType arithmetic)
    {
        int rows = whole.Tokens * whole.Heads;
        (double[] Output, double LogSumExp)[] exact = [.. Enumerable.Range(0, rows).Select(row => AttentionReference.Exact(whole, row / whole.Heads, row % whole.Heads))];
        ((float[] output, float[] sums), (float[] Output, float LogSumExp)[] plain) = Attend(device, part(true), arithmetic);
        ((float[] otherOutput, float[] otherSums), (float[] Output, float LogSumExp)[] otherPlain) = Attend(device, part(false), arithmetic);
        Assert.That(sums.Concat(otherSums), Has.Some.Not.EqualTo(float.NegativeInfinity));
        (float[] merged, float[] mergedSums) = Run(device, new Parts(whole.Heads, whole.HeadDim, output, sums, otherOutput, otherSums));
        (float[] Output, float LogSumExp)[] plainMerged =
            [.. plain.Zip(otherPlain, (a, b) => Plain(a.Output, a.LogSumExp, b.Output, b.LogSumExp))];
        Tolerance.Check(merged, [.. exact.SelectMany(row => row.Output)], [.. plainMerged.SelectMany(row => row.Output)], "output");
        int[] seen = [.. Enumerable.Range(0, rows).Where(row => !double.IsNegativeInfinity(exact[row].LogSumExp))];
        Assert.That(mergedSums.Where((_, row) => !seen.Contains(row)), Is.All.EqualTo(float.NegativeInfinity));
        Tolerance.Check(
            [.. seen.Select(row => mergedSums[row])], [.. seen.Select(row => exact[row].LogSumExp)], [.. seen.Select(row => plainMerged[row].LogSumExp)], "log-sum-exp");
    }

    /// <summary>The first tokens and a window on one side, all between them on the other.</summary>
    public static Func<bool, AttentionCase> NearAndDistant(AttentionCase whole, int window, int sinks, float share = 0) => near =>
    {
        var one = new AttentionCase
        {
            Type = whole.Type, HeadDim = whole.HeadDim, KvHeads = whole.KvHeads, Group = whole.Group, SoftCap = whole.SoftCap,
            KeysElsewhere = whole.KeysElsewhere, Window = window, Sinks = sinks, WindowShare = share, Distant = !near,
        };
        one.Sequences.AddRange(whole.Sequences);
        return one;
    };

    /// <summary>Two lists for each head that have no slot in common and leave none out.</summary>
    public static Func<bool, AttentionCase> TwoLists(AttentionCase whole, int oneIn) => first =>
        whole.WithLists((sequence, kvHead, slot) => ((slot * 7) + sequence + kvHead) % oneIn == 0 == first);

    /// <summary>Three sequences of other lengths, one of them without earlier slots.</summary>
    public static AttentionCase Ragged(AttentionCase one, int tokens)
    {
        var random = new Random(1);
        one.Add(random, 1, 340, 70);
        one.Add(random, tokens, 90, 21);
        one.Add(random, 9, 0);
        return one;
    }

    /// <summary>A row of which one part is broken is broken, also where the other part saw nothing or weighs far more.</summary>
    public static void KeepsNaN(ComputeDevice device)
    {
        const float Nothing = float.NegativeInfinity;
        float[] broken = [.. Enumerable.Repeat(float.NaN, 8)], sound = [.. Enumerable.Repeat(1f, 8)];
        var parts = new Parts(1, 8, [.. broken, .. broken, .. sound, .. sound], [float.NaN, float.NaN, Nothing, 900], [.. sound, .. sound, .. broken, .. broken], [Nothing, 900, float.NaN, float.NaN]);
        (float[] output, float[] sums) = Run(device, parts);
        Assert.That(output, Is.All.NaN);
        Assert.That(sums, Is.All.NaN);
    }

    /// <summary>Says what is wrong with an operand.</summary>
    public static void Refuses(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        int headDim = broken == "head size" ? 12 : 8;
        Tensor output = broken == "output" ? tensors.Of(new float[48]) : tensors.Of(new float[6 * headDim], 3, 2 * headDim);
        int rows = broken == "other output" ? 2 : 3;
        Tensor other = broken == "type" ? tensors.Of(new int[6 * headDim], 3, 2 * headDim) : tensors.Of(new float[rows * 2 * headDim], rows, 2 * headDim);
        Tensor sums = tensors.Of(new float[broken == "log-sum-exp" ? 5 : 6]), otherSums = tensors.Of(new float[broken == "other log-sum-exp" ? 7 : 6]);
        int heads = broken == "heads" ? 3 : broken == "no heads" ? 0 : 2;
        Assert.That(() => device.Attention.Merge(output, sums, other, otherSums, heads), Throws.ArgumentException.With.Message.Length.GreaterThan(20));
    }

    private static ((float[] Output, float[] LogSumExp) Actual, (float[] Output, float LogSumExp)[] Plain) Attend(ComputeDevice device, AttentionCase one, DType arithmetic)
    {
        using var rig = new AttentionRig(device, one);
        return (rig.Run(), [.. Enumerable.Range(0, one.Tokens * one.Heads).Select(row => AttentionReference.Plain(one, row / one.Heads, row % one.Heads, arithmetic))]);
    }

    private static (float[] Output, float LogSumExp) Plain(float[] first, float firstSum, float[] second, float secondSum)
    {
        float greatest = MathF.Max(firstSum, secondSum);
        if (float.IsNegativeInfinity(greatest))
        {
            return (new float[first.Length], greatest);
        }

        (float a, float b) = (MathF.Exp(firstSum - greatest), MathF.Exp(secondSum - greatest));
        return ([.. first.Zip(second, (x, y) => ((x * a) + (y * b)) / (a + b))], greatest + MathF.Log(a + b));
    }

    private static float[] Row(float[] values, int row, int headDim) => values[(row * headDim)..((row + 1) * headDim)];

    private static bool SameBits(float a, float b) => BitConverter.SingleToInt32Bits(a) == BitConverter.SingleToInt32Bits(b);
}
