using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>Draws against the exact distribution, by chi-square with fixed seeds and a chance of 1 in 10,000 to fail
/// by bad luck of the seed.</summary>
public sealed class SamplingFrequencyTests
{
    private const int Draws = 200_000;

    private readonly CpuSampling _sampling = new();
    private readonly float[] _row = [0.3f, -1, 2, float.NegativeInfinity, 1.5f, 1.5f, -30, 0, 1, -0.5f, 2.2f, float.NegativeInfinity];

    private static IEnumerable<SamplerChain> Chains() =>
    [
        SamplerChain.Create(new SamplingParameters { Seed = 11 }),
        SamplerChain.Create(new SamplingParameters { Seed = 12, Temperature = 0.7f, TopK = 6 }),
        SamplerChain.Create(new SamplingParameters { Seed = 13, Temperature = 1.5f, TopP = 0.9f, MinP = 0.1f }),
        SamplerChain.Create(new SamplingParameters { Seed = 14, TypicalP = 0.8f }),
    ];

    [TestCaseSource(nameof(Chains))]
    public void Sample_FrequenciesAreThoseOfTheExactDistribution(SamplerChain chain)
    {
        double[] p = new SamplingReference([]).Distribution(_row, chain);
        long[] counts = Count(position => Draw(chain, 0, position), p.Length);
        Assert.That(counts.Where((n, i) => n > 0 && p[i] == 0), Is.Empty, "a removed token was drawn");
        Assert.That(ChiSquare(counts, p), Is.LessThan(Limit(p)));
    }

    [Test]
    public void Sample_WrongTemperatureIsNoticedByTheTest()
    {
        double[] p = new SamplingReference([]).Distribution(_row, SamplerChain.Create([SamplerStage.Temperature(1.03f)], 1));
        long[] counts = Count(position => Draw(SamplerChain.Create([], 11), 0, position), p.Length);
        Assert.That(ChiSquare(counts, p), Is.GreaterThan(Limit(p)));
    }

    [Test]
    public void Sample_NeighbouringPositionsSequencesAndSeedsAreIndependent()
    {
        SamplerChain chain = SamplerChain.Create([SamplerStage.TopK(4)], 21), other = SamplerChain.Create([SamplerStage.TopK(4)], 22);
        double[] p = new SamplingReference([]).Distribution(_row, chain);
        double[] joint = [.. p.SelectMany(a => p.Select(b => a * b))];
        long[] positions = Count(i => (Draw(chain, 0, 2 * i) * p.Length) + Draw(chain, 0, (2 * i) + 1), joint.Length);
        long[] sequences = Count(i => (Draw(chain, 0, i) * p.Length) + Draw(chain, 1, i), joint.Length);
        long[] seeds = Count(i => (Draw(chain, 0, i) * p.Length) + Draw(other, 0, i), joint.Length);
        Assert.That(ChiSquare(positions, joint), Is.LessThan(Limit(joint)));
        Assert.That(ChiSquare(sequences, joint), Is.LessThan(Limit(joint)));
        Assert.That(ChiSquare(seeds, joint), Is.LessThan(Limit(joint)));

        long[] reused = Count(i => Draw(chain, 0, i) * (p.Length + 1), joint.Length);
        Assert.That(ChiSquare(reused, joint), Is.GreaterThan(Limit(joint)), "a number used twice must be noticed");
    }

    [Test]
    public void Sample_XtcActsAsOftenAsItShouldAndIndependentlyOfTheDraw()
    {
        float[] row = [0, 0, -1];
        SamplerChain chain = SamplerChain.Create([SamplerStage.Xtc(0.3f, 0.2f)], 31);
        Dictionary<int, double> p = SamplingReference.Softmax(new Dictionary<int, double> { [0] = 0, [1] = 0, [2] = -1 });
        double rest = p[1] + p[2];
        double[] expected = [0.7 * p[0], (0.7 * p[1]) + (0.3 * p[1] / rest), (0.7 * p[2]) + (0.3 * p[2] / rest)];
        long[] counts = Count(i => _sampling.Sample(row, chain, new SamplerState(0), 0, i).Token, 3);
        Assert.That(ChiSquare(counts, expected), Is.LessThan(Limit(expected)));
    }

    [Test]
    public void Sample_DependsOnNothingButSeedSequencePositionAndRow()
    {
        SamplerChain chain = SamplerChain.Create(new SamplingParameters { Temperature = 0.9f, TopP = 0.95f, Seed = 41 });
        float[] row = Rows.Normal(3000, 2, seed: 2);
        int[] alone = [.. Enumerable.Range(0, 200).Select(i => _sampling.Sample(row, chain, new SamplerState(), 3, i).Token)];
        Assert.That(alone.Distinct().Count(), Is.GreaterThan(50));

        var used = new SamplerState();
        used.Accept([1, 2, 3]);
        var shifted = new float[row.Length + 3];
        row.CopyTo(shifted, 3);
        var top = new TokenLogProbability[7];
        var among = new int[alone.Length];
        Parallel.For(0, alone.Length, i =>
        {
            int position = alone.Length - 1 - i;
            _sampling.Sample(Rows.Normal(100 + i, 2, seed: i), chain, new SamplerState(), (ulong)i, position);
            among[position] = _sampling.Sample(shifted.AsSpan(3), chain, used.Clone(), 3, position, top.ToArray()).Token;
        });
        Assert.That(among, Is.EqualTo(alone));
    }

    [Test]
    public void Draw_TokensWithoutWeightAreNeverDrawn([Values(3, 300, 1000)] int length)
    {
        var weights = new float[length];
        weights[length / 2] = 1;
        weights[length - 2] = 0.5f;
        Assert.That(CpuSampling.Draw(weights, 0), Is.EqualTo(weights.AsSpan().IndexOfAnyExcept(0f)), "a uniform of 0");
        Assert.That(CpuSampling.Draw(weights, 0.6666), Is.EqualTo(weights.AsSpan().IndexOfAnyExcept(0f)), "the last of the first");
        Assert.That(CpuSampling.Draw(weights, 0.6667), Is.EqualTo(length - 2));
        Assert.That(CpuSampling.Draw(weights, 1), Is.EqualTo(length - 2), "a part that was rounded up to the whole");
    }

    private int Draw(SamplerChain chain, ulong sequence, long position) =>
        _sampling.Sample(_row, chain, _state, sequence, position).Token;

    private readonly SamplerState _state = new(0);

    private static long[] Count(Func<int, int> draw, int cells)
    {
        var counts = new long[cells];
        for (int i = 0; i < Draws; i++)
        {
            counts[draw(i)]++;
        }

        return counts;
    }

    /// <summary>Pearson's statistic; cells with fewer than five expected draws are pooled.</summary>
    private static double ChiSquare(long[] counts, double[] p)
    {
        double statistic = 0, rareExpected = 0;
        long rareSeen = 0;
        for (int i = 0; i < p.Length; i++)
        {
            double expected = p[i] * Draws;
            if (expected < 5)
            {
                rareExpected += expected;
                rareSeen += counts[i];
                continue;
            }

            statistic += (counts[i] - expected) * (counts[i] - expected) / expected;
        }

        return statistic + ((rareSeen - rareExpected) * (rareSeen - rareExpected) / Math.Max(1, rareExpected));
    }

    /// <summary>The 0.9999 quantile of chi-square (Wilson and Hilferty).</summary>
    private static double Limit(double[] p)
    {
        double freedom = Math.Max(1, p.Count(x => x * Draws >= 5) - 1);
        double step = 2 / (9 * freedom);
        return freedom * Math.Pow(1 - step + (3.719 * Math.Sqrt(step)), 3);
    }
}
