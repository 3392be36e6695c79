using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Formats;
using Winnow.Kernels;

namespace Winnow.Tests.Engine;

internal sealed class LoadTests : EngineTests
{
    [Test]
    public async Task LoadAsync_ReportsProgressToTheEnd()
    {
        var progress = new Recorder();
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(Folder, new EngineOptions { Threads = 1 }, progress);

        Assert.That(progress.Reports[0].Stage, Is.EqualTo(LoadStage.Opening));
        Assert.That(progress.Reports[^1], Is.EqualTo(new LoadProgress(LoadStage.Ready, engine.Statistics.WeightBytes, engine.Statistics.WeightBytes)));
        Assert.That(progress.Reports.Select(report => report.BytesDone), Is.Ordered);
    }

    [Test]
    public void LoadAsync_CancelledAtAnyMomentFreesAllMemory([Range(1, 24, 4)] int reports)
    {
        using var device = new CpuDevice(1);
        using var source = new CancellationTokenSource();
        var progress = new Recorder { OnReport = count => { if (count == reports) { source.Cancel(); } } };

        Assert.That(
            async () => await WinnowEngine.LoadAsync(Folder, new EngineOptions { Device = device }, progress, source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(device.AllocatedBytes, Is.Zero);
    }

    [Test]
    public void LoadAsync_OfNothingThrowsModelNotFound()
    {
        Assert.That(async () => await WinnowEngine.LoadAsync(Path.Combine(Folder, "nowhere")), Throws.TypeOf<ModelNotFoundException>());
    }

    [Test]
    public void LoadAsync_IntoTooLittleMemorySaysSoBeforeAllocating()
    {
        using var device = new FaultyDevice { PretendedFreeBytes = 1000 };
        var log = new ListLogger();
        OutOfDeviceMemoryException error = Assert.ThrowsAsync<OutOfDeviceMemoryException>(
            () => WinnowEngine.LoadAsync(Folder, new EngineOptions { Device = device, LoggerFactory = log }))!;
        Assert.That(error.FreeBytes, Is.EqualTo(1000));
        Assert.That(error.Message, Does.Contain("do not fit"));
        Assert.That(device.Buffers, Is.Zero);
        Assert.That(log.Lines, Is.Empty);
    }

    [Test]
    public void LoadAsync_WithBadOptionsThrowsBeforeLoading()
    {
        Assert.That(() => WinnowEngine.LoadAsync("x", new EngineOptions { MaxSequences = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => WinnowEngine.LoadAsync("x", new EngineOptions { Threads = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => WinnowEngine.LoadAsync("x", new EngineOptions { PrefillChunkTokens = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => WinnowEngine.LoadAsync("x", new EngineOptions { KvCacheType = DType.Q8_0 }), Throws.ArgumentException);
        Assert.That(() => WinnowEngine.LoadAsync(""), Throws.ArgumentException);
        Assert.That(
            async () => await WinnowEngine.LoadAsync(Folder, new EngineOptions { ContextTokens = 100_000 }), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task LoadAsync_WithLittleCacheMemoryCutsContextAndSaysSo()
    {
        var log = new ListLogger();
        long page = Winnow.Cache.KvCache.PageBytes(8, DType.F32);
        await using WinnowEngine engine = await LoadAsync(new EngineOptions
        {
            KvCacheBytes = 5 * TinyModel.Layers * TinyModel.KvHeads * page,
            LoggerFactory = log,
        });

        Assert.That(engine.ContextTokens, Is.EqualTo(80));
        Assert.That(log.Lines, Has.Some.Contains("192 to 80"));
    }

    [Test]
    public async Task GenerateAsync_LogsContentAtTraceLevelOnly()
    {
        var log = new ListLogger();
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { LoggerFactory = log });
        await ReadAsync(engine.GenerateAsync("secret words", Sampled(1, 3)));

        string[] told = [.. log.Lines.Where(line => line.Contains("secret", StringComparison.Ordinal))];
        Assert.That(told, Is.Not.Empty.And.All.StartsWith("Trace"));
    }

    [Test]
    public async Task Defaults_ComeFromTheModelsFilesAndYieldToTheCaller()
    {
        string folder = Directory.CreateTempSubdirectory("winnow-engine-").FullName;
        try
        {
            TinyModel.Write(folder);
            File.WriteAllText(Path.Combine(folder, "generation_config.json"), """{"do_sample": false, "temperature": 0.7, "eos_token_id": [1, 99]}""");
            await using WinnowEngine engine = await WinnowEngine.LoadAsync(folder, new EngineOptions { Threads = 1 });
            GenerationOptions open = Sampled(1, 20) with { Seed = null };

            string greedy = Trace(await ReadAsync(engine.GenerateAsync(Story, open)));
            string explicitly = Trace(await ReadAsync(engine.GenerateAsync(Story, open with { Temperature = 0 })));
            string sampled = Trace(await ReadAsync(engine.GenerateAsync(Story, open with { Temperature = 2, Seed = 3 })));

            Assert.That(greedy, Is.EqualTo(explicitly).And.Not.EqualTo(sampled));
            var bias = new Dictionary<int, float> { [99] = 1e6f };
            List<GeneratedPiece> ended = await ReadAsync(engine.GenerateAsync(Story, new GenerationOptions { LogitBias = bias }));
            Assert.That(ended.Select(piece => piece.FinishReason), Is.EqualTo(new FinishReason?[] { FinishReason.EndOfText }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase("""{"do_sample": true, "top_k": -1}""", true)]
    [TestCase("""{"do_sample": true, "temperature": -3}""", false)]
    [TestCase("""{"do_sample": true, "repetition_penalty": 0}""", false)]
    public async Task LoadAsync_WithSuggestedSamplingThatIsImpossibleSaysSo(string json, bool possible)
    {
        string folder = Directory.CreateTempSubdirectory("winnow-engine-").FullName;
        try
        {
            TinyModel.Write(folder);
            await File.WriteAllTextAsync(Path.Combine(folder, "generation_config.json"), json);
            async Task Load() => await (await WinnowEngine.LoadAsync(folder, new EngineOptions { Threads = 1 })).DisposeAsync();

            Assert.That(Load, possible ? Throws.Nothing : Throws.TypeOf<ModelFormatException>().With.Message.Contains(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Recorder : IProgress<LoadProgress>
    {
        public List<LoadProgress> Reports { get; } = [];

        public Action<int>? OnReport { get; init; }

        public void Report(LoadProgress value)
        {
            Reports.Add(value);
            OnReport?.Invoke(Reports.Count);
        }
    }

    private sealed class ListLogger : ILoggerFactory, ILogger
    {
        private readonly List<string> _lines = [];

        public string[] Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("This logger keeps lines itself.");

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add($"{logLevel} {eventId.Id}: {formatter(state, exception)}");
            }
        }

        public void Dispose()
        {
            // Lines stay readable.
        }
    }
}
