using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

public sealed class SamplerStateTests
{
    private readonly CpuSampling _sampling = new();

    [Test]
    public void Accept_KeepsTheTokensInOrderAcrossGrowth()
    {
        var state = new SamplerState(2);
        state.Accept([5, 6]);
        foreach (int token in Enumerable.Range(0, 100))
        {
            state.Accept(token);
        }

        Assert.That(state.Tokens.ToArray(), Is.EqualTo(new[] { 5, 6 }.Concat(Enumerable.Range(0, 100))));
        Assert.That(state.Count, Is.EqualTo(102));
        Assert.That(state.Last(2).ToArray(), Is.EqualTo(new[] { 98, 99 }));
        Assert.That(state.Last(1000).Length, Is.EqualTo(102));
        Assert.That(state.Last(-1).Length, Is.EqualTo(102));
        Assert.That(state.Last(0).Length, Is.Zero);
    }

    [Test]
    public void Accept_NegativeTokenThrowsAndTakesNothing()
    {
        var state = new SamplerState();
        Assert.That(() => state.Accept(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => state.Accept([1, -1]), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(state.Count, Is.Zero);
        Assert.That(() => state.Truncate(1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => state.Truncate(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SamplerState(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Clone_ForksCountsAndHistory()
    {
        SamplerChain chain = SamplerChain.Create(new SamplingParameters { FrequencyPenalty = 1, RepetitionPenalty = 1.5f, DryMultiplier = 1, Seed = 1 });
        float[] row = Rows.Normal(20, 2, seed: 8);
        var state = new SamplerState();
        state.Accept([1, 2, 3, 1, 2, 3, 1, 2]);
        SamplerState fork = state.Clone();
        float[] before = Probabilities(row, chain, state);
        Assert.That(Probabilities(row, chain, fork), Is.EqualTo(before), "the copy has the same counts");

        fork.Accept([4, 4, 4]);
        Assert.That(Probabilities(row, chain, state), Is.EqualTo(before), "the original does not see the fork");
        Assert.That(Probabilities(row, chain, fork), Is.Not.EqualTo(before));
    }

    [Test]
    public void Truncate_IsTheExactInverseOfAccept()
    {
        SamplerChain chain = SamplerChain.Create(new SamplingParameters { FrequencyPenalty = 1, PresencePenalty = 0.3f, DryMultiplier = 1, Seed = 1 });
        float[] row = Rows.Normal(20, 2, seed: 9);
        var state = new SamplerState();
        state.Accept([1, 2, 3, 1, 2]);
        float[] before = Probabilities(row, chain, state);
        state.Accept([3, 1, 2, 7, 7]);
        Assert.That(Probabilities(row, chain, state), Is.Not.EqualTo(before));
        state.Truncate(5);
        Assert.That(Probabilities(row, chain, state), Is.EqualTo(before));
        state.Reset();
        Assert.That(Probabilities(row, chain, state), Is.EqualTo(Probabilities(row, chain, new SamplerState())));
    }

    [Test]
    public void Mirostat_BoundFollowsTheFormulaAndRollsBack()
    {
        const float Tau = 3, Eta = 0.2f;
        SamplerChain chain = SamplerChain.Create([SamplerStage.Temperature(1.1f), SamplerStage.MirostatV2(Tau, Eta)], seed: 4);
        var state = new SamplerState(4);
        state.Accept([1, 2, 3]);
        Assert.That(state.MirostatMu, Is.NaN);
        double mu = 2 * Tau;
        var bounds = new float[40];
        for (int i = 0; i < bounds.Length; i++)
        {
            float[] row = Rows.Normal(500, 2, seed: i);
            double[] p = new SamplingReference([], state.MirostatMu).Distribution(row, chain);
            int token = _sampling.Sample(row, chain, state, 0, i).Token;
            mu -= Eta * (-Math.Log2(p[token]) - Tau);
            state.Accept(token);
            bounds[i] = state.MirostatMu;
            Assert.That(state.MirostatMu, Is.EqualTo(mu).Within(1e-4));
        }

        state.Truncate(3 + 10);
        Assert.That(state.MirostatMu, Is.EqualTo(bounds[9]));
        float[] again = Rows.Normal(500, 2, seed: 10);
        SamplerState fork = state.Clone();
        foreach (SamplerState one in new[] { state, fork })
        {
            one.Accept(_sampling.Sample(again, chain, one, 0, 10).Token);
            Assert.That(one.MirostatMu, Is.EqualTo(bounds[10]));
        }
    }

    [Test]
    public void Mirostat_TokenThatWasNotDrawnLeavesTheBound()
    {
        SamplerChain chain = SamplerChain.Create([SamplerStage.MirostatV2(3, 0.5f)], seed: 4);
        var state = new SamplerState();
        float[] row = Rows.Normal(500, 2, seed: 1);
        state.Accept(_sampling.Sample(row, chain, state, 0, 0).Token);
        float bound = state.MirostatMu;
        int drawn = _sampling.Sample(row, chain, state, 0, 1).Token;
        Assert.That(state.MirostatMu, Is.EqualTo(bound), "sampling alone changes nothing");
        state.Accept(drawn == 0 ? 1 : 0);
        Assert.That(state.MirostatMu, Is.EqualTo(bound));
    }

    [Test]
    public void Mirostat_AverageSurpriseReachesTau()
    {
        const float Tau = 4;
        SamplerChain chain = SamplerChain.Create([SamplerStage.MirostatV2(Tau, 0.1f)], seed: 4);
        var state = new SamplerState();
        double sum = 0;
        const int Steps = 2000;
        float[] row = Rows.Normal(2000, 1.5, seed: 1);
        for (int i = 0; i < Steps; i++)
        {
            double before = i == 0 ? 2 * Tau : state.MirostatMu;
            state.Accept(_sampling.Sample(row, chain, state, 0, i).Token);
            sum += Tau + ((before - state.MirostatMu) / 0.1);
        }

        Assert.That(sum / Steps, Is.EqualTo(Tau).Within(0.05));
    }

    private float[] Probabilities(float[] row, SamplerChain chain, SamplerState state)
    {
        var probabilities = new float[row.Length];
        _sampling.Distribution(row, chain, state, 0, 0, probabilities);
        return probabilities;
    }
}
