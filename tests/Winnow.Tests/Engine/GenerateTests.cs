using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Formats.Templates;

namespace Winnow.Tests.Engine;

internal sealed class GenerateTests : EngineTests
{
    [Test]
    public async Task GenerateAsync_EndsWithReasonAndUsageOnLastPieceOnly()
    {
        await using WinnowEngine engine = await LoadAsync();

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 20)));

        Assert.That(pieces, Has.Count.EqualTo(20));
        Assert.That(pieces.SkipLast(1), Has.All.Matches<GeneratedPiece>(piece => piece.FinishReason is null && piece.Usage is null));
        Assert.That(pieces[^1].FinishReason, Is.EqualTo(FinishReason.Length));
        Usage usage = pieces[^1].Usage!;
        Assert.That(usage.PromptTokens, Is.EqualTo(engine.Tokenizer.Encode(Story).Length));
        Assert.That((usage.GeneratedTokens, usage.CachedTokens, usage.Seed), Is.EqualTo((20, 0, 1UL)));
        Assert.That(usage.TimeToFirstToken, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(usage.Duration));
    }

    [Test]
    public async Task GenerateAsync_PiecesJoinedEqualDecodingInOneGo()
    {
        await using WinnowEngine engine = await LoadAsync();
        int[] prompt = engine.Tokenizer.Encode(Story);

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(2, 100)));

        int[] all = [.. prompt, .. pieces.Select(piece => piece.TokenId)];
        Assert.That(Story + Text(pieces), Is.EqualTo(engine.Tokenizer.Decode(all)));
    }

    [Test]
    public async Task GenerateAsync_WithSameSeedGivesSameTextAndWithOtherSeedAnother()
    {
        await using WinnowEngine engine = await LoadAsync();

        string first = Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(5, 30))));
        string again = Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(5, 30))));
        string other = Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(6, 30))));

        Assert.That(again, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task GenerateAsync_WithoutSeedReportsOneThatRepeatsTheText()
    {
        await using WinnowEngine engine = await LoadAsync();
        GenerationOptions options = Sampled(0, 20) with { Seed = null };

        List<GeneratedPiece> first = await ReadAsync(engine.GenerateAsync(Story, options));
        List<GeneratedPiece> other = await ReadAsync(engine.GenerateAsync(Story, options));
        List<GeneratedPiece> again = await ReadAsync(engine.GenerateAsync(Story, options with { Seed = first[^1].Usage!.Seed }));

        Assert.That(Trace(again), Is.EqualTo(Trace(first)));
        Assert.That(Trace(other), Is.Not.EqualTo(Trace(first)));
    }

    [Test]
    public async Task GenerateAsync_WithLogProbabilitiesListsTopTokensWithGreedyChoiceFirst()
    {
        await using WinnowEngine engine = await LoadAsync();

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(0, 10) with { Temperature = 0 }));

        foreach (GeneratedPiece piece in pieces)
        {
            Assert.That(piece.TopLogProbabilities, Has.Count.EqualTo(3));
            Assert.That(piece.TopLogProbabilities![0].Token, Is.EqualTo(piece.TokenId));
            Assert.That(piece.TopLogProbabilities![0].LogProbability, Is.EqualTo(piece.LogProbability));
            Assert.That(piece.TopLogProbabilities.Select(top => top.LogProbability), Is.Ordered.Descending);
        }
    }

    [Test]
    public async Task GenerateAsync_WithoutMaxTokensFillsContext()
    {
        await using WinnowEngine engine = await LoadAsync();

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(3, 0) with { MaxTokens = null }));

        Assert.That(pieces[^1].FinishReason, Is.EqualTo(FinishReason.ContextFull));
        Assert.That(pieces[^1].Usage!.PromptTokens + pieces.Count, Is.EqualTo(TinyModel.ContextTokens));
    }

    [Test]
    public async Task GenerateAsync_WithMaxTokensZeroGivesOnePieceWithoutToken()
    {
        await using WinnowEngine engine = await LoadAsync();

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(3, 0)));

        Assert.That(pieces, Has.Count.EqualTo(1));
        Assert.That((pieces[0].TokenId, pieces[0].Text, pieces[0].FinishReason), Is.EqualTo((-1, "", FinishReason.Length)));
    }

    [Test]
    public async Task GenerateAsync_AtEndOfTextTokenStopsWithoutItsText()
    {
        await using WinnowEngine engine = await LoadAsync();
        var bias = new Dictionary<int, float> { [TinyModel.Eos] = 100 };

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, new GenerationOptions { LogitBias = bias }));

        Assert.That(pieces, Has.Count.EqualTo(1));
        Assert.That((pieces[0].TokenId, pieces[0].Text, pieces[0].FinishReason), Is.EqualTo((TinyModel.Eos, "", FinishReason.EndOfText)));
    }

    [Test]
    public async Task GenerateAsync_AtStopTokenOfCallerStops()
    {
        await using WinnowEngine engine = await LoadAsync();
        List<GeneratedPiece> free = await ReadAsync(engine.GenerateAsync(Story, Sampled(7, 30)));
        int stop = free[12].TokenId;

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(7, 30) with { StopTokens = [stop] }));

        int expected = free.FindIndex(piece => piece.TokenId == stop);
        Assert.That(pieces, Has.Count.EqualTo(expected + 1));
        Assert.That(pieces[^1].FinishReason, Is.EqualTo(FinishReason.EndOfText));
    }

    [Test]
    public async Task GenerateAsync_AtStopStringOverSeveralTokensEmitsTheTextBeforeItOnly()
    {
        await using WinnowEngine engine = await LoadAsync();
        string free = Text(await ReadAsync(engine.GenerateAsync(Story, Sampled(8, 60))));
        string stop = free.Substring(20, 5);

        List<GeneratedPiece> pieces = await ReadAsync(engine.GenerateAsync(Story, Sampled(8, 60) with { StopStrings = ["never seen", stop] }));

        Assert.That(Text(pieces), Is.EqualTo(free[..free.IndexOf(stop, StringComparison.Ordinal)]));
        Assert.That(pieces[^1].FinishReason, Is.EqualTo(FinishReason.Stop));
    }

    [Test]
    public async Task GenerateAsync_WithPromptOverContextThrowsAtOnceWithBothNumbers()
    {
        await using WinnowEngine engine = await LoadAsync();
        string prompt = string.Concat(Enumerable.Repeat("xy", 150));

        Assert.That(
            () => engine.GenerateAsync(prompt),
            Throws.TypeOf<ContextLengthException>()
                .With.Property("ContextTokens").EqualTo(TinyModel.ContextTokens).And.Property("Tokens").GreaterThan(300));
    }

    [Test]
    public async Task GenerateAsync_WithEmptyPromptStartsFromTheTokenThatBeginsTexts()
    {
        await using WinnowEngine engine = await LoadAsync();

        string empty = Trace(await ReadAsync(engine.GenerateAsync("", Sampled(1, 5))));
        string bare = Trace(await ReadAsync(engine.GenerateAsync("", Sampled(1, 5) with { AddSpecial = false })));
        string tokens = Trace(await ReadAsync(engine.GenerateAsync(new[] { TinyModel.Bos }, Sampled(1, 5))));

        Assert.That((empty, bare), Is.EqualTo((tokens, tokens)));
    }

    [Test]
    public async Task GenerateAsync_WithBadOptionsThrowsAtOnce()
    {
        await using WinnowEngine engine = await LoadAsync();

        Assert.That(() => engine.GenerateAsync("a", new GenerationOptions { Temperature = -1 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => engine.GenerateAsync("a", new GenerationOptions { MaxTokens = -1 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => engine.GenerateAsync("a", new GenerationOptions { StopStrings = [""] }), Throws.ArgumentException);
        Assert.That(() => engine.GenerateAsync("a", new GenerationOptions { StopTokens = [99999] }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => engine.GenerateAsync(new[] { 99999 }), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => engine.GenerateAsync(ReadOnlyMemory<int>.Empty), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public async Task EncodeChat_TakesSpecialTokensFromTemplateAndNotFromMessages()
    {
        await using WinnowEngine engine = await LoadAsync();

        int[] tokens = engine.EncodeChat([new ChatTemplateMessage("user", "the <|eos|>")]);

        int[] text = engine.Tokenizer.Encode(" the <|eos|>", addSpecial: false, parseSpecial: false);
        Assert.That(tokens, Is.EqualTo((int[])[TinyModel.Bos, 2, .. text, TinyModel.Eos, 3]));
        Assert.That(text, Does.Not.Contain(TinyModel.Eos));
    }

    [Test]
    public async Task GenerateAsync_OfConversationEqualsItsTokens()
    {
        await using WinnowEngine engine = await LoadAsync();
        ChatTemplateMessage[] messages = [new("user", "there?")];

        string chat = Trace(await ReadAsync(engine.GenerateAsync(messages, Sampled(1, 8))));
        string tokens = Trace(await ReadAsync(engine.GenerateAsync(engine.EncodeChat(messages), Sampled(1, 8))));

        Assert.That(chat, Is.EqualTo(tokens));
    }
}
