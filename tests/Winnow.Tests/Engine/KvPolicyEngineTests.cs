using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Tests.Cache.Policies;

namespace Winnow.Tests.Engine;

/// <summary>Policies in the engine: chunks, decoding, many sequences, preemption, sessions, texts beyond the context.</summary>
internal sealed class KvPolicyEngineTests : EngineTests
{
    private const int Requests = 8;

    private static readonly string LongStory = string.Join(' ', Enumerable.Repeat(Story, 3));

    private static readonly string[] Prompts =
        [.. Enumerable.Range(0, Requests).Select(i => string.Join(' ', Enumerable.Repeat(Story, 1 + (i % 3))) + " " + (char)('a' + i))];

    private static IEnumerable<string> Evicting => KvPolicies.All.Where(info => !info.ReadsSparsely).Select(info => info.Name).Where(name => name != "none");

    [Test]
    public async Task GenerateAsync_WithRoomForAllGivesTheBitsOfNoPolicy([ValueSource(nameof(Evicting))] string name)
    {
        await using WinnowEngine plain = await LoadAsync();
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(TinyModel.ContextTokens)) });

        string expected = Trace(await ReadAsync(plain.GenerateAsync(LongStory, Sampled(1, 30))));
        string actual = Trace(await ReadAsync(engine.GenerateAsync(LongStory, Sampled(1, 30))));

        Assert.That(actual, Is.EqualTo(expected));
    }

    [Test]
    public async Task GenerateAsync_AmongOthersGivesTheSameBits([ValueSource(nameof(Evicting))] string name)
    {
        KvPolicy policy = Policy(name, KvBudget.Slots(40));
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { MoreKvPolicies = [policy], PrefillChunkTokens = 48 });
        var alone = new List<string>();
        for (int i = 0; i < Requests; i++)
        {
            alone.Add(await TraceAsync(engine, i, policy));
        }

        string[] together = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => TraceAsync(engine, i, i % 3 == 2 ? null : policy)));

        Assert.That(together.Where((_, i) => i % 3 != 2), Is.EqualTo(alone.Where((_, i) => i % 3 != 2)));
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
    }

    [Test]
    public void Step_WithTooFewPagesSwapsAndGivesTheSameBits([Values("h2o", "streamingllm", "snapkv", "adakv", "lazyeviction", "nats")] string name)
    {
        KvPolicy policy = Policy(name, KvBudget.Slots(40));
        string[] alone = Run(4, policy, out _);
        string[] squeezed = Run(0.8, policy, out long preemptions);

        Assert.That(squeezed, Is.EqualTo(alone));
        Assert.That(preemptions, Is.GreaterThan(0));
    }

    [Test]
    public async Task AppendAsync_HoldsNoMoreThanBudgetAndChunkAtAnyTime()
    {
        // 180 tokens would take 12 pages of each head; the cache has 6.
        var options = new EngineOptions { KvPolicy = Policy("h2o", KvBudget.Slots(32)), PrefillChunkTokens = 32, KvCacheBytes = ManualEngine.CacheBytes(0.5) };
        await using WinnowEngine engine = await LoadAsync(options with { ContextTokens = TinyModel.ContextTokens });
        await using Session session = engine.CreateSession();
        int[] tokens = [.. Enumerable.Range(0, 180).Select(i => 4 + (i % 250))];

        await session.AppendAsync(tokens.AsMemory());
        KvUsage usage = await session.MeasureAsync();

        Assert.That(usage.SlotsOfLayers, Is.All.EqualTo(32));
        Assert.That(usage.Bytes, Is.EqualTo(TinyModel.Layers * TinyModel.KvHeads * 2 * KvCache.PageBytes(8, Kernels.DType.F32, 1)));
        Assert.That(usage.FullBytes, Is.EqualTo(TinyModel.Layers * TinyModel.KvHeads * 12 * KvCache.PageBytes(8, Kernels.DType.F32)));
        Assert.That(usage.Kept, Is.EqualTo(32.0 / 179).Within(1e-9));
        Assert.That(engine.Statistics.TotalPages, Is.LessThan(TinyModel.Layers * TinyModel.KvHeads * 12));
    }

    [Test]
    public async Task GenerateAsync_WithCacheRelativePositionsGoesPastTheContext()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy("streamingllm", KvBudget.Slots(40)), PrefillChunkTokens = 32 });
        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(3, 3 * TinyModel.ContextTokens)));

        Assert.That(pieces, Has.Count.EqualTo(3 * TinyModel.ContextTokens));
        Assert.That(pieces[^1].FinishReason, Is.EqualTo(FinishReason.Length));
        Assert.That(pieces.Select(piece => piece.LogProbability), Is.All.Matches<float>(float.IsFinite));
    }

    // What is kept and what comes until something leaves has to fit the context: where just one token does, any number of them go through; where none does, the context is the end.
    [TestCase(40, 32, true)]
    [TestCase(TinyModel.ContextTokens - 40, 256, true)]
    [TestCase(TinyModel.ContextTokens - 16, 64, true)]
    [TestCase(TinyModel.ContextTokens - 15, 64, false)]
    [TestCase(TinyModel.ContextTokens, 64, false)]
    [TestCase(10 * TinyModel.ContextTokens, 64, false)]
    public async Task GenerateAsync_WithCacheRelativePositionsEndsWhereTheBudgetLeavesNoRoom(int budget, int chunk, bool goesOn)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy("streamingllm", KvBudget.Slots(budget)), PrefillChunkTokens = chunk });
        await using Session session = engine.CreateSession();
        int[] tokens = [.. Enumerable.Range(0, 2 * TinyModel.ContextTokens).Select(i => 4 + (i % 250))];
        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(3, 2 * TinyModel.ContextTokens)));

        Assert.That(pieces[^1].FinishReason, Is.EqualTo(goesOn ? FinishReason.Length : FinishReason.ContextFull));
        Assert.That(async () => await session.AppendAsync(tokens.AsMemory()), goesOn ? Throws.Nothing : Throws.TypeOf<ContextLengthException>());
        Assert.That(async () => await session.AppendAsync(Story), Throws.Nothing, "the engine goes on");
        Assert.That(async () => await engine.PerplexityAsync(LongStory), Throws.Nothing);
    }

    [Test]
    public async Task RestoreSessionAsync_UnderAPolicyThatTheFullCacheIsNewToTakesNoMoreThanTheContextHolds()
    {
        KvPolicy policy = Policy("streamingllm", KvBudget.Slots(40));
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { MoreKvPolicies = [policy], PrefillChunkTokens = 64 });
        await using Session full = engine.CreateSession();
        await full.AppendAsync(Enumerable.Range(0, TinyModel.ContextTokens - 8).Select(i => 4 + (i % 250)).ToArray().AsMemory());
        using var saved = new MemoryStream();
        await full.SaveAsync(saved);
        saved.Position = 0;
        await using Session restored = await engine.RestoreSessionAsync(saved, policy);

        Assert.That(async () => await restored.AppendAsync(LongStory), Throws.TypeOf<ContextLengthException>());
        Assert.That(async () => await full.AppendAsync("a"), Throws.Nothing, "the engine goes on");
    }

    [Test]
    public async Task FreezeAsync_LetsAForkedContextAnswerManyQuestionsAlike()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy("snapkv", KvBudget.Slots(48)), PrefillChunkTokens = 64 });
        await using Session context = engine.CreateSession();
        await context.AppendAsync(LongStory);
        await context.FreezeAsync();
        double before = (await context.MeasureAsync()).SlotsOfLayers[0];
        var answers = new List<string>();
        for (int i = 0; i < 2; i++)
        {
            await using Session fork = await context.ForkAsync();
            await fork.AppendAsync(" the thing");
            answers.Add(Trace(await ReadAsync(fork.GenerateAsync(Sampled(9, 20)))));
            Assert.That((await fork.MeasureAsync()).SlotsOfLayers[0], Is.GreaterThan(before));
        }

        Assert.That(answers[1], Is.EqualTo(answers[0]));
        Assert.That((await context.MeasureAsync()).SlotsOfLayers[0], Is.EqualTo(before));
    }

    [Test]
    public async Task RollbackAsync_OfARestoredSessionIsThatOfTheSavedOne([ValueSource(nameof(Evicting))] string name)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(40)), PrefillChunkTokens = 48 });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(LongStory);
        await ReadAsync(session.GenerateAsync(Sampled(4, 10)));
        using var saved = new MemoryStream();
        await session.SaveAsync(saved);
        saved.Position = 0;
        await using Session restored = await engine.RestoreSessionAsync(saved);
        var texts = new List<string>();
        foreach (Session one in new[] { session, restored })
        {
            await one.RollbackAsync(7);
            texts.Add(Trace(await ReadAsync(one.GenerateAsync(Sampled(5, 20)))));
        }

        Assert.That(texts[1], Is.EqualTo(texts[0]));
    }

    [Test]
    public async Task RestoreSessionAsync_OfAFrozenSessionGoesOnUnderThePolicy([ValueSource(nameof(Evicting))] string name)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(40)), PrefillChunkTokens = 48 });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(LongStory);
        await session.FreezeAsync();
        await ReadAsync(session.GenerateAsync(Sampled(4, 10)));
        using var saved = new MemoryStream();
        await session.SaveAsync(saved);
        saved.Position = 0;
        await using Session restored = await engine.RestoreSessionAsync(saved);
        await restored.AppendAsync(Story);
        List<GeneratedPiece> pieces = await ReadAsync(restored.GenerateAsync(Sampled(5, 20)));

        Assert.That(pieces, Has.Count.EqualTo(20));
        Assert.That(pieces.Select(piece => piece.LogProbability), Is.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void Rollback_OfASequenceThatIsSwappedOutAndHasNoRoomIsThatOfOneThatHas([ValueSource(nameof(Evicting))] string name, [Values] bool freezes)
    {
        string[] texts = [.. new[] { 4, 1.1 }.Select(contexts => RollBackBeside(contexts, Policy(name, KvBudget.Slots(40)), freezes))];

        Assert.That(texts[1], Is.EqualTo(texts[0]));
    }

    [Test]
    public async Task FreezeAsync_OfATextBeyondTheContextLeavesRoomForQuestions()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy("streamingllm", KvBudget.Slots(40)), PrefillChunkTokens = 32 });
        await using Session context = engine.CreateSession();
        await context.AppendAsync(Enumerable.Range(0, 3 * TinyModel.ContextTokens).Select(i => 4 + (i % 250)).ToArray().AsMemory());
        await context.FreezeAsync();
        await using Session fork = await context.ForkAsync();
        int held = (int)(await fork.MeasureAsync()).SlotsOfLayers[0];
        List<GeneratedPiece> pieces = await ReadAsync(fork.GenerateAsync(Sampled(9, 2 * TinyModel.ContextTokens)));

        Assert.That(pieces, Has.Count.EqualTo(TinyModel.ContextTokens - held - 1), "all places of the context are taken");
        Assert.That(pieces[^1].FinishReason, Is.EqualTo(FinishReason.ContextFull));
        Assert.That(pieces.Select(piece => piece.LogProbability), Is.All.Matches<float>(float.IsFinite));
        Assert.That(async () => await fork.AppendAsync("a"), Throws.TypeOf<ContextLengthException>());
        Assert.That(async () => await context.AppendAsync("a"), Throws.Nothing);
    }

    [Test]
    public async Task RollbackAsync_OfTheLastTokensOfAFrozenSessionTakesNoOthers([ValueSource(nameof(Evicting))] string name)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(40)), PrefillChunkTokens = 48 });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(LongStory);
        await session.FreezeAsync();
        List<GeneratedPiece> pieces = await ReadAsync(session.GenerateAsync(Sampled(5, 20)));
        double held = (await session.MeasureAsync()).SlotsOfLayers[0];

        await session.RollbackAsync(8);
        KvUsage left = await session.MeasureAsync();
        List<GeneratedPiece> again = await ReadAsync(session.GenerateAsync(Sampled(5, 8)));

        // The last token of a session is not in the cache.
        Assert.That(left.SlotsOfLayers[0], Is.EqualTo(held - 8));
        Assert.That(again[0].TokenId, Is.EqualTo(pieces[12].TokenId));
    }

    [Test]
    public async Task RollbackAsync_OfAFrozenSessionPastTheWindowIsThatOfOneFrozenAfterwards([Values("streamingllm", "sepllm")] string name)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(24)), PrefillChunkTokens = 48 });
        var texts = new List<string>();
        foreach (bool freezesFirst in new[] { true, false })
        {
            await using Session session = engine.CreateSession();
            await session.AppendAsync(LongStory);
            await (freezesFirst ? session.FreezeAsync() : Task.CompletedTask);
            await session.RollbackAsync(session.Length - 20);
            await session.FreezeAsync();
            texts.Add(Trace(await ReadAsync(session.GenerateAsync(Sampled(5, 12)))));
        }

        Assert.That(texts[0], Is.EqualTo(texts[1]));
    }

    [Test]
    public async Task SaveAsync_OfAnEvictedSessionContinuesWithTheSameBits([ValueSource(nameof(Evicting))] string name)
    {
        var options = new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(40)), PrefillChunkTokens = 48 };
        using var saved = new MemoryStream();
        string expected;
        await using (WinnowEngine engine = await LoadAsync(options))
        {
            await using Session session = engine.CreateSession();
            await session.AppendAsync(LongStory);
            await ReadAsync(session.GenerateAsync(Sampled(4, 10)));
            await session.SaveAsync(saved);
            expected = Trace(await ReadAsync(session.GenerateAsync(Sampled(5, 20))));
        }

        saved.Position = 0;
        await using WinnowEngine other = await LoadAsync(options);
        await using Session restored = await other.RestoreSessionAsync(saved);

        Assert.That(Trace(await ReadAsync(restored.GenerateAsync(Sampled(5, 20)))), Is.EqualTo(expected));
    }

    [Test]
    public async Task RollbackAsync_OfDecodedTokensContinuesFromThere([Values("streamingllm", "window", "snapkv")] string name)
    {
        // Nothing leaves while these few tokens are decoded but for the first ones of the window, so taking them off and on again changes little: what is left is the same.
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(64)), PrefillChunkTokens = 48 });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(LongStory);
        await session.FreezeAsync();
        string expected = Trace(await ReadAsync(session.GenerateAsync(Sampled(5, 12))));

        await session.RollbackAsync(12);

        Assert.That(Trace(await ReadAsync(session.GenerateAsync(Sampled(5, 12)))), Is.EqualTo(expected));
    }

    [Test]
    public async Task RollbackAsync_PastTheWindowGoesOnFromTheFirstTokens([Values("streamingllm", "sepllm")] string name)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = Policy(name, KvBudget.Slots(24)), PrefillChunkTokens = 48 });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(LongStory);

        await session.RollbackAsync(session.Length - 20);
        KvUsage left = await session.MeasureAsync();
        await session.AppendAsync(LongStory);
        List<GeneratedPiece> pieces = await ReadAsync(session.GenerateAsync(Sampled(5, 12)));

        Assert.That(left.SlotsOfLayers, Is.All.InRange(4, 24));
        Assert.That(pieces.Select(piece => piece.LogProbability), Is.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public async Task GenerateAsync_WithAPolicyThatTheEngineWasNotLoadedForSaysSo()
    {
        await using WinnowEngine engine = await LoadAsync();
        Assert.That(
            () => engine.GenerateAsync(Story, new GenerationOptions { KvPolicy = Policy("h2o", KvBudget.Slots(40)) }),
            Throws.ArgumentException.With.Message.Contains("MoreKvPolicies"));
    }

    private static KvPolicy Policy(string name, KvBudget budget) => (KvPolicy)KvPolicies.Create(name, budget, OptionsOf(name));

    // What has to differ from the defaults in a model and budgets so small.
    private static Dictionary<string, string> OptionsOf(string name) => name switch
    {
        "lazyeviction" => new() { ["window"] = "8" },
        "nats" => new() { ["weights"] = NatsWeightFile.PathFor(TinyModel.Layers, TinyModel.KvHeads, TinyModel.Hidden), ["window"] = "20" },
        _ => [],
    };

    private static async Task<string> TraceAsync(WinnowEngine engine, int request, KvPolicy? policy) =>
        Trace(await ReadAsync(engine.GenerateAsync(Prompts[request], Sampled((ulong)request, 30) with { KvPolicy = policy })));

    // Rolls a session back while a long text has its pages, where there are not enough for both, and continues it.
    private string RollBackBeside(double contexts, KvPolicy policy, bool freezes)
    {
        double planes = (double)KvCache.PageBytes(8, Kernels.DType.F32, policy.Planes.Count) / KvCache.PageBytes(8, Kernels.DType.F32);
        using var engine = new ManualEngine(
            Folder, new EngineOptions { KvCacheBytes = ManualEngine.CacheBytes(contexts * planes), PrefillChunkTokens = 48, KvPolicy = policy });
        EngineSequence session = engine.CreateSequence(policy);
        engine.Append(session, LongStory);
        engine.Continue(session, Sampled(4, 10));
        engine.Generate("the", Sampled(1, 185));
        for (int step = 0; step < 184; step++)
        {
            engine.Core.Step();
        }

        Assert.That(session.Swapped is not null, Is.EqualTo(contexts < 2));
        if (freezes)
        {
            engine.Core.Freeze(session);
        }

        engine.Core.Rollback(session, 7);
        Assert.That(session.Swapped is not null, Is.EqualTo(contexts < 2));
        engine.RunToEnd();
        string first = Trace(engine.Continue(session, Sampled(5, 20)));
        engine.Core.Rollback(session, 3);
        return first + Trace(engine.Continue(session, Sampled(6, 20)));
    }

    private string[] Run(double contexts, KvPolicy policy, out long preemptions)
    {
        using var engine = new ManualEngine(
            Folder, new EngineOptions { KvCacheBytes = ManualEngine.CacheBytes(contexts), PrefillChunkTokens = 48, KvPolicy = policy });
        GenerationRequest[] requests =
            [.. Enumerable.Range(0, Requests).Select(i => engine.Generate(Prompts[i], Sampled((ulong)i, 30) with { KvPolicy = policy }))];
        engine.RunToEnd();
        Assert.That(engine.IsEmpty, Is.True);
        preemptions = engine.Core.Preemptions;
        return [.. requests.Select(request => Trace(ManualEngine.Read(request)))];
    }
}
