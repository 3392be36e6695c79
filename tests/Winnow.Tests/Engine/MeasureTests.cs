using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;

namespace Winnow.Tests.Engine;

internal sealed class MeasureTests : EngineTests
{
    private static readonly string[] Texts = [Story, "the", "in an hour", "", string.Concat(Enumerable.Repeat("xy", 70)), Story];

    [Test]
    public async Task EmbedAsync_ManyTextsGiveTheSameBitsAsOneInOrder([Values] EmbeddingPooling pooling, [Values(5, 256)] int chunk)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { PrefillChunkTokens = chunk, MaxSequences = 3 });
        var options = new EmbeddingOptions { Pooling = pooling };

        float[][] together = await engine.EmbedAsync(Texts, options);

        for (int i = 0; i < Texts.Length; i++)
        {
            Assert.That(together[i], Is.EqualTo((await engine.EmbedAsync([Texts[i]], options))[0]), $"text {i}");
        }

        Assert.That(together[5], Is.EqualTo(together[0]));
        Assert.That(together[1].SequenceEqual(together[0]), Is.EqualTo(pooling == EmbeddingPooling.Cls), "a causal model's first row knows the first token only");
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
    }

    [Test]
    public async Task EmbedAsync_ByDefaultHasLengthOneAndThePoolingsDirection()
    {
        await using WinnowEngine engine = await LoadAsync();

        float[] unit = (await engine.EmbedAsync([Story]))[0];
        float[] raw = (await engine.EmbedAsync([Story], new EmbeddingOptions { Normalize = false }))[0];

        double length = Math.Sqrt(raw.Sum(value => (double)value * value));
        Assert.That(unit, Has.Length.EqualTo(TinyModel.Hidden));
        Assert.That(unit.Sum(value => (double)value * value), Is.EqualTo(1).Within(1e-6));
        Assert.That(unit, Is.EqualTo(raw.Select(value => (float)(value / length))).Within(1e-6f));
    }

    [Test]
    public async Task EmbedAsync_MeanIsTheMeanOfThePrefixesLastRows()
    {
        await using WinnowEngine engine = await LoadAsync();
        const string text = "xyxy";
        string[] prefixes = [.. Enumerable.Range(0, text.Length + 1).Select(length => text[..length])];

        float[][] rows = await engine.EmbedAsync(prefixes, new EmbeddingOptions { Pooling = EmbeddingPooling.Last, Normalize = false });
        float[] mean = (await engine.EmbedAsync([text], new EmbeddingOptions { Normalize = false }))[0];
        float[] first = (await engine.EmbedAsync([text], new EmbeddingOptions { Pooling = EmbeddingPooling.Cls, Normalize = false }))[0];

        for (int i = 0; i < mean.Length; i++)
        {
            Assert.That(mean[i], Is.EqualTo(rows.Average(row => (double)row[i])).Within(1e-5));
        }

        Assert.That(first, Is.EqualTo(rows[0]));
    }

    [Test]
    public async Task EmbedAsync_OfTextOverContextThrows()
    {
        await using WinnowEngine engine = await LoadAsync();

        Assert.That(
            async () => await engine.EmbedAsync([string.Concat(Enumerable.Repeat("xy", 100))]), Throws.TypeOf<ContextLengthException>());
        Assert.That(async () => await engine.EmbedAsync(["a"], null, new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task PerplexityAsync_EqualsTheLogProbabilitiesOfTheTokens()
    {
        await using WinnowEngine engine = await LoadAsync();
        int[] tokens = engine.Tokenizer.Encode(Story);
        double expected = 0;
        for (int i = 1; i < tokens.Length; i++)
        {
            // Forcing the next token by its bias shows its log-probability under the unmodified distribution.
            var forced = new GenerationOptions { MaxTokens = 1, LogitBias = new Dictionary<int, float> { [tokens[i]] = 1e6f }, IgnoreEndOfText = true };
            List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(tokens.AsMemory(0, i), forced));
            Assert.That(pieces[0].TokenId, Is.EqualTo(tokens[i]));
            expected -= pieces[0].LogProbability;
        }

        PerplexityResult result = await engine.PerplexityAsync(Story);

        Assert.That(result.Tokens, Is.EqualTo(tokens.Length - 1));
        Assert.That(result.MeanNegativeLogLikelihood, Is.EqualTo(expected / (tokens.Length - 1)).Within(1e-5));
        Assert.That(result.Perplexity, Is.EqualTo(Math.Exp(result.MeanNegativeLogLikelihood)));
    }

    [Test]
    public async Task PerplexityAsync_InWindowsPredictsEveryToken([Values(3, 64)] int chunk)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { PrefillChunkTokens = chunk });
        string text = string.Join(' ', Enumerable.Repeat(Story, 20));
        int tokens = engine.Tokenizer.Encode(text, addSpecial: false).Length;

        PerplexityResult all = await engine.PerplexityAsync(text, new PerplexityOptions { WindowTokens = 50 });
        PerplexityResult two = await engine.PerplexityAsync(text, new PerplexityOptions { WindowTokens = 50, MaxWindows = 2 });

        Assert.That(all.Tokens, Is.EqualTo(tokens));
        Assert.That(two.Tokens, Is.EqualTo(98));
        Assert.That(all.MeanNegativeLogLikelihood, Is.GreaterThan(0));
    }

    [Test]
    public async Task PerplexityAsync_UnderAPolicyIsWhatTheCacheThenPredicts()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = new TovaPolicy(KvBudget.Slots(6)), PrefillChunkTokens = 1 });
        int[] tokens = engine.Tokenizer.Encode(Story);
        double expected = 0;
        for (int i = 1; i < tokens.Length; i++)
        {
            var forced = new GenerationOptions { MaxTokens = 1, LogitBias = new Dictionary<int, float> { [tokens[i]] = 1e6f }, IgnoreEndOfText = true };
            expected -= (await ReadAsync(engine.GenerateAsync(tokens.AsMemory(0, i), forced)))[0].LogProbability;
        }

        PerplexityResult cut = await engine.PerplexityAsync(Story);
        PerplexityResult full = await engine.PerplexityAsync(Story, new PerplexityOptions { KvPolicy = new NonePolicy() });

        Assert.That(cut.MeanNegativeLogLikelihood, Is.EqualTo(expected / (tokens.Length - 1)).Within(1e-5));
        Assert.That(cut.Cache!.SlotsOfLayers, Is.All.EqualTo(6));
        Assert.That(full.MeanNegativeLogLikelihood, Is.Not.EqualTo(cut.MeanNegativeLogLikelihood).Within(1e-3));
        Assert.That(full.Cache!.Kept, Is.EqualTo(1));
    }

    [Test]
    public async Task PerplexityAsync_UnderAPolicyWithRoomIsThatWithout([Values(1, 7, 256)] int chunk)
    {
        string text = string.Join(' ', Enumerable.Repeat(Story, 12));
        await using WinnowEngine plain = await LoadAsync();
        await using WinnowEngine roomy = await LoadAsync(new EngineOptions { KvPolicy = new TovaPolicy(KvBudget.Slots(500)), PrefillChunkTokens = chunk, MaxSequences = 3 });

        PerplexityResult expected = await plain.PerplexityAsync(text);
        PerplexityResult result = await roomy.PerplexityAsync(text);

        Assert.That(result.Tokens, Is.EqualTo(expected.Tokens));
        Assert.That(result.MeanNegativeLogLikelihood, Is.EqualTo(expected.MeanNegativeLogLikelihood));
    }

    [Test]
    public async Task PerplexityAsync_OfPositionsInTheCacheStreamsBeyondTheContext([Values(1, 16)] int chunk)
    {
        string text = string.Join(' ', Enumerable.Repeat(Story, 40));
        await using WinnowEngine engine = await LoadAsync(
            new EngineOptions { KvPolicy = new StreamingLlmPolicy(KvBudget.Slots(20), interval: 1), PrefillChunkTokens = chunk });

        PerplexityResult stream = await engine.PerplexityAsync(text);
        PerplexityResult windows = await engine.PerplexityAsync(text, new PerplexityOptions { WindowTokens = 100 });

        Assert.That(stream.Cache!.Tokens, Is.EqualTo(stream.Tokens).And.GreaterThan(4 * TinyModel.ContextTokens));
        Assert.That(stream.Cache.SlotsOfLayers, Is.All.EqualTo(20));
        Assert.That(windows.Cache!.Tokens, Is.EqualTo(99));
        Assert.That(double.IsFinite(stream.Perplexity) && stream.Perplexity > 1);
    }

    [Test]
    public async Task PerplexityAsync_OfAShareOfTheTokensKeepsToTheContext()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = new StreamingLlmPolicy(KvBudget.Ratio(0.5)) });

        Assert.That(
            async () => await engine.PerplexityAsync(Story, new PerplexityOptions { WindowTokens = TinyModel.ContextTokens + 1 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task PerplexityAsync_WithBadInputThrows()
    {
        await using WinnowEngine engine = await LoadAsync();

        Assert.That(async () => await engine.PerplexityAsync(""), Throws.ArgumentException);
        Assert.That(
            async () => await engine.PerplexityAsync("a", new PerplexityOptions { WindowTokens = 1 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            async () => await engine.PerplexityAsync("a", new PerplexityOptions { WindowTokens = 9999 }), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task Step_ThatPreemptsEmbeddingsAndScoresForAnOlderTextGivesTheSameBits()
    {
        string text = string.Concat(Enumerable.Repeat("xy", 70));
        await using WinnowEngine large = await LoadAsync();
        float[] embedding = (await large.EmbedAsync([text]))[0];
        PerplexityResult perplexity = await large.PerplexityAsync(text);
        using var small = new ManualEngine(Folder, new EngineOptions { KvCacheBytes = ManualEngine.CacheBytes(1.25), PrefillChunkTokens = 1 });
        int[] tokens = small.Encode(text);
        var embed = new EmbeddingRequest(new EngineSequence(tokens, 0), TinyModel.Hidden, EmbeddingPooling.Mean, normalize: true);
        var score = new ScoreRequest(new EngineSequence(tokens, 0) { NeedsAllLogits = true });
        foreach (EngineRequest younger in new EngineRequest[] { embed, score })
        {
            long before = small.Core.Preemptions;
            small.Generate("the", Sampled(1, 180));
            small.Core.Step();
            small.Core.Submit(younger);
            small.RunToEnd();
            Assert.That(small.Core.Preemptions, Is.GreaterThan(before));
        }

        Assert.That(embed.Done.Result, Is.EqualTo(embedding));
        Assert.That(score.Done.Result / perplexity.Tokens, Is.EqualTo(perplexity.MeanNegativeLogLikelihood));
    }
}
