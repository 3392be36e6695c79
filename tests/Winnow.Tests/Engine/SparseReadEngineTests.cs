using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Kernels;
using Winnow.Tests.Cache.Policies;

namespace Winnow.Tests.Engine;

/// <summary>Sparse reading in the engine: everything read is full attention, and what is read does not depend on what else is in a step.</summary>
internal sealed class SparseReadEngineTests : EngineTests
{
    private static readonly string LongStory = string.Join(' ', Enumerable.Repeat(Story, 3));

    private static IEnumerable<string> Names => KvPolicies.All.Where(info => info.ReadsSparsely).Select(info => info.Name);

    [Test]
    public async Task GenerateAsync_ReadingEverythingGivesTheBitsOfFullAttention([ValueSource(nameof(Names))] string name)
    {
        await using WinnowEngine plain = await LoadAsync();
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { SparseRead = Policy(name, TinyModel.ContextTokens) });

        string expected = Trace(await ReadAsync(plain.GenerateAsync(LongStory, Sampled(1, 30))));
        string actual = Trace(await ReadAsync(engine.GenerateAsync(LongStory, Sampled(1, 30))));

        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public async Task GenerateAsync_AmongOthersGivesTheSameBits([ValueSource(nameof(Names))] string name)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { SparseRead = Policy(name, 20), PrefillChunkTokens = 48 });
        var alone = new List<string>();
        for (int i = 0; i < 6; i++)
        {
            alone.Add(Trace(await ReadAsync(engine.GenerateAsync(LongStory[(10 * i)..], Sampled((ulong)i, 20)))));
        }

        string[] together = await Task.WhenAll(Enumerable.Range(0, 6).Select(
            async i => Trace(await ReadAsync(engine.GenerateAsync(LongStory[(10 * i)..], Sampled((ulong)i, 20))))));

        Assert.That(together, Is.EqualTo(alone));
    }

    [Test]
    public async Task GenerateAsync_OnTheSimulatorChoosesTheTokensOfTheProcessor([ValueSource(nameof(Names))] string name)
    {
        using CudaDevice device = TestDevices.Simulator();
        await using WinnowEngine gpu = await LoadAsync(new EngineOptions { SparseRead = Policy(name, 12), Device = device, KvCacheType = DType.F32 });
        await using WinnowEngine cpu = await LoadAsync(new EngineOptions { SparseRead = Policy(name, 12) });
        var greedy = new GenerationOptions { Temperature = 0, MaxTokens = 6, IgnoreEndOfText = true };

        List<GeneratedPiece> expected = await ReadAsync(cpu.GenerateAsync(Story, greedy));
        List<GeneratedPiece> actual = await ReadAsync(gpu.GenerateAsync(Story, greedy));

        Assert.That(actual.Select(piece => piece.TokenId), Is.EqualTo(expected.Select(piece => piece.TokenId)));
    }

    [Test]
    public async Task GenerateAsync_OfPodWithGroupsOfOneLayerGivesTheBitsOfFullAttention([Values("5", "0.1")] string budget)
    {
        await using WinnowEngine plain = await LoadAsync();
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { SparseRead = new PodPolicy(KvBudget.Parse(budget), group: 1) });

        string expected = Trace(await ReadAsync(plain.GenerateAsync(LongStory, Sampled(1, 30))));
        string actual = Trace(await ReadAsync(engine.GenerateAsync(LongStory, Sampled(1, 30))));

        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public async Task GenerateAsync_OfPodGivesTheSameBitsForChunksOfAnySize([Values("12", "0.2")] string budget)
    {
        var traces = new List<string>();
        foreach (int chunk in new[] { 7, 48, 512 })
        {
            await using WinnowEngine engine = await LoadAsync(new EngineOptions { SparseRead = new PodPolicy(KvBudget.Parse(budget)), PrefillChunkTokens = chunk });
            traces.Add(Trace(await ReadAsync(engine.GenerateAsync(LongStory, Sampled(1, 20)))));
        }

        await using WinnowEngine plain = await LoadAsync();
        Assert.That(traces, Is.All.EqualTo(traces[0]));
        Assert.That(traces[0], Is.Not.EqualTo(Trace(await ReadAsync(plain.GenerateAsync(LongStory, Sampled(1, 20))))), "reading less shows");
    }

    [Test]
    public async Task CreateSession_ForkedUnderPodGoesOnLikeItsOrigin()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { SparseRead = Policy("pod", 12) });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(LongStory);
        await ReadAsync(session.GenerateAsync(Sampled(1, 5)));
        await using Session fork = await session.ForkAsync();

        string expected = Trace(await ReadAsync(session.GenerateAsync(Sampled(2, 20))));

        Assert.That(Trace(await ReadAsync(fork.GenerateAsync(Sampled(2, 20)))), Is.EqualTo(expected));
    }

    [Test]
    public async Task LoadAsync_WithEvictionBesidesSaysThatTheyDoNotGoTogether()
    {
        await Task.CompletedTask;
        Assert.That(
            async () => await LoadAsync(new EngineOptions { SparseRead = Policy("tidaldecode", 20), KvPolicy = (KvPolicy)KvPolicies.Create("h2o", KvBudget.Slots(20)) }),
            Throws.ArgumentException.With.Message.Contains("load another engine"));
    }

    [Test]
    public void Step_WithTooFewPagesGivesTheSameBits([ValueSource(nameof(Names))] string name)
    {
        string[] alone = Run(6, name, out _);
        string[] squeezed = Run(1.2, name, out long preemptions);

        Assert.That(squeezed, Is.EqualTo(alone));
        Assert.That(preemptions, Is.GreaterThan(0));
    }

    [Test]
    public async Task ForkAsync_AndSaveAsyncContinueWithTheSameBits([ValueSource(nameof(Names))] string name)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { SparseRead = Policy(name, 20), PrefillChunkTokens = 48 });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(LongStory);
        await ReadAsync(session.GenerateAsync(Sampled(4, 10)));
        using var saved = new MemoryStream();
        await session.SaveAsync(saved);
        saved.Position = 0;
        await using Session restored = await engine.RestoreSessionAsync(saved);
        await using Session fork = await session.ForkAsync();

        string expected = Trace(await ReadAsync(session.GenerateAsync(Sampled(5, 20))));

        Assert.That(Trace(await ReadAsync(fork.GenerateAsync(Sampled(5, 20)))), Is.EqualTo(expected));
        Assert.That(Trace(await ReadAsync(restored.GenerateAsync(Sampled(5, 20)))), Is.EqualTo(expected));
    }

    private static SparseReadPolicy Policy(string name, int slots) => (SparseReadPolicy)(name == "attentionpredictor"
        ? new AttentionPredictorPolicy(KvBudget.Slots(Math.Max(32, slots)), AttentionPredictorWeightFile.Path, sinks: 0, local: 16)
        : KvPolicies.Create(name, KvBudget.Slots(slots)));

    private string[] Run(double contexts, string name, out long preemptions)
    {
        using var engine = new ManualEngine(
            Folder, new EngineOptions { KvCacheBytes = ManualEngine.CacheBytes(contexts), PrefillChunkTokens = 48, SparseRead = Policy(name, 20) });
        GenerationRequest[] requests = [.. Enumerable.Range(0, 6).Select(i => engine.Generate(LongStory[(10 * i)..], Sampled((ulong)i, 30)))];
        engine.RunToEnd();
        preemptions = engine.Core.Preemptions;
        return [.. requests.Select(request => Trace(ManualEngine.Read(request)))];
    }
}
