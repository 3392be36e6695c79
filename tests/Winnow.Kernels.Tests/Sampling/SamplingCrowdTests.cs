using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Kernels.Sampling;

namespace Winnow.Kernels.Tests.Sampling;

/// <summary>So many rows that a block has one to itself: it goes through more slices than it asks for at a time, where alone a row has a block for each.</summary>
public sealed class SamplingCrowdTests
{
    private const int Crowd = 68;

    private static readonly SamplingParameters[] Kinds =
    [
        new() { Temperature = 0.8f, TopK = 40, TopP = 0.95f, Seed = 1 },
        new() { Temperature = 0.7f, TopK = 30, RepetitionPenalty = 1.3f, Seed = 2 },
        new() { Temperature = 0.9f, TopP = 0.97f, Seed = 3 },
    ];

    private CudaDevice _device = null!;

    [OneTimeSetUp]
    public void Open() => _device = TestDevices.Simulator();

    [OneTimeTearDown]
    public void Free() => _device?.Dispose();

    [Test]
    public void SampleRows_RowsOfABlockEachHaveTheBitsThatTheyHaveAlone([Values(20_481, 20_484)] int vocab)
    {
        SamplingCase[] kinds = [.. Kinds.Select((kind, i) => new SamplingCase(Rows.Normal(vocab, 2, seed: i), SamplerChain.Create(kind)) { History = [7, 20_000, 7] })];
        using SamplingRig crowd = new SamplingRig(_device, [.. Enumerable.Range(0, Crowd).Select(r => kinds[r % kinds.Length])], top: 3).Run();
        for (int i = 0; i < kinds.Length; i++)
        {
            using SamplingRig alone = new SamplingRig(_device, [kinds[i]], top: 3).Run();
            Assert.That(EachOf(crowd.Tokens, i), Is.All.EqualTo(alone.Tokens[0]).And.All.EqualTo(kinds[i].OnTheHost().Token));
            Assert.That(EachOf(crowd.LogProbabilities, i), Is.All.EqualTo(alone.LogProbabilities[0]));
            Assert.That(EachOf([.. crowd.TopTokens.Chunk(3)], i), Is.All.EqualTo(alone.TopTokens));
        }
    }

    [Test]
    public void PlainRows_RowsOfABlockEachHaveTheBitsThatTheyHaveAlone([Values(20_481, 20_484)] int vocab)
    {
        float[][] rows = [.. Enumerable.Range(0, 3).Select(i => Rows.Normal(vocab, 2, seed: i))];
        rows[1][^1] = 30;
        (int[] best, float[] logs) = Run(vocab, [.. Enumerable.Range(0, Crowd).Select(r => rows[r % rows.Length])]);
        for (int i = 0; i < rows.Length; i++)
        {
            (int[] bestAlone, float[] logsAlone) = Run(vocab, [rows[i]]);
            Assert.That(EachOf(best, i), Is.All.EqualTo(bestAlone[0]).And.All.EqualTo(rows[i].Index().MaxBy(item => item.Item).Index));
            Assert.That(EachOf([.. logs.Chunk(vocab)], i), Is.All.EqualTo(logsAlone));
        }
    }

    private static IEnumerable<T> EachOf<T>(T[] values, int kind) => values.Where((_, r) => r % Kinds.Length == kind);

    private (int[] Best, float[] Logs) Run(int vocab, float[][] rows)
    {
        using var tensors = new TestTensors(_device);
        Tensor logits = tensors.Of([.. rows.SelectMany(row => row)], rows.Length, vocab);
        Tensor best = tensors.Of(new int[rows.Length]), output = tensors.Of(new float[rows.Length * vocab], rows.Length, vocab);
        _device.Sampling.ArgMaxRows(best, logits);
        _device.Sampling.LogSoftmaxRows(output, logits);
        return (tensors.Ints(best), tensors.Floats(output));
    }
}
