using System;
using System.Collections.Generic;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

public sealed class SamplingAllocationTests
{
    private static IEnumerable<SamplerChain> Chains()
    {
        var all = new SamplingParameters
        {
            Temperature = 0.8f,
            TopK = 500,
            TopP = 0.95f,
            MinP = 0.01f,
            TypicalP = 0.9f,
            TopNSigma = 3,
            XtcProbability = 0.5f,
            RepetitionPenalty = 1.1f,
            FrequencyPenalty = 0.1f,
            PresencePenalty = 0.1f,
            DryMultiplier = 0.8f,
            DryBreakers = [5],
            LogitBias = new Dictionary<int, float> { [3] = 1 },
            Seed = 1,
        };
        yield return SamplerChain.Create(all);
        yield return SamplerChain.Create(all, SamplerOrder.ScaleThenMinP);
        yield return SamplerChain.Create(all with { Temperature = 0 });
        yield return SamplerChain.Create(new SamplingParameters { Temperature = 0 });
        yield return SamplerChain.Create(new SamplingParameters { MirostatTau = 5 });
        yield return SamplerChain.Create(new SamplingParameters { TopP = 0.9f });
    }

    [TestCaseSource(nameof(Chains))]
    public void Sample_AllocatesNothingAfterWarmUp(SamplerChain chain)
    {
        var sampling = new CpuSampling();
        var state = new SamplerState(1000);
        float[] row = Rows.Normal(20_000, 2, seed: 1);
        var top = new TokenLogProbability[10];
        var probabilities = new float[row.Length];
        Run(sampling, chain, state, row, top, probabilities, 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(sampling, chain, state, row, top, probabilities, 50);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    private static void Run(
        CpuSampling sampling, SamplerChain chain, SamplerState state, float[] row, TokenLogProbability[] top, float[] probabilities, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            state.Accept(sampling.Sample(row, chain, state, 0, state.Count, top).Token);
            sampling.Distribution(row, chain, state, 0, state.Count, probabilities);
        }
    }
}
