using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Evaluation;
using Winnow.Kernels;
using Winnow.Tests.Engine;

namespace Winnow.Tests.Evaluation;

/// <summary>Recall over a few questions about random texts: what is right is found out with sessions, step by step.</summary>
internal sealed class RecallEvaluationTests : EngineTests
{
    private const int Slots = 12;
    private const string Question = " in the";

    private static readonly string[] Contexts = [Story, "xyxyxyx and on and on the train", "the rain in there, another one. then the other", "a hat on a hen in the rain then"];

    [Test]
    public async Task AskAsync_CutsBeforeTheQuestionUnlessItIsToBeAware([Values] bool queryAware)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = new WindowPolicy(KvBudget.Slots(Slots)) });
        List<RecallPrompt> prompts = [];
        foreach (string context in Contexts)
        {
            prompts.Add(await PromptAsync(engine, 1, context, queryAware));
            prompts.Add(await PromptAsync(engine, 2, context, !queryAware));
        }

        var run = new RecallRun(engine, queryAware, 1);
        await run.AskAsync([.. prompts], default);

        RecallResult result = run.Result;
        Assert.That(result.Scores[0], Is.EqualTo(new RecallScore(1, Contexts.Length, Contexts.Length)));
        Assert.That(result.Scores[1].Exact, Is.LessThan(Contexts.Length), "the other protocol gives other answers");
        Assert.That((result.Questions, result.Exact), Is.EqualTo((2 * Contexts.Length, Contexts.Length + result.Scores[1].Exact)));
        Assert.That(result.Slots, Is.EqualTo(Slots).Within(1e-9));
    }

    [Test]
    public async Task AskAsync_WithABudgetAboveTheTextIsNoPolicy([Values(1, 3, 8)] int concurrency)
    {
        await using WinnowEngine full = await LoadAsync();
        await using WinnowEngine roomy = await LoadAsync(new EngineOptions { KvPolicy = new TovaPolicy(KvBudget.Slots(500)) });
        var expected = new RecallRun(full, false, 1);
        var roomyRun = new RecallRun(roomy, false, 1);
        foreach (string[] contexts in Contexts.Chunk(concurrency))
        {
            RecallPrompt[] prompts = await Task.WhenAll(contexts.Select(context => PromptAsync(full, context.Length, context, queryAware: false)));
            await expected.AskAsync(prompts, default);
            await roomyRun.AskAsync(prompts, default);
        }

        RecallResult result = roomyRun.Result;
        Assert.That(result.Scores, Is.EqualTo(expected.Result.Scores));
        Assert.That(result.Recall, Is.EqualTo(1));
        Assert.That(expected.Result.BytesKept, Is.EqualTo(1));
        Assert.That(result.SlotsKept, Is.EqualTo(1).Within(1e-9));
        Assert.That(result.BytesKept, Is.GreaterThan(1), "what the policy keeps with each slot comes on top");
    }

    [Test]
    public async Task AskAsync_ComparesAsManyTokensAsTheAnswerHas()
    {
        await using WinnowEngine engine = await LoadAsync();
        RecallPrompt right = await PromptAsync(engine, 1, Story, queryAware: false);
        RecallPrompt wrong = right with { Length = 2, Answer = [.. right.Answer[..^1], right.Answer[^1] + 1] };
        RecallPrompt shorter = right with { Length = 3, Answer = right.Answer[..1] };

        var run = new RecallRun(engine, false, 8);
        await run.AskAsync([right, wrong, shorter], default);

        Assert.That(run.Result.Scores.Select(score => score.Exact), Is.EqualTo(new[] { 1, 0, 1 }));
        Assert.That(run.Result.DecodeTokens, Is.EqualTo(24));
    }

    [Test]
    public async Task Of_CutsOneTextIntoItsParts()
    {
        await using WinnowEngine engine = await LoadAsync();

        RecallPrompt prompt = RecallPrompt.Of(engine, new RecallQuestion(7, "the rain", " in the", " train"));
        RecallPrompt seam = RecallPrompt.Of(engine, new RecallQuestion(7, "a t", "he", " t"));

        Assert.That(prompt.Length, Is.EqualTo(7));
        Assert.That(prompt.Context, Is.EqualTo(engine.Tokenizer.Encode("the rain")).And.ItemAt(0).EqualTo(TinyModel.Bos));
        Assert.That((int[])[.. prompt.Whole, .. prompt.Answer], Is.EqualTo(engine.Tokenizer.Encode("the rain in the train")));
        Assert.That(seam.Context, Is.EqualTo(engine.Tokenizer.Encode("a t")), "where the seam falls into a token, parts are texts of their own");
        Assert.That(seam.Question, Is.EqualTo(engine.Tokenizer.Encode("he", addSpecial: false)));
    }

    [Test]
    public async Task RunAsync_SaysWhatTheCacheHeldWhenTheTextHadBeenRead()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { KvPolicy = new WindowPolicy(KvBudget.Slots(Slots)) });
        RecallQuestion[] questions = [.. Contexts.Select(context => new RecallQuestion(1, context, Question, "no"))];
        int[] tokens = [.. Contexts.Select(context => engine.Tokenizer.Encode(context).Length - 1)];

        RecallResult result = await RecallEvaluation.RunAsync(engine, questions);

        const int Heads = TinyModel.Layers * TinyModel.KvHeads;
        long page = KvCache.PageBytes(8, DType.F32);
        Assert.That(result.Tokens, Is.EqualTo(tokens.Average()).Within(1e-9));
        Assert.That(result.Slots, Is.EqualTo(Slots).Within(1e-9));
        Assert.That(result.SlotsKept, Is.EqualTo(Slots / tokens.Average()).Within(1e-9));
        Assert.That(result.Bytes, Is.EqualTo(Heads * page));
        Assert.That(result.FullBytes, Is.EqualTo(tokens.Average(count => Heads * KvCache.PagesFor(count) * page)).Within(1e-6));
        Assert.That(result.PrefillTokens, Is.EqualTo(tokens.Sum()));
        Assert.That(result.DecodeTokens, Is.EqualTo(16 * Contexts.Length));
        Assert.That(result.EvictionTime, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(result.PrefillTimePer1000Tokens / 1000 * result.PrefillTokens, Is.EqualTo(result.PrefillTime).Within(TimeSpan.FromMilliseconds(1)));
    }

    [Test]
    public async Task RunAsync_TellsHowFarItIsAndOrdersByLength()
    {
        await using WinnowEngine engine = await LoadAsync();
        RecallQuestion[] questions = [.. Enumerable.Range(0, 7).Select(i => new RecallQuestion(10 - i, Story, Question, "x"))];
        var counter = new Counter();

        RecallResult result = await RecallEvaluation.RunAsync(engine, questions, new RecallOptions { Concurrency = 3 }, counter);

        Assert.That(counter.Reports, Is.EqualTo(new[] { 3, 3, 1 }));
        Assert.That(result.Scores.Select(score => score.Length), Is.EqualTo(new[] { 4, 5, 6, 7, 8, 9, 10 }));
        Assert.That(engine.Statistics.OpenSessions, Is.Zero);
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
    }

    [Test]
    public async Task RunAsync_WithBadInputThrows()
    {
        await using WinnowEngine engine = await LoadAsync();
        RecallQuestion[] one = [new RecallQuestion(1, Story, Question, "x")];
        RecallQuestion[] tooLong = [new RecallQuestion(1, string.Concat(Enumerable.Repeat("xy", 200)), Question, "x")];

        Assert.That(async () => await RecallEvaluation.RunAsync(engine, []), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await RecallEvaluation.RunAsync(engine, one, new RecallOptions { Concurrency = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await RecallEvaluation.RunAsync(engine, one, new RecallOptions { DecodeTokens = 0 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(async () => await RecallEvaluation.RunAsync(engine, tooLong), Throws.TypeOf<ContextLengthException>());
        Assert.That(async () => await RecallEvaluation.RunAsync(engine, one, cancellationToken: new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(engine.Statistics.OpenSessions, Is.Zero);
    }

    // The answer is what the protocol gives by hand, one question at a time.
    private static async Task<RecallPrompt> PromptAsync(WinnowEngine engine, int length, string context, bool queryAware)
    {
        await using Session session = engine.CreateSession();
        int[] text = engine.Tokenizer.Encode(context);
        int[] question = engine.Tokenizer.Encode(Question, addSpecial: false);
        await session.AppendAsync(queryAware ? [.. text, .. question] : text);
        if (!queryAware)
        {
            await session.FreezeAsync();
            await session.AppendAsync(question);
        }

        List<GeneratedPiece> answer = await ReadAsync(session.GenerateAsync(new GenerationOptions { MaxTokens = 3, Temperature = 0, IgnoreEndOfText = true }));
        return new RecallPrompt(length, text, question, [.. answer.Select(piece => piece.TokenId)]);
    }

    private sealed class Counter : IProgress<int>
    {
        public List<int> Reports { get; } = [];

        public void Report(int value) => Reports.Add(value);
    }
}
