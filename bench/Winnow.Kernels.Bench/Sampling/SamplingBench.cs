using System;
using System.Linq;
using BenchmarkDotNet.Attributes;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Bench.Sampling;

/// <summary>Choosing one token of 128,256, with its log-probability.</summary>
public class SamplingBench : KernelBench
{
    private const int Vocab = 128_256;
    private readonly SamplerState _state = new();
    private readonly SamplerChain _greedy = SamplerChain.Create(new SamplingParameters { Temperature = 0, Seed = 1 });
    private readonly SamplerChain _usual = SamplerChain.Create(
        new SamplingParameters { Temperature = 0.8f, TopK = 40, TopP = 0.95f, MinP = 0.05f, Seed = 1 });
    private float[] _logits = [];

    /// <inheritdoc/>
    public override Cost Cost => new(Vocab * sizeof(float), 0, Threads);

    [Benchmark]
    public SampleResult Greedy() => Device.Sampling.Sample(_logits, _greedy, _state, 0, 7);

    [Benchmark]
    public SampleResult TopKTopPMinP() => Device.Sampling.Sample(_logits, _usual, _state, 0, 7);

    /// <inheritdoc/>
    protected override void Allocate()
    {
        var random = new Random(1);
        _logits = [.. Enumerable.Range(0, Vocab).Select(_ => (float)(6 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5)))];
    }
}
