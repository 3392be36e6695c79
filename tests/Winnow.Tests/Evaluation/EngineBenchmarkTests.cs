using System;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Evaluation;
using Winnow.Formats;
using Winnow.Formats.Configuration;
using Winnow.Kernels;
using Winnow.Models;

namespace Winnow.Tests.Evaluation;

/// <summary>The benchmark of engines, on a shape with random weights that is small enough to count by hand.</summary>
internal sealed class EngineBenchmarkTests
{
    private const int Hidden = 64;
    private const int Layers = 2;
    private const int Heads = 4;
    private const int KvHeads = 2;
    private const int HeadDim = 16;
    private const int Ffn = 96;
    private const int Vocab = 320;

    [TestCase(TensorType.F32)]
    [TestCase(TensorType.BF16)]
    [TestCase(TensorType.Q8_0)]
    public async Task RunAsync_TimesEveryTokenOfEveryRequest(TensorType type)
    {
        await using WinnowEngine engine = await LoadAsync(type, new EngineOptions { MaxSequences = 3 });
        int reported = 0;
        var options = new EngineBenchmarkOptions { PromptTokens = 20, NewTokens = 8, Batch = 3, Rounds = 2 };

        EngineBenchmarkResult result = await EngineBenchmark.RunAsync(engine, options, new Sum(count => reported += count));

        Assert.That(result.TimeToFirstToken.Count, Is.EqualTo(2 * 3));
        Assert.That(result.InterToken.Count, Is.EqualTo(2 * 3 * 7));
        Assert.That(reported, Is.EqualTo(2 * 3 * 8));
        Assert.That(result.Machine.Count, Is.EqualTo(100), "enough for a 99th percentile where there are fewer times between tokens");
        Assert.That(result.Machine.Median, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(result.PrefillTokensPerSecond, Is.Positive.And.LessThan(1e9));
        Assert.That(result.DecodeTokensPerSecond, Is.Positive.And.LessThan(1e9));
        Assert.That(result.EvictionShare, Is.Zero);
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages), "nothing stays behind");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task RunAsync_CountsWhatAStepReadsAndComputes(bool tied)
    {
        await using WinnowEngine engine = await LoadAsync(TensorType.F32, new EngineOptions(), tied);
        var options = new EngineBenchmarkOptions { PromptTokens = 27, NewTokens = 10, Rounds = 1 };

        EngineBenchmarkResult result = await EngineBenchmark.RunAsync(engine, options);

        const int Slots = 27 + 5 - 1; // The newest of five tokens is not in the cache yet.
        long perLayer = (Hidden * Heads * HeadDim * 2) + (Hidden * KvHeads * HeadDim * 2) + (3 * Hidden * Ffn);
        double matrices = (Layers * perLayer) + (Vocab * Hidden);
        Assert.That(result.TokenFlops, Is.EqualTo((2 * matrices) + (4 * Layers * Heads * HeadDim * Slots)));
        double seen = Enumerable.Range(1, 27).Sum();
        Assert.That(result.PromptFlops, Is.EqualTo((2 * ((27.0 * Layers * perLayer) + (Vocab * Hidden))) + (4 * Layers * Heads * HeadDim * seen)));

        // Two pages of 16 slots of key, value and position for each head.
        long cacheBytes = Layers * KvHeads * 2 * 16 * ((2 * HeadDim) + 1) * sizeof(float);
        double norms = ((2 * Layers) + 1) * Hidden;
        double step = (4 * (matrices + norms)) + cacheBytes;
        Assert.That(result.StepBytes, Is.EqualTo(step).Within(4 * norms), "norms count by their share where the embedding table is not read");
    }

    [Test]
    public async Task RunAsync_UnderAPolicyCountsWhatItKeepsAndTimesIt()
    {
        await using WinnowEngine full = await LoadAsync(TensorType.F32, new EngineOptions());
        await using WinnowEngine cut = await LoadAsync(TensorType.F32, new EngineOptions { KvPolicy = new WindowPolicy(KvBudget.Slots(16)) });
        var options = new EngineBenchmarkOptions { PromptTokens = 100, NewTokens = 8, Rounds = 1 };

        EngineBenchmarkResult all = await EngineBenchmark.RunAsync(full, options);
        EngineBenchmarkResult kept = await EngineBenchmark.RunAsync(cut, options);

        Assert.That(kept.EvictionShare, Is.Positive.And.LessThan(1));
        Assert.That(all.StepBytes - kept.StepBytes, Is.EqualTo(Layers * KvHeads * (7 - 1) * 16 * ((2 * HeadDim) + 1) * sizeof(float)));
        Assert.That(all.TokenFlops - kept.TokenFlops, Is.EqualTo(4 * Layers * Heads * HeadDim * (103 - 16)));
    }

    [Test]
    public async Task RunAsync_LongerThanTheContextSaysSo()
    {
        await using WinnowEngine engine = await LoadAsync(TensorType.F32, new EngineOptions { ContextTokens = 64 });

        Assert.ThrowsAsync<ContextLengthException>(() => EngineBenchmark.RunAsync(engine, new EngineBenchmarkOptions { PromptTokens = 60, NewTokens = 5 }));
    }

    [Test]
    public async Task RunAsync_CancelledStops()
    {
        await using WinnowEngine engine = await LoadAsync(TensorType.F32, new EngineOptions());
        using var source = new CancellationTokenSource();
        var options = new EngineBenchmarkOptions { PromptTokens = 8, NewTokens = 8, Rounds = 1000 };

        Assert.CatchAsync<OperationCanceledException>(() => EngineBenchmark.RunAsync(engine, options, new Sum(_ => source.Cancel()), source.Token));
        Assert.That(() => engine.Statistics.RunningRequests, Is.Zero.After(5).Seconds.PollEvery(10).MilliSeconds);
    }

    [Test]
    public void LoadAsync_ThatFailsDisposesTheFiles()
    {
        var files = ModelFiles.Random(Config(tied: true), TensorType.F32);

        Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => WinnowEngine.LoadAsync(files, new EngineOptions { ContextTokens = 100_000 }));

        Assert.Throws<ObjectDisposedException>(() => files.Tensors.Read(files.Tensors.Tensors[0], 0, new byte[4]));
    }

    [Test]
    public void Measure_GivesRatesThatAProcessorCanHave([Values(DType.F32, DType.Q8_0)] DType weights)
    {
        using var device = new CpuDevice(1);

        var peaks = DevicePeaks.Measure(device, weights);

        Assert.That(peaks.CopyBytesPerSecond, Is.InRange(1e8, 1e12));
        Assert.That(peaks.ProductFlopsPerSecond, Is.InRange(1e8, 1e13));
    }

    private static Task<WinnowEngine> LoadAsync(TensorType type, EngineOptions options, bool tied = true) =>
        WinnowEngine.LoadAsync(ModelFiles.Random(Config(tied), type), options with { Threads = 1 });

    private static HuggingFaceConfig Config(bool tied) => HuggingFaceConfig.Parse(
        Encoding.UTF8.GetBytes(
            $$"""
            {"model_type": "llama", "hidden_size": {{Hidden}}, "num_hidden_layers": {{Layers}}, "num_attention_heads": {{Heads}}, "num_key_value_heads": {{KvHeads}},
             "head_dim": {{HeadDim}}, "intermediate_size": {{Ffn}}, "vocab_size": {{Vocab}}, "max_position_embeddings": 512, "tie_word_embeddings": {{(tied ? "true" : "false")}}}
            """),
        "tiny");

    private sealed class Sum(Action<int> add) : IProgress<int>
    {
        public void Report(int value) => add(value);
    }
}
