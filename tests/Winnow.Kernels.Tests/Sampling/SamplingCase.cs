using System;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>One row to be sampled on a device.</summary>
internal sealed record SamplingCase(float[] Logits, SamplerChain Chain)
{
    public int[] History { get; init; } = [];

    public ulong Sequence { get; init; }

    public long Position { get; init; }

    public SampleResult OnTheHost(Span<TokenLogProbability> top = default)
    {
        var state = new SamplerState();
        state.Accept(History);
        return new CpuSampling().Sample(Logits, Chain, state, Sequence, Position, top);
    }
}
