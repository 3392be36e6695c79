using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>What holds for every row, checked over rows full of ties, gaps and impossible tokens.</summary>
public sealed class SamplingPropertyTests
{
    private static readonly Arbitrary<float[]> AnyRow = Gen.Choose(-40, 40)
        .Select(x => x == -40 ? float.NegativeInfinity : x / 4f)
        .ArrayOf()
        .Where(row => row.Any(float.IsFinite))
        .ToArbitrary();

    private static readonly Arbitrary<int> Percent = Gen.Choose(0, 100).ToArbitrary();

    private readonly CpuSampling _sampling = new();

    [Test]
    public void Survivors_ContainTheBestTokenAndSumToOne() => ForAll((row, percent) =>
    {
        int best = Array.IndexOf(row, row.Max());
        foreach (SamplerStage stage in Truncations(percent))
        {
            float[] p = Distribution(row, stage);
            if (p[best] == 0 || Math.Abs(p.Sum(x => (double)x) - 1) > 1e-5 || row.Where((x, i) => p[i] > 0 && !float.IsFinite(x)).Any())
            {
                return false;
            }
        }

        return true;
    });

    [Test]
    public void TopP_IsTheSmallestSetThatReachesTheMass() => ForAll((row, percent) =>
    {
        float[] all = Distribution(row), kept = Distribution(row, SamplerStage.TopP(percent / 100f));
        double[] weights = [.. all.Where((_, i) => kept[i] > 0).Select(x => (double)x)];
        return percent == 100 || (weights.Sum() >= (percent / 100.0) - 1e-5 && weights.Sum() - weights.Min() <= (percent / 100.0) + 1e-5);
    });

    [Test]
    public void TopK_KeepsExactlyKAndNoneThatIsWorseThanOneRemoved() => ForAll((row, percent) =>
    {
        int k = Math.Max(1, percent / 8);
        float[] p = Distribution(row, SamplerStage.TopK(k));
        float[] kept = [.. row.Where((_, i) => p[i] > 0)], removed = [.. row.Where((_, i) => p[i] == 0)];
        return kept.Length == Math.Min(k, row.Count(float.IsFinite)) && (removed.Length == 0 || kept.Min() >= removed.Max());
    });

    [Test]
    public void Truncation_KeepsTheRatiosOfTheSurvivors() => ForAll((row, percent) =>
    {
        float[] all = Distribution(row);
        return Truncations(percent).All(stage =>
        {
            float[] p = Distribution(row, stage);
            double mass = all.Where((_, i) => p[i] > 0).Sum(x => (double)x);
            return p.Zip(all).All(pair => pair.First == 0 || Math.Abs((pair.Second / mass) - pair.First) <= 1e-5 * pair.First);
        });
    });

    [Test]
    public void Sample_DrawsOnlySurvivors() => ForAll((row, percent) =>
    {
        SamplerChain chain = SamplerChain.Create([.. Truncations(percent), SamplerStage.Temperature(1.3f)], (ulong)percent);
        var p = new float[row.Length];
        _sampling.Distribution(row, chain, new SamplerState(), 0, percent, p);
        return p[_sampling.Sample(row, chain, new SamplerState(), 0, percent).Token] > 0;
    });

    private static SamplerStage[] Truncations(int percent) =>
    [
        SamplerStage.TopK(Math.Max(1, percent / 8)), SamplerStage.TopP(percent / 100f), SamplerStage.MinP(percent / 100f), SamplerStage.TopNSigma(percent / 30f),
    ];

    private static void ForAll(Func<float[], int, bool> holds) =>
        Prop.ForAll(AnyRow, Percent, holds).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(1, 3));

    private float[] Distribution(float[] row, params SamplerStage[] stages)
    {
        var p = new float[row.Length];
        _sampling.Distribution(row, SamplerChain.Create(stages, 1), new SamplerState(), 0, 0, p);
        return p;
    }
}
