using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;

namespace Winnow.Tests.Engine;

internal sealed class SessionTests : EngineTests
{
    [Test]
    public async Task GenerateAsync_AfterAppendingInPartsEqualsOnePrompt()
    {
        await using WinnowEngine engine = await LoadAsync();
        int[] tokens = engine.Tokenizer.Encode(Story);
        string expected = Trace(await ReadAsync(engine.GenerateAsync(tokens, Sampled(1, 20))));
        await using Session session = engine.CreateSession();

        await session.AppendAsync(tokens.AsMemory(0, 7));
        await session.AppendAsync(tokens.AsMemory(7, 1));
        await session.AppendAsync(tokens.AsMemory(8));
        List<GeneratedPiece> pieces = await ReadAsync(session.GenerateAsync(Sampled(1, 20)));

        Assert.That(Trace(pieces), Is.EqualTo(expected));
        Assert.That(pieces[^1].Usage!.CachedTokens, Is.EqualTo(tokens.Length - 1));
        Assert.That(session.Tokens, Is.EqualTo(tokens.Concat(pieces.Select(piece => piece.TokenId))));
    }

    [Test]
    public async Task AppendAsync_AddsTheTokenThatBeginsTextsOnce()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = engine.CreateSession();

        await session.AppendAsync("the");
        await session.AppendAsync(" the");

        Assert.That(session.Tokens.Count(token => token == TinyModel.Bos), Is.EqualTo(1));
        Assert.That(session.Tokens[0], Is.EqualTo(TinyModel.Bos));
    }

    [Test]
    public async Task GenerateAsync_InTwoCallsEqualsOneCall()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session once = await OpenAsync(engine, Story);
        await using Session twice = await OpenAsync(engine, Story);

        List<GeneratedPiece> expected = await ReadAsync(once.GenerateAsync(Sampled(2, 30)));
        List<GeneratedPiece> first = await ReadAsync(twice.GenerateAsync(Sampled(2, 11)));
        List<GeneratedPiece> second = await ReadAsync(twice.GenerateAsync(Sampled(2, 19)));

        Assert.That(first.Concat(second).Select(piece => piece.LogProbability), Is.EqualTo(expected.Select(piece => piece.LogProbability)));
        Assert.That(twice.Tokens, Is.EqualTo(once.Tokens));
    }

    [Test]
    public async Task ForkAsync_ContinuesLikeTheOriginalAndLeavesItAlone()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, Story);
        await ReadAsync(session.GenerateAsync(Sampled(3, 10)));
        await using Session fork = await session.ForkAsync();
        await using Session other = await session.ForkAsync();

        string otherText = Trace(await ReadAsync(other.GenerateAsync(Sampled(99, 30))));
        string[] both = await Task.WhenAll(
            ReadAsync(session.GenerateAsync(Sampled(3, 30))).ContinueWith(task => Trace(task.Result), TaskScheduler.Default),
            ReadAsync(fork.GenerateAsync(Sampled(3, 30))).ContinueWith(task => Trace(task.Result), TaskScheduler.Default));

        Assert.That(both[1], Is.EqualTo(both[0]));
        Assert.That(otherText, Is.Not.EqualTo(both[0]));
        Assert.That(fork.Tokens, Is.EqualTo(session.Tokens));
    }

    [Test]
    public async Task ForkAsync_MoreOftenThanTheCacheHasRowsContinuesAlike()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { MaxSequences = 2 });
        await using Session session = await OpenAsync(engine, Story);
        var forks = new List<Session>();
        for (int i = 0; i < 20; i++)
        {
            forks.Add(await session.ForkAsync());
        }

        string expected = Trace(await ReadAsync(session.GenerateAsync(Sampled(1, 12))));
        string[] traces = await Task.WhenAll(forks.Select(async fork => Trace(await ReadAsync(fork.GenerateAsync(Sampled(1, 12))))));

        Assert.That(traces, Has.All.EqualTo(expected));
        forks.ForEach(fork => fork.Dispose());
    }

    [Test]
    public async Task ForkAsync_SharesPages()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, string.Concat(Enumerable.Repeat("xy", 40)));
        int before = engine.Statistics.FreePages;

        await using Session fork = await session.ForkAsync();

        Assert.That(engine.Statistics.FreePages, Is.EqualTo(before));
    }

    [Test]
    public async Task RollbackAsync_ByAnyNumberGeneratesTheSameAgain()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, Story);
        int prompt = session.Length;
        List<GeneratedPiece> pieces = await ReadAsync(session.GenerateAsync(Sampled(4, 40)));
        foreach (int tokens in new[] { 0, 1, 2, 15, 16, 17, 39, 40 })
        {
            await session.RollbackAsync(tokens);
            Assert.That(session.Length, Is.EqualTo(prompt + 40 - tokens));
            if (tokens > 0)
            {
                List<GeneratedPiece> again = await ReadAsync(session.GenerateAsync(Sampled(4, tokens)));
                Assert.That(
                    again.Select(piece => (piece.TokenId, piece.LogProbability)),
                    Is.EqualTo(pieces.TakeLast(tokens).Select(piece => (piece.TokenId, piece.LogProbability))), $"{tokens} tokens");
            }
        }
    }

    [Test]
    public async Task RollbackAsync_OfEverythingLeavesAnEmptySessionWithoutPages()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, Story);

        await session.RollbackAsync(session.Length);

        Assert.That(session.Tokens, Is.Empty);
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
        Assert.That(() => session.GenerateAsync(), Throws.InvalidOperationException);
        Assert.That(async () => await session.RollbackAsync(1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task GenerateAsync_WhenPagesOfIdleSessionsWereTakenGivesTheSameBits()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { MaxSequences = 1 });
        string text = string.Concat(Enumerable.Repeat("xy", 60));
        var sessions = new List<Session>();
        for (int i = 0; i < 12; i++)
        {
            sessions.Add(await OpenAsync(engine, text + i));
        }

        Assert.That(engine.Statistics.Preemptions, Is.GreaterThan(0), "one context of pages is not enough for twelve sessions");
        for (int i = 0; i < sessions.Count; i++)
        {
            string expected = Trace(await ReadAsync(engine.GenerateAsync(text + i, Sampled(1, 10))));
            Assert.That(Trace(await ReadAsync(sessions[i].GenerateAsync(Sampled(1, 10)))), Is.EqualTo(expected));
        }

        sessions.ForEach(session => session.Dispose());
    }

    [Test]
    public async Task GenerateAsync_BrokenOffKeepsWhatWasGenerated()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, Story);
        await using Session whole = await session.ForkAsync();
        int read = 0;
        await foreach (GeneratedPiece piece in session.GenerateAsync(Sampled(5, 100)))
        {
            if (++read == 5)
            {
                break;
            }
        }

        int kept = session.Length;
        await ReadAsync(whole.GenerateAsync(Sampled(5, 100)));

        Assert.That(kept, Is.GreaterThanOrEqualTo(whole.Length - 95));
        Assert.That(session.Tokens, Is.EqualTo(whole.Tokens.Take(kept)));
        await ReadAsync(session.GenerateAsync(Sampled(5, whole.Length - session.Length)));
        Assert.That(session.Tokens, Is.EqualTo(whole.Tokens));
    }

    [Test]
    public async Task AppendAsync_OverContextThrowsAndChangesNothing()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, Story);
        int length = session.Length;

        Assert.That(async () => await session.AppendAsync(new int[TinyModel.ContextTokens]), Throws.TypeOf<ContextLengthException>());
        Assert.That(session.Length, Is.EqualTo(length));
    }

    [Test]
    public async Task GenerateAsync_InFullSessionThrows()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, Story);
        List<GeneratedPiece> pieces = await ReadAsync(session.GenerateAsync(Sampled(1, 0) with { MaxTokens = null }));

        Assert.That(pieces[^1].FinishReason, Is.EqualTo(FinishReason.ContextFull));
        Assert.That(session.Length, Is.EqualTo(TinyModel.ContextTokens));
        Assert.That(() => session.GenerateAsync(Sampled(1, 1)), Throws.TypeOf<ContextLengthException>());
    }

    [Test]
    public async Task AppendAsync_WhileGeneratingThrows()
    {
        await using WinnowEngine engine = await LoadAsync();
        await using Session session = await OpenAsync(engine, Story);
        await using IAsyncEnumerator<GeneratedPiece> pieces = session.GenerateAsync(Sampled(1, 50)).GetAsyncEnumerator();
        await pieces.MoveNextAsync();

        Assert.That(async () => await session.AppendAsync("more"), Throws.InvalidOperationException);
        Assert.That(async () => await session.ForkAsync(), Throws.InvalidOperationException);
    }

    private static async Task<Session> OpenAsync(WinnowEngine engine, string text)
    {
        Session session = engine.CreateSession();
        await session.AppendAsync(text);
        return session;
    }
}
