using System;
using System.Linq;
using System.Runtime.Intrinsics;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

public sealed class RowMathTests
{
    [Test]
    public void Exp_IsWithinTwoUlp()
    {
        for (float x = -86.9f; x <= 0; x += 0.00713f)
        {
            double exact = Math.Exp(x);
            float actual = RowMath.Exp(Vector256.Create(x))[3];
            Assert.That(Math.Abs(actual - exact), Is.LessThanOrEqualTo(2 * (MathF.BitIncrement((float)exact) - (float)exact)), $"exp({x})");
        }
    }

    [Test]
    public void Exp_HasItsEdges()
    {
        Assert.That(RowMath.Exp(Vector256.Create(0f))[0], Is.EqualTo(1f));
        Assert.That(RowMath.Exp(Vector256.Create(-0f))[0], Is.EqualTo(1f));
        Assert.That(RowMath.Exp(Vector256.Create(float.NegativeInfinity))[0], Is.Zero);
        Assert.That(RowMath.Exp(Vector256.Create(-float.MaxValue))[0], Is.Zero);
        Assert.That(RowMath.Exp(Vector256.Create(-88f))[0], Is.Zero);
    }

    [TestCase(1)]
    [TestCase(15)]
    [TestCase(16)]
    [TestCase(1031)]
    public void Passes_EqualTheirDefinitions(int length)
    {
        float[] row = Rows.Normal(length, 4, seed: length);
        float max = row.Max();
        double[] exp = [.. row.Select(x => Math.Exp((double)x - max))];
        var weights = new float[length];
        Assert.That(RowMath.Maximum(row), Is.EqualTo(max));
        Assert.That(RowMath.FirstIndex(row, max), Is.EqualTo(Array.IndexOf(row, max)));
        Assert.That(RowMath.SumExp(row, max), Is.EqualTo(exp.Sum()).Within(2e-6 * exp.Sum()));
        Assert.That(RowMath.WriteExp(row, max, weights), Is.EqualTo(exp.Sum()).Within(2e-6 * exp.Sum()));

        // Two ulp of exp, and half an ulp of the distance that went into it.
        Assert.That(
            Enumerable.Range(0, length).Where(i => Math.Abs(weights[i] - exp[i]) > ((2.4e-7 + (6e-8 * ((double)max - row[i]))) * exp[i])), Is.Empty);
        Assert.That(RowMath.Sum(row), Is.EqualTo(row.Sum(x => (double)x)).Within(1e-12 * length));
        (double sum, double surprise) = RowMath.EntropySums(row, max);
        Assert.That(sum, Is.EqualTo(exp.Sum()).Within(2e-6 * exp.Sum()));
        Assert.That(surprise, Is.EqualTo(exp.Zip(row).Sum(p => p.First * ((double)max - p.Second))).Within(1e-5));
    }

    [Test]
    public void Moments_CountOnlyFiniteValues([Values(9, 16, 1000)] int length)
    {
        float[] row = Rows.Normal(length, 4, seed: length);
        row[2] = row[^1] = float.NegativeInfinity;
        double[] finite = [.. row.Where(float.IsFinite).Select(x => (double)x)];
        double mean = finite.Average();
        (double actualMean, double deviation) = RowMath.Moments(row);
        Assert.That(actualMean, Is.EqualTo(mean).Within(1e-12));
        Assert.That(deviation, Is.EqualTo(Math.Sqrt(finite.Average(x => (x - mean) * (x - mean)))).Within(1e-12));
    }

    [Test]
    public void Threshold_ComparesAsTheExactNumberWould()
    {
        var random = new Random(1);
        for (int i = 0; i < 1000; i++)
        {
            double exact = (random.NextDouble() - 0.5) * 100;
            float threshold = CandidateRow.Threshold(exact);
            Assert.That(threshold, Is.GreaterThanOrEqualTo(exact));
            Assert.That(MathF.BitDecrement(threshold), Is.LessThan(exact));
        }

        Assert.That(CandidateRow.Threshold(double.NegativeInfinity), Is.EqualTo(-float.MaxValue));
    }
}
