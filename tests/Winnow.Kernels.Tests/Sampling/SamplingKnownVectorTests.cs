using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>Small cases whose answers were worked out by hand from the formulas.</summary>
public sealed class SamplingKnownVectorTests
{
    private readonly CpuSampling _sampling = new();

    private static IEnumerable<TestCaseData> Cases()
    {
        double[] rising = [0.1, 0.2, 0.3, 0.4];
        yield return Case("top-k 1", rising, SamplerStage.TopK(1), 0, 0, 0, 1);
        yield return Case("top-k 3", rising, SamplerStage.TopK(3), 0, 2 / 9.0, 3 / 9.0, 4 / 9.0);
        yield return Case("top-k over the vocabulary", rising, SamplerStage.TopK(9), 0.1, 0.2, 0.3, 0.4);
        yield return Case("top-p 0", rising, SamplerStage.TopP(0), 0, 0, 0, 1);
        yield return Case("top-p 0.65", rising, SamplerStage.TopP(0.65f), 0, 0, 3 / 7.0, 4 / 7.0);
        yield return Case("top-p 0.8", rising, SamplerStage.TopP(0.8f), 0, 2 / 9.0, 3 / 9.0, 4 / 9.0);
        yield return Case("top-p 1", rising, SamplerStage.TopP(1), 0.1, 0.2, 0.3, 0.4);
        yield return Case("min-p 0.24", rising, SamplerStage.MinP(0.24f), 0.1, 0.2, 0.3, 0.4);
        yield return Case("min-p 0.26", rising, SamplerStage.MinP(0.26f), 0, 2 / 9.0, 3 / 9.0, 4 / 9.0);
        yield return Case("min-p 0.74", rising, SamplerStage.MinP(0.74f), 0, 0, 3 / 7.0, 4 / 7.0);
        yield return Case("min-p 1", rising, SamplerStage.MinP(1), 0, 0, 0, 1);

        // Entropy 0.168 nats; surprise 0.030 of the first, 4.6 of the others.
        yield return Case("typical, one sure token", [0.97, 0.01, 0.01, 0.01], SamplerStage.Typical(0.5f), 1, 0, 0, 0);

        // Entropy 1.332: the three at surprise 1.609 are nearer than the one at 0.916, and it takes all three to
        // exceed 0.5.
        yield return Case("typical leaves the best out", [0.4, 0.2, 0.2, 0.2], SamplerStage.Typical(0.5f), 0, 1 / 3.0, 1 / 3.0, 1 / 3.0);

        yield return Case("XTC over all", rising, SamplerStage.Xtc(1, 0.09f), 1, 0, 0, 0);
        yield return Case("XTC over three", rising, SamplerStage.Xtc(1, 0.19f), 1 / 3.0, 2 / 3.0, 0, 0);
        yield return Case("XTC over two", rising, SamplerStage.Xtc(1, 0.29f), 1 / 6.0, 2 / 6.0, 3 / 6.0, 0);
        yield return Case("XTC over one", rising, SamplerStage.Xtc(1, 0.39f), 0.1, 0.2, 0.3, 0.4);
        yield return Case("XTC that never acts", rising, SamplerStage.Xtc(0, 0.01f), 0.1, 0.2, 0.3, 0.4);

        yield return Case("temperature 0.5 squares", rising, SamplerStage.Temperature(0.5f), 1 / 30.0, 4 / 30.0, 9 / 30.0, 16 / 30.0);
        yield return Case("greedy", rising, SamplerStage.Greedy(), 0, 0, 0, 1);

        // Surprises 3.32, 2.32, 1.74 and 1.32 bits against a bound of twice 1.
        yield return Case("mirostat", rising, SamplerStage.MirostatV2(1, 0.1f), 0, 0, 3 / 7.0, 4 / 7.0);
        yield return Case("mirostat keeps one", rising, SamplerStage.MirostatV2(0.1f, 0.1f), 0, 0, 0, 1);
    }

    [TestCaseSource(nameof(Cases))]
    public void Distribution_OneStageGivesTheHandWorkedAnswer(double[] p, SamplerStage stage, double[] expected) =>
        Assert.That(Run([.. p.Select(x => (float)Math.Log(x))], [], stage), Is.EqualTo(expected).Within(1e-6));

    [Test]
    public void TopNSigma_KeepsLogitsWithinTheDeviation()
    {
        // Mean 2, deviation 2 over the finite ones: from 4 - 1 * 2 on.
        float[] row = [4, 0, 4, 0, 1.9f, 2.1f, float.NegativeInfinity];
        double sigma = Math.Sqrt((4 + 4 + 4 + 4 + 0.01 + 0.01) / 6);
        Assert.That(sigma, Is.LessThan(2).And.GreaterThan(1.6));
        Assert.That(Survivors(Run(row, [], SamplerStage.TopNSigma(1))), Is.EqualTo(new[] { 0, 2 }.Union(new[] { 5 }.Where(_ => 2.1 >= 4 - sigma)).Order()));
        Assert.That(Survivors(Run(row, [], SamplerStage.TopNSigma(1.3f))), Is.EqualTo(new[] { 0, 2, 4, 5 }));
        Assert.That(Survivors(Run(row, [], SamplerStage.TopNSigma(0))), Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5 }));
    }

    [Test]
    public void RepetitionPenalty_WorksOnTheSignOnceForEveryToken()
    {
        float[] row = [2, -2, 0, 1];
        Assert.That(Logits(row, [0, 0, 0, 1, 2], SamplerStage.RepetitionPenalty(2, -1)), Is.EqualTo(new double[] { 1, -4, 0, 1 }).Within(1e-5));
        Assert.That(Logits(row, [0, 1, 2, 2], SamplerStage.RepetitionPenalty(2, 2)), Is.EqualTo(new double[] { 2, -2, 0, 1 }).Within(1e-5), "window");
    }

    [Test]
    public void FrequencyAndPresence_CountAndDoNotCount()
    {
        float[] row = [2, -2, 0, 1];
        Assert.That(Logits(row, [0, 0, 0, 1, 9], SamplerStage.FrequencyPenalty(0.5f, -1)), Is.EqualTo(new[] { 0.5, -2.5, 0, 1 }).Within(1e-5));
        Assert.That(Logits(row, [0, 0, 0, 1, 9], SamplerStage.PresencePenalty(0.5f, -1)), Is.EqualTo(new[] { 1.5, -2.5, 0, 1 }).Within(1e-5));
    }

    [Test]
    public void Dry_GrowsWithTheLengthThatWouldBeRepeated()
    {
        float[] row = [0, 0, 0, 0, 0, 0];

        // "1 2 3 4 ... 1 2 3": the end 1 2 3 was followed by 4, so 4 continues a repetition of length 3.
        int[] history = [1, 2, 3, 4, 5, 1, 2, 3];
        Assert.That(Logits(row, history, SamplerStage.Dry(0.5f, 2, 2, -1, [])), Is.EqualTo(new double[] { 0, 0, 0, 0, -1, 0 }).Within(1e-5));
        Assert.That(Logits(row, history, SamplerStage.Dry(0.5f, 2, 3, -1, [])), Is.EqualTo(new[] { 0, 0, 0, 0, -0.5, 0 }).Within(1e-5));
        Assert.That(Logits(row, history, SamplerStage.Dry(0.5f, 2, 4, -1, [])), Is.All.EqualTo(0).Within(1e-5), "still allowed");
        Assert.That(Logits(row, history, SamplerStage.Dry(0.5f, 2, 2, -1, [1])), Is.EqualTo(new[] { 0, 0, 0, 0, -0.5, 0 }).Within(1e-5), "cut by a breaker");
        Assert.That(Logits(row, history, SamplerStage.Dry(0.5f, 2, 2, -1, [4])), Is.All.EqualTo(0).Within(1e-5), "breakers are exempt");
        Assert.That(Logits(row, history, SamplerStage.Dry(0.5f, 2, 2, 5, [])), Is.All.EqualTo(0).Within(1e-5), "outside the window");
        Assert.That(Logits(row, [0, 0, 0, 0], SamplerStage.Dry(0.5f, 2, 2, -1, [])), Is.EqualTo(new double[] { -1, 0, 0, 0, 0, 0 }).Within(1e-5), "overlapping");
    }

    [Test]
    public void Dry_LongRepetitionStaysFinite()
    {
        int[] history = [.. Enumerable.Repeat(1, 3000)];
        float[] probabilities = Run([0, 5, float.NegativeInfinity], history, SamplerStage.Dry(5, 4, 2, -1, []));
        Assert.That(probabilities, Is.EqualTo(new[] { 1f, 0f, 0f }));
        Assert.That(Run([float.NegativeInfinity, 5, float.NegativeInfinity], history, SamplerStage.Dry(5, 4, 2, -1, [])), Is.EqualTo(new[] { 0f, 1f, 0f }));
    }

    [Test]
    public void Temperature_SoSmallThatTheQuotientOverflowsTakesTheBest() =>
        Assert.That(Run([1e9f, 2e9f, -3e38f, 2e9f], [], SamplerStage.Temperature(1e-35f)), Is.EqualTo(new[] { 0, 0.5f, 0, 0.5f }));

    [Test]
    public void Penalty_ThatOverflowsIsReported()
    {
        SamplerChain chain = SamplerChain.Create([SamplerStage.FrequencyPenalty(-3e38f, -1)], 1);
        var state = new SamplerState();
        state.Accept([0, 0]);
        Assert.That(() => _sampling.Sample([1, 2], chain, state, 0, 0), Throws.TypeOf<WinnowException>().With.Message.Contains("overflow"));
    }

    private static TestCaseData Case(string name, double[] p, SamplerStage stage, params double[] expected) =>
        new TestCaseData(p, stage, expected).SetArgDisplayNames(name);

    private static int[] Survivors(float[] probabilities) => [.. Enumerable.Range(0, probabilities.Length).Where(i => probabilities[i] > 0)];

    /// <summary>The changed logits, read off the distribution relative to the last token, which no case
    /// touches.</summary>
    private double[] Logits(float[] row, int[] history, SamplerStage stage)
    {
        float[] p = Run(row, history, stage);
        return [.. p.Select(x => Math.Log(x / p[^1]) + row[^1])];
    }

    private float[] Run(float[] row, int[] history, SamplerStage stage)
    {
        var state = new SamplerState();
        state.Accept(history);
        var probabilities = new float[row.Length];
        _sampling.Distribution(row, SamplerChain.Create([stage], 1), state, 0, 0, probabilities);
        return probabilities;
    }
}
