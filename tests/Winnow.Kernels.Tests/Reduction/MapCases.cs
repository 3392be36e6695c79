using System;
using System.Linq;
using NUnit.Framework;
using NUnit.Framework.Constraints;
using Winnow.Kernels.Reduction;

namespace Winnow.Kernels.Tests.Reduction;

/// <summary>What every device's operations entry by entry must do.</summary>
internal static class MapCases
{
    public static readonly string[] WrongOperands = ["op", "left", "right", "unwanted right", "overlap"];

    private static readonly float[] Extremes =
    [
        0f, -0f, 1f, -1f, float.Epsilon, -float.Epsilon, 1.17549435e-38f, float.MaxValue, float.MinValue, float.PositiveInfinity,
        float.NegativeInfinity, float.NaN, 88.5f, -88.5f, 1e-5f, 3f,
    ];

    /// <summary>Every pair of extreme values, and random ones, through a formula; with both operands, with one, and in place.</summary>
    public static void Follows(ComputeDevice device, ElementOp op)
    {
        var random = new Random((int)op);
        float[] left = [.. Extremes.SelectMany(l => Extremes.Select(_ => l)), .. TestTensors.Random(random, 4099, 30)];
        float[] right = [.. Extremes.SelectMany(_ => Extremes), .. TestTensors.Random(random, 4099, 30)];
        int[] integers = [int.MinValue, int.MaxValue, 16777217, -33554435, 0, 1, .. Enumerable.Range(0, 300)];
        using var tensors = new TestTensors(device);
        Tensor l = tensors.Of(left), r = tensors.Of(right), i = tensors.Of(integers), output = tensors.Of(new float[left.Length]);
        float[] some = new float[integers.Length];
        Tensor fewer = tensors.Of(some);
        if (op < ElementOp.Exp)
        {
            device.Reduction.Map(output, op, l, r, 0.75f, float.NaN);
            Check(op, tensors.Floats(output), left, right, 0.75f);
            device.Reduction.Map(r, op, l, r, 0.75f);
            Assert.That(tensors.Floats(r), Is.EqualTo(tensors.Floats(output)), "into the right operand");
        }

        float[] constant = [.. Enumerable.Repeat(-1.5f, left.Length)];
        device.Reduction.Map(output, op, l, default, -0.5f, -1.5f);
        Check(op, tensors.Floats(output), left, constant, -0.5f);
        device.Reduction.Map(l, op, l, default, -0.5f, -1.5f);
        Assert.That(tensors.Floats(l), Is.EqualTo(tensors.Floats(output)), "in place");
        device.Reduction.Map(fewer, op, i, default, -0.5f, -1.5f);
        Check(op, tensors.Floats(fewer), [.. integers.Select(value => (float)value)], constant, -0.5f);
    }

    /// <summary>2 / (1 + exp(1 + idle / (interval + 1e-5))) + [interval &gt; 0] * 2 / (1 + exp(interval - 1)) in eight calls, without NaN.</summary>
    public static void ComposesTheRecurrenceScore(ComputeDevice device)
    {
        const int Now = 70_000;
        var random = new Random(1);
        float[] stamps = [0, Now, .. Enumerable.Range(0, 500).Select(_ => (float)random.Next(Now + 1))];
        float[] intervals = [0, 1, .. Enumerable.Range(0, 500).Select(_ => random.Next(3) == 0 ? 0f : MathF.Floor(MathF.Exp(random.NextSingle() * 11)))];
        using var tensors = new TestTensors(device);
        Tensor stamp = tensors.Of(stamps), interval = tensors.Of(intervals);
        Tensor score = tensors.Of(new float[stamps.Length]), second = tensors.Of(new float[stamps.Length]);
        device.Reduction.Map(score, ElementOp.MultiplyAdd, stamp, default, -1, Now);
        device.Reduction.Map(second, ElementOp.Add, interval, default, 0, 1e-5f);
        device.Reduction.Map(score, ElementOp.Divide, score, second);
        device.Reduction.Map(score, ElementOp.Logistic, score, default, -1, -1);
        device.Reduction.Map(second, ElementOp.Logistic, interval, default, -1, 1);
        device.Reduction.Map(second, ElementOp.Select, second, interval);
        device.Reduction.Map(score, ElementOp.Add, score, second);
        device.Reduction.Map(score, ElementOp.Multiply, score, default, 0, 2);
        float[] actual = tensors.Floats(score);
        for (int i = 0; i < stamps.Length; i++)
        {
            double exact = (2 / (1 + Math.Exp(1 + ((Now - stamps[i]) / (intervals[i] + 1e-5)))))
                + (intervals[i] > 0 ? 2 / (1 + Math.Exp(intervals[i] - 1)) : 0);
            Assert.That(actual[i], Is.EqualTo(exact).Within(1e-6), $"{stamps[i]}, {intervals[i]}");
        }
    }

    /// <summary>Operands that do not fit are an error of the caller before anything is done.</summary>
    public static void Refuses(ComputeDevice device, string broken)
    {
        using var tensors = new TestTensors(device);
        Tensor four = tensors.Of(new float[4]), other = tensors.Of(new float[4]), three = tensors.Of(new float[3]), eight = tensors.Of(new float[8]);
        Assert.That(
            () =>
            {
                switch (broken)
                {
                    case "op":
                        device.Reduction.Map(four, (ElementOp)15, other);
                        break;
                    case "left":
                        device.Reduction.Map(four, ElementOp.Add, three, other);
                        break;
                    case "right":
                        device.Reduction.Map(four, ElementOp.Add, other, three);
                        break;
                    case "unwanted right":
                        device.Reduction.Map(four, ElementOp.Exp, other, four);
                        break;
                    default:
                        device.Reduction.Map(eight.Rows(2, 4), ElementOp.Abs, eight.Rows(0, 4));
                        break;
                }
            },
            Throws.ArgumentException);
    }

    private static void Check(ElementOp op, float[] actual, float[] left, float[] right, float a)
    {
        for (int i = 0; i < actual.Length; i++)
        {
            double exact = Exact(op, left[i], right[i], a);
            double allowed = op switch
            {
                ElementOp.Exp => (4 * Tolerance.Ulp(exact)) + (exact < 1.2e-38 ? 1.2e-38 : 0),
                ElementOp.Logistic => (4 * Tolerance.Ulp(1)) + RoundingOfTheExponent(exact, (a * (double)left[i]) + right[i]),
                ElementOp.AddScaled or ElementOp.MultiplyAdd => Tolerance.Ulp(exact) / 2,
                _ => 0,
            };
            Assert.That((double)actual[i], Allowed(exact, allowed), $"{op} of {left[i]} and {right[i]} at {i}");
        }
    }

    // What the exponent loses when it is rounded, times the slope there.
    private static double RoundingOfTheExponent(double result, double exponent) =>
        Math.Abs(exponent) < 1000 ? result * (1 - result) * Tolerance.Ulp(exponent) : 0;

    private static Constraint Allowed(double exact, double allowed) =>
        allowed == 0 || !double.IsFinite((float)exact) ? Is.EqualTo((double)(float)exact) : Is.EqualTo(exact).Within(allowed);

    private static double Exact(ElementOp op, double l, double r, double a) => op switch
    {
        ElementOp.Multiply => l * r,
        ElementOp.Add => l + r,
        ElementOp.AddScaled => l + (a * r),
        ElementOp.MultiplyAdd => (a * l) + r,
        ElementOp.Divide => l / r,
        ElementOp.Max => Math.Max(l, r),
        ElementOp.Min => Math.Min(l, r),
        ElementOp.AtLeast => l >= r ? 1 : 0,
        ElementOp.Greater => l > r ? 1 : 0,
        ElementOp.Select => r > 0 ? l : a,
        ElementOp.Logistic => 1 / (1 + Math.Exp(-((a * l) + r))),
        ElementOp.Exp => Math.Exp(l),
        ElementOp.Sqrt => Math.Sqrt(l),
        ElementOp.Abs => Math.Abs(l),
        _ => 1 / l,
    };
}
