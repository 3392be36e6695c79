using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>Every stage against the reference, over random and adversarial rows.</summary>
public sealed class SamplingDistributionTests
{
    private static readonly int[] HistoryTokens = [3, 1, 2, 0, 5, 1, 2, 0, 4, 1, 2, 0, 9, 1, 2];

    private readonly CpuSampling _sampling = new();
    private int _compared;
    private int _undecided;

    [SetUp]
    public void ForgetCounts() => _compared = _undecided = 0;

    [TearDown]
    public void MostRowsWereCompared() => Assert.That(_undecided, Is.LessThanOrEqualTo(_compared / 4), "rows on the edge of a threshold");

    private static IEnumerable<TestCaseData> Stages()
    {
        SamplerStage[] stages =
        [
            SamplerStage.Greedy(),
            .. new[] { 0, 1, 2, 5, 40, 600, 1_000_000, int.MaxValue }.Select(SamplerStage.TopK),
            .. new[] { 0f, 0.1f, 0.5f, 0.9f, 0.95f, 0.99f, 1f }.Select(SamplerStage.TopP),
            .. new[] { 0f, 0.05f, 0.3f, 1f }.Select(SamplerStage.MinP),
            .. new[] { 0f, 0.2f, 0.9f, 0.99f, 1f }.Select(SamplerStage.Typical),
            .. new[] { 0f, 0.5f, 1f, 3f }.Select(SamplerStage.TopNSigma),
            .. new[] { 0.01f, 0.1f, 0.3f, 0.6f }.Select(t => SamplerStage.Xtc(1, t)),
            .. new[] { 0.01f, 0.7f, 1f, 2f, 100f }.Select(SamplerStage.Temperature),
            .. new[] { 0.5f, 1f, 5f }.Select(tau => SamplerStage.MirostatV2(tau, 0.1f)),
            SamplerStage.LogitBias(new Dictionary<int, float> { [0] = 1.5f }),
            SamplerStage.LogitBias(new Dictionary<int, float> { [0] = -2.5f }),
            SamplerStage.RepetitionPenalty(1.3f, -1),
            SamplerStage.RepetitionPenalty(0.7f, 4),
            SamplerStage.FrequencyPenalty(0.8f, -1),
            SamplerStage.FrequencyPenalty(-0.8f, 6),
            SamplerStage.PresencePenalty(0.8f, 64),
            SamplerStage.PresencePenalty(0.8f, 0),
            SamplerStage.Dry(0.8f, 1.75f, 2, -1, []),
            SamplerStage.Dry(0.8f, 1.75f, 1, -1, []),
            SamplerStage.Dry(0.8f, 1.75f, 2, -1, [1]),
            SamplerStage.Dry(0.8f, 1f, 1, 6, [0, 9]),
        ];
        return stages.Select(s => new TestCaseData(s).SetArgDisplayNames($"{s.Kind} {s.Value} {s.Second} {s.Count} {s.LastTokens}"));
    }

    [TestCaseSource(nameof(Stages))]
    public void Distribution_OneStageEqualsTheReference(SamplerStage stage)
    {
        SamplerChain chain = SamplerChain.Create([stage], seed: 1);
        foreach (float[] row in AllRows())
        {
            Check(row, chain, HistoryTokens);
            Check(row, chain, []);
        }
    }

    [Test]
    public void Distribution_ChainsInEveryOrderEqualTheReference([Values] SamplerOrder order)
    {
        var parameters = new SamplingParameters
        {
            Temperature = 1.4f,
            TopK = 60,
            TopP = 0.9f,
            MinP = 0.02f,
            TypicalP = 0.95f,
            TopNSigma = 2.5f,
            XtcProbability = 1,
            XtcThreshold = 0.2f,
            RepetitionPenalty = 1.2f,
            FrequencyPenalty = 0.2f,
            PresencePenalty = 0.1f,
            DryMultiplier = 0.8f,
            LogitBias = new Dictionary<int, float> { [0] = 1 },
            Seed = 1,
        };
        foreach (float[] row in AllRows())
        {
            Check(row, SamplerChain.Create(parameters, order), HistoryTokens);
        }
    }

    [Test]
    public void Distribution_PenaltiesAfterTruncationChangeOnlySurvivors()
    {
        SamplerStage[] stages =
        [
            SamplerStage.TopK(6), SamplerStage.LogitBias(new Dictionary<int, float> { [0] = 2, [1] = 1 }), SamplerStage.FrequencyPenalty(0.5f, -1),
            SamplerStage.Dry(1, 1.5f, 1, -1, []), SamplerStage.TopP(0.9f),
        ];
        foreach (float[] row in AllRows().Where(r => r.Length > 1))
        {
            Check(row, SamplerChain.Create(stages, seed: 1), HistoryTokens);
        }
    }

    private static IEnumerable<float[]> AllRows()
    {
        yield return [2f];
        yield return [0, 0];
        foreach (int vocab in new[] { 10, 64, 1500, 5003 })
        {
            yield return Rows.Normal(vocab, 1, seed: vocab);
            yield return Rows.Normal(vocab, 5, seed: vocab + 1);
            yield return [.. Rows.Normal(vocab, 2, seed: vocab + 2).Order()];
            yield return [.. Rows.Normal(vocab, 2, seed: vocab + 3).OrderDescending()];
            yield return [.. Rows.Normal(vocab, 2, seed: vocab + 4).Select(x => MathF.Round(x))];
            yield return [.. Rows.Normal(vocab, 2, seed: vocab + 5).Select((x, i) => i % 3 == 0 ? float.NegativeInfinity : x)];
            yield return [.. Rows.Normal(vocab, 1e30, seed: vocab + 6)];
            yield return [.. Enumerable.Repeat(-3f, vocab)];
            yield return [.. Enumerable.Range(0, vocab).Select(i => i == vocab / 2 ? 30f : 0)];
            yield return [.. Enumerable.Range(0, vocab).Select(i => i == vocab / 2 ? 1f : float.NegativeInfinity)];
        }
    }

    private void Check(float[] row, SamplerChain chain, int[] history)
    {
        var state = new SamplerState();
        state.Accept(history);
        var reference = new SamplingReference(history);
        double[] expected = reference.Distribution(row, chain);
        if (reference.Margin is < 1e-5 and > 1e-14)
        {
            _undecided++;
            return;
        }

        _compared++;
        var actual = new float[row.Length];
        _sampling.Distribution(row, chain, state, 0, 0, actual);
        Assert.That(actual.Sum(x => (double)x), Is.EqualTo(1).Within(1e-5));
        // A logit of size m has an error of m * 2^-24 once it was changed, and dividing by the temperature magnifies
        // it.
        double scale = chain.Stages.Min(s => s.Kind == SamplerStageKind.Temperature ? Math.Min(1, s.Value) : 1);
        double size = Math.Max(4, row.Where(float.IsFinite).Max(MathF.Abs));
        double relative = 1e-6 + (size > 1e6 ? 0 : size * 1.2e-7 / scale);
        for (int i = 0; i < row.Length; i++)
        {
            // What lies e^87 below the best may count as impossible, and what the reference removes must be exactly 0.
            bool same = expected[i] == 0 ? actual[i] == 0 : expected[i] < 1e-36 || actual[i] > 0;
            if (!same || Math.Abs(actual[i] - expected[i]) > relative * expected[i] + 1e-36)
            {
                Assert.Fail($"token {i} of {row.Length}: {actual[i]:R}, expected {expected[i]:R}");
            }
        }
    }
}
