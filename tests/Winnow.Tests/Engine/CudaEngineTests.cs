using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Tests.Engine;

/// <summary>The engine over the CUDA kernels: a real model's text, and tokens that are chosen on the device.</summary>
internal sealed class CudaEngineTests : EngineTests
{
    private static readonly PtxSimulatorOptions Fast = new() { Checks = false };

    [Test]
    public Task GenerateAsync_TellsTheBeginningOfTheGoldenStory() => TellStory(36);

    [Test]
    [Category("Nightly")]
    public Task GenerateAsync_TellsTheWholeGoldenStory() => TellStory(196);

    [TestCase(0f, null, null)]
    [TestCase(0.9f, 20, 0.9f)]
    [TestCase(1.3f, null, null)]
    public async Task GenerateAsync_ChoosesTheSameTokensOnTheDeviceAsFromItsLogits(float temperature, int? topK, float? topP)
    {
        GenerationOptions options = Sampled(7, 12) with
        {
            Temperature = temperature,
            TopK = topK,
            TopP = topP,
            RepetitionPenalty = 1.2f,
            LogProbabilities = null,
        };
        await using WinnowEngine engine = await LoadOnKernelsAsync();

        List<GeneratedPiece> chosenThere = await ReadAsync(engine.GenerateAsync(Story, options));
        List<GeneratedPiece> chosenHere = await ReadAsync(engine.GenerateAsync(Story, options with { LogProbabilities = 2 }));

        Assert.That(chosenThere.Select(piece => piece.TokenId), Is.EqualTo(chosenHere.Select(piece => piece.TokenId)));
        Assert.That(chosenThere.Select(piece => piece.LogProbability), Is.EqualTo(chosenHere.Select(piece => piece.LogProbability)).Within(1e-5f));
        Assert.That(chosenThere.All(piece => piece.TopLogProbabilities is null));
    }

    [Test]
    public async Task GenerateAsync_OfRequestsThatNeedMoreOrFewerPassesChoosesTheSameTokensInOneEngine()
    {
        GenerationOptions draw = Sampled(7, 6) with { LogProbabilities = null };
        GenerationOptions[] requests = [draw with { TopK = 20 }, draw, draw with { TopP = 0.9f }, draw with { TopK = 20 }, draw with { TopP = 0.9f }];
        await using WinnowEngine engine = await LoadOnKernelsAsync();
        foreach (GenerationOptions request in requests)
        {
            List<GeneratedPiece> chosenThere = await ReadAsync(engine.GenerateAsync(Story, request));
            List<GeneratedPiece> chosenHere = await ReadAsync(engine.GenerateAsync(Story, request with { LogProbabilities = 2 }));

            Assert.That(chosenThere.Select(piece => piece.TokenId), Is.EqualTo(chosenHere.Select(piece => piece.TokenId)));
        }
    }

    [Test]
    public async Task GenerateAsync_GivesTheSameBitsAloneAndAmongOthers()
    {
        GenerationOptions options = Sampled(3, 10) with { Temperature = 0.8f };
        await using WinnowEngine engine = await LoadOnKernelsAsync();
        string alone = Trace(await ReadAsync(engine.GenerateAsync(Story, options)));

        Task<List<GeneratedPiece>>[] others =
            [.. Enumerable.Range(0, 3).Select(i => ReadAsync(engine.GenerateAsync(Story[i..], Sampled((ulong)i, 14 - i))))];
        string among = Trace(await ReadAsync(engine.GenerateAsync(Story, options)));
        await Task.WhenAll(others);

        Assert.That(among, Is.EqualTo(alone));
    }

    [Test]
    public async Task GenerateAsync_GivesTheSameBitsInAnyChunking()
    {
        GenerationOptions options = Sampled(5, 6) with { Temperature = 0.7f };
        var traces = new List<string>();
        foreach (int chunk in (int[])[256, 7, 1])
        {
            await using WinnowEngine engine = await LoadOnKernelsAsync(new EngineOptions { PrefillChunkTokens = chunk });
            traces.Add(Trace(await ReadAsync(engine.GenerateAsync(Story, options))));
        }

        Assert.That(traces, Is.All.EqualTo(traces[0]));
    }

    [Test]
    public async Task LoadAsync_CompilesWhatTheFirstRequestNeedsAndRunsNothing()
    {
        NvrtcSupport.Require();
        string cache = Path.Combine(Folder, "kernels");
        var driver = new ProbedDriver(new PtxSimulator(Fast));
        var progress = new Compiling();
        var options = new EngineOptions { Device = new CudaDevice(driver, new KernelCompiler(cache), ownsDriver: true), OwnsDevice = true };

        await using WinnowEngine engine = await WinnowEngine.LoadAsync(Folder, options, progress);

        int compiled = Directory.GetFiles(cache).Length;
        Assert.That(driver.Launches + driver.GraphLaunches, Is.Zero);
        Assert.That(progress.Reports, Has.Count.EqualTo(compiled).And.Count.GreaterThan(5));
        Assert.That(progress.Reports.Count(report => report.BytesDone == report.BytesTotal), Is.InRange(1, 2), "a short prompt, a token");
        await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 6)));
        Assert.That(driver.Launches, Is.Positive);
        Assert.That(Directory.GetFiles(cache), Has.Length.EqualTo(compiled), "nothing is left to compile");
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
    }

    private sealed class Compiling : IProgress<LoadProgress>
    {
        public ConcurrentBag<LoadProgress> Reports { get; } = [];

        public void Report(LoadProgress value)
        {
            if (value.Stage == LoadStage.Compiling)
            {
                Reports.Add(value);
            }
        }
    }

    private Task<WinnowEngine> LoadOnKernelsAsync(EngineOptions? options = null) => LoadAsync((options ?? new EngineOptions()) with
    {
        Device = TestDevices.Simulator(),
        OwnsDevice = true,
    });

    private static async Task TellStory(int tokens)
    {
        string golden = await File.ReadAllTextAsync(SharedFiles.Require("golden/stories260K.txt"));
        CudaDevice device = TestDevices.Simulator(Fast);
        await using WinnowEngine engine = await WinnowEngine.LoadAsync(
            SharedFiles.Require("models/stories260K"), new EngineOptions { Device = device, OwnsDevice = true });
        const string Prompt = "Once upon a time";

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Prompt, new GenerationOptions { Temperature = 0, MaxTokens = tokens }));

        Assert.That(pieces.Count(piece => piece.TokenId >= 0), Is.EqualTo(tokens));
        Assert.That(Prompt + Text(pieces), Is.EqualTo(tokens == 196 ? golden : golden[..(Prompt + Text(pieces)).Length]));
    }
}
