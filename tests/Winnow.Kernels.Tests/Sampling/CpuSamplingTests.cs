using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

public sealed class CpuSamplingTests
{
    private readonly CpuSampling _sampling = new();

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(8)]
    [TestCase(9)]
    [TestCase(1023)]
    [TestCase(1024)]
    [TestCase(1025)]
    [TestCase(5003)]
    public void Sample_GreedyTakesTheLargestWithItsLogProbability(int vocab)
    {
        float[] logits = Rows.Normal(vocab, 3, seed: vocab);
        int best = Enumerable.Range(0, vocab).OrderByDescending(i => logits[i]).ThenBy(i => i).First();
        double logSum = Math.Log(logits.Sum(x => Math.Exp(x)));
        SampleResult result = _sampling.Sample(logits, Chain(new() { Temperature = 0 }), new SamplerState(), 0, 0);
        Assert.That(result.Token, Is.EqualTo(best));
        Assert.That(result.LogProbability, Is.EqualTo(logits[best] - logSum).Within(2e-6));
    }

    [Test]
    public void Sample_GreedyTieGoesToTheLowerToken()
    {
        var logits = new float[3000];
        logits[2999] = logits[1500] = logits[1501] = 5;
        Assert.That(_sampling.Sample(logits, Chain(new() { Temperature = 0 }), new SamplerState(), 0, 0).Token, Is.EqualTo(1500));
        Assert.That(_sampling.Sample(logits, Chain(new() { TopK = 1 }), new SamplerState(), 0, 0).Token, Is.EqualTo(1500));
        Assert.That(_sampling.Sample(logits, Chain(new() { TopP = 0 }), new SamplerState(), 0, 0).Token, Is.EqualTo(1500));
    }

    [Test]
    public void Sample_LogProbabilityIsThatOfTheUnmodifiedRow()
    {
        float[] logits = Rows.Normal(100, 2, seed: 3);
        double logSum = Math.Log(logits.Sum(x => Math.Exp(x)));
        var parameters = new SamplingParameters { Temperature = 0.3f, TopK = 5, LogitBias = new System.Collections.Generic.Dictionary<int, float> { [17] = 100 } };
        SampleResult result = _sampling.Sample(logits, Chain(parameters), new SamplerState(), 0, 0);
        Assert.That(result.Token, Is.EqualTo(17));
        Assert.That(result.LogProbability, Is.EqualTo(logits[17] - logSum).Within(2e-6));
    }

    [Test]
    public void Sample_LeavesTheRowAsItWas()
    {
        float[] logits = Rows.Normal(2000, 2, seed: 4);
        float[] before = [.. logits];
        var state = new SamplerState();
        state.Accept([1, 2, 3, 1, 2]);
        _sampling.Sample(logits, Chain(new() { Temperature = 0.5f, RepetitionPenalty = 1.3f, TopK = 50, TopP = 0.9f }), state, 0, 0);
        _sampling.Sample(logits, Chain(new() { Temperature = 0.5f }), state, 0, 0);
        Assert.That(logits, Is.EqualTo(before));
    }

    [Test]
    public void Sample_TopListIsTheBestOfTheUnmodifiedRowInOrder([Values(1, 5, 20, 300)] int count, [Values(300, 5000)] int vocab)
    {
        float[] logits = Rows.Normal(vocab, 2, seed: 5);
        logits[^1] = logits[0] = logits.Max() + 1;
        double logSum = Math.Log(logits.Sum(x => Math.Exp(x)));
        int[] expected = [.. Enumerable.Range(0, vocab).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(count)];
        var top = new TokenLogProbability[count];
        SampleResult result = _sampling.Sample(logits, Chain(new() { Temperature = 0 }), new SamplerState(), 0, 0, top);
        Assert.That(result.TopCount, Is.EqualTo(count));
        Assert.That(top.Select(t => t.Token), Is.EqualTo(expected));
        Assert.That(top.Select(t => (double)t.LogProbability), Is.EqualTo(expected.Select(i => logits[i] - logSum)).Within(5e-6));
    }

    [Test]
    public void Sample_TopListLeavesImpossibleTokensOut()
    {
        float[] logits = [float.NegativeInfinity, 1, float.NegativeInfinity, 2];
        var top = new TokenLogProbability[4];
        SampleResult result = _sampling.Sample(logits, Chain(new()), new SamplerState(), 0, 0, top);
        Assert.That(result.TopCount, Is.EqualTo(2));
        Assert.That(top.Take(2).Select(t => t.Token), Is.EqualTo(new[] { 3, 1 }));
    }

    [TestCase(float.NaN, "NaN")]
    [TestCase(float.PositiveInfinity, "positive infinity")]
    public void Sample_BrokenLogitThrows(float broken, string said)
    {
        for (int at = 0; at < 1100; at += 157)
        {
            var logits = new float[1100];
            logits[at] = broken;
            Assert.That(
                () => _sampling.Sample(logits, Chain(new() { Temperature = 0 }), new SamplerState(), 0, 0), Throws.TypeOf<WinnowException>().With.Message.Contains(said));
        }
    }

    [Test]
    public void Sample_NoPossibleTokenThrows()
    {
        float[] logits = new float[20];
        Array.Fill(logits, float.NegativeInfinity);
        Assert.That(() => _sampling.Sample(logits, Chain(new()), new SamplerState(), 0, 0), Throws.TypeOf<WinnowException>().With.Message.Contains("negative infinity"));

        logits[3] = 1;
        var ban = new SamplingParameters { LogitBias = new System.Collections.Generic.Dictionary<int, float> { [3] = float.NegativeInfinity } };
        Assert.That(() => _sampling.Sample(logits, Chain(ban), new SamplerState(), 0, 0), Throws.TypeOf<WinnowException>().With.Message.Contains("bans"));
    }

    [Test]
    public void Sample_BadArgumentsThrow()
    {
        SamplerChain bias = Chain(new() { LogitBias = new System.Collections.Generic.Dictionary<int, float> { [4] = 1 } });
        Assert.That(() => _sampling.Sample([], Chain(new()), new SamplerState(), 0, 0), Throws.ArgumentException);
        Assert.That(() => _sampling.Sample([1, 2, 3, 4], bias, new SamplerState(), 0, 0), Throws.ArgumentException.With.Message.Contains("token 4"));
        Assert.That(() => _sampling.Sample([1], Chain(new()), new SamplerState(), 0, -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => _sampling.Sample([1], null!, new SamplerState(), 0, 0), Throws.ArgumentNullException);
        Assert.That(() => _sampling.Sample([1], Chain(new()), null!, 0, 0), Throws.ArgumentNullException);
        Assert.That(() => _sampling.Distribution([1], Chain(new()), new SamplerState(), 0, 0, new float[2]), Throws.ArgumentException);
    }

    private static SamplerChain Chain(SamplingParameters parameters) => SamplerChain.Create(parameters with { Seed = 1 });
}
