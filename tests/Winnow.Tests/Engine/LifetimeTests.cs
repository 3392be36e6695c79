using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Kernels;

namespace Winnow.Tests.Engine;

internal sealed class LifetimeTests : EngineTests
{
    [Test]
    public async Task GenerateAsync_BrokenOffFreesItsPagesBeforeTheLoopIsLeft()
    {
        await using WinnowEngine engine = await LoadAsync();
        await foreach (GeneratedPiece piece in engine.GenerateAsync(Story, Sampled(1, 100)))
        {
            Assert.That(piece.TokenId, Is.GreaterThanOrEqualTo(0));
            break;
        }

        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
        Assert.That(engine.Statistics.RunningRequests, Is.Zero);
    }

    [Test]
    public async Task GenerateAsync_WithCancelledTokenNeverStarts()
    {
        await using WinnowEngine engine = await LoadAsync();

        Assert.That(
            async () => await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 9), new CancellationToken(true))),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(engine.Statistics.Steps, Is.Zero);
    }

    [Test]
    public async Task GenerateAsync_CancelledAtRandomMomentsLeaksNothingAndDisturbsNobody()
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { MaxSequences = 8, PrefillChunkTokens = 16 });
        string expected = Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 30))));
        var random = new Random(1);
        Task<string>[] requests =
            [.. Enumerable.Range(0, 64).Select(i => CancelAfterAsync(engine, i % 4 == 0 ? int.MaxValue : random.Next(30), i % 2 == 0))];

        string[] traces = await Task.WhenAll(requests);

        Assert.That(traces.Where((_, i) => i % 4 == 0), Has.All.EqualTo(expected));
        Assert.That(traces, Has.All.Matches<string>(trace => expected.StartsWith(trace, StringComparison.Ordinal)));
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
        Assert.That((engine.Statistics.RunningRequests, engine.Statistics.WaitingRequests), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task GenerateAsync_WithSlowReaderStallsNobodyAndLosesNothing()
    {
        await using WinnowEngine engine = await LoadAsync();
        string expected = Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 50))));
        await using IAsyncEnumerator<GeneratedPiece> slow = engine.GenerateAsync(Story, Sampled(1, 50)).GetAsyncEnumerator();
        var pieces = new List<GeneratedPiece>();
        while (await slow.MoveNextAsync())
        {
            pieces.Add(slow.Current);
            if (pieces.Count % 10 == 1)
            {
                // Others begin and end while the slow reader has not asked for its next piece.
                Assert.That(await ReadAsync(engine.GenerateAsync("the", Sampled(2, 20))), Has.Count.EqualTo(20));
            }
        }

        Assert.That(Trace(pieces), Is.EqualTo(expected));
    }

    [Test]
    public async Task DisposeAsync_WhileGeneratingEndsRequestsAndFreesAllMemory()
    {
        using var device = new FaultyDevice();
        WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
        Session session = engine.CreateSession();
        await session.AppendAsync(Story);
        device.HoldAfter(20 * TinyModel.Layers);
        IAsyncEnumerator<GeneratedPiece> first = engine.GenerateAsync(Story, Sampled(1, 150)).GetAsyncEnumerator();
        IAsyncEnumerator<GeneratedPiece> second = session.GenerateAsync(Sampled(1, 140)).GetAsyncEnumerator();
        Task firstEnds = AssertEndsAsync(first);
        Task secondEnds = AssertEndsAsync(second);

        Task disposed = engine.DisposeAsync().AsTask();
        device.GoOn();
        await disposed;

        Assert.That(device.Buffers, Is.Zero);
        await firstEnds;
        await secondEnds;
        Assert.That(async () => await session.AppendAsync("more"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => engine.GenerateAsync("a"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => engine.CreateSession(), Throws.InstanceOf<ObjectDisposedException>());
        await session.DisposeAsync();
    }

    [Test]
    public async Task Dispose_TwiceIsHarmless()
    {
        WinnowEngine engine = await LoadAsync();
        Session session = engine.CreateSession();
        await session.AppendAsync(Story);

        await session.DisposeAsync();
        session.Dispose();
        engine.Dispose();
        await engine.DisposeAsync();

        Assert.That(() => session.GenerateAsync(), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task DisposeAsync_OfBusySessionEndsItsGenerationAndFreesItsPages()
    {
        using var device = new FaultyDevice();
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
        Session session = engine.CreateSession();
        await session.AppendAsync(Story);
        device.HoldAfter(20 * TinyModel.Layers);
        IAsyncEnumerator<GeneratedPiece> pieces = session.GenerateAsync(Sampled(1, 140)).GetAsyncEnumerator();
        await pieces.MoveNextAsync();

        Task closed = session.DisposeAsync().AsTask();
        device.GoOn();
        await closed;

        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
        await AssertEndsAsync(pieces);
    }

    [Test]
    public async Task CreateSession_AThousandTimesLeaksNothing()
    {
        using var device = new CpuDevice(1);
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
        long bytes = device.AllocatedBytes;
        for (int i = 0; i < 1000; i++)
        {
            await using Session session = engine.CreateSession();
            await session.AppendAsync("the");
            if (i % 10 == 0)
            {
                await using Session fork = await session.ForkAsync();
                await ReadAsync(fork.GenerateAsync(Sampled(1, 2)));
            }
        }

        Assert.That(device.AllocatedBytes, Is.EqualTo(bytes));
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
        Assert.That(engine.Statistics.OpenSessions, Is.Zero);
    }

    [Test]
    public async Task GenerateAsync_WhenAStepFailsThrowsItsErrorAndTheEngineGoesOn()
    {
        using var device = new FaultyDevice();
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
        await using Session session = engine.CreateSession();
        await session.AppendAsync(Story);
        string expected = Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 20))));

        device.FailAfter(5);
        Assert.That(
            async () => await ReadAsync(session.GenerateAsync(Sampled(1, 20))),
            Throws.InvalidOperationException.With.Message.EqualTo("the device broke"));
        await session.RollbackAsync(session.Length - engine.Tokenizer.Encode(Story).Length);

        Assert.That(Trace(await ReadAsync(session.GenerateAsync(Sampled(1, 20)))), Is.EqualTo(expected), "the session");
        Assert.That(Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 20)))), Is.EqualTo(expected), "another request");
    }

    [Test]
    public async Task GenerateAsync_WhenTheCacheItselfFailsStopsTheEngineAndSaysSo()
    {
        using var device = new FaultyDevice();
        WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
        Session session = engine.CreateSession();
        await session.AppendAsync(Story);
        Session twin = engine.CreateSession();
        await twin.AppendAsync(Story);
        int before = device.Uploads;
        await ReadAsync(session.GenerateAsync(Sampled(1, 3)));

        // The last upload of a generation is that of the counts of slots, when its last step is over.
        device.FailFromUpload = device.Uploads + (device.Uploads - before) - 1;
        Assert.That(
            async () => await ReadAsync(twin.GenerateAsync(Sampled(1, 3))), Throws.TypeOf<WinnowException>().With.Message.Contains("dispose it"));

        Assert.That(async () => await ReadAsync(engine.GenerateAsync("the")), Throws.TypeOf<WinnowException>().With.Message.Contains("dispose it"));
        Assert.That(async () => await session.AppendAsync("the"), Throws.TypeOf<WinnowException>());
        await session.DisposeAsync();
        await twin.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Test]
    public async Task AppendAsync_WhenAStepFailsTakesTheTokensOffAgain()
    {
        using var device = new FaultyDevice();
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
        await using Session session = engine.CreateSession();
        await session.AppendAsync("the");
        int length = session.Length;

        device.FailAfter(1);
        Assert.That(async () => await session.AppendAsync(Story), Throws.InvalidOperationException);

        Assert.That(session.Length, Is.EqualTo(length));
        await session.AppendAsync(Story);
        Assert.That(session.Length, Is.GreaterThan(length));
    }

    [Test]
    public async Task GenerateAsync_WithEveryTokenBannedFailsAloneAndDisturbsNobody()
    {
        await using WinnowEngine engine = await LoadAsync();
        string expected = Trace(await ReadAsync(engine.GenerateAsync(Story, Sampled(1, 40))));
        var bans = Enumerable.Range(0, engine.Tokenizer.VocabularySize).ToDictionary(token => token, _ => float.NegativeInfinity);

        Task<List<GeneratedPiece>> neighbour = ReadAsync(engine.GenerateAsync(Story, Sampled(1, 40)));
        Assert.That(
            async () => await ReadAsync(engine.GenerateAsync(Story, new GenerationOptions { LogitBias = bans })), Throws.TypeOf<WinnowException>());

        Assert.That(Trace(await neighbour), Is.EqualTo(expected));
        Assert.That(engine.Statistics.FreePages, Is.EqualTo(engine.Statistics.TotalPages));
    }

    [Test]
    public async Task GenerateAsync_ThatCannotFitTheCacheAloneThrows()
    {
        // Room for 48 tokens of a context of 192.
        long bytes = 3L * TinyModel.Layers * TinyModel.KvHeads * Winnow.Cache.KvCache.PageBytes(8, DType.F32);
        await using WinnowEngine engine = await LoadAsync(
            new EngineOptions { KvCacheBytes = bytes, ContextTokens = TinyModel.ContextTokens });

        Assert.That(
            async () => await ReadAsync(engine.GenerateAsync(string.Concat(Enumerable.Repeat("xy", 60)), Sampled(1, 5))),
            Throws.TypeOf<WinnowException>().With.Message.Contains("KvCacheBytes"));
        Assert.That(await ReadAsync(engine.GenerateAsync("the", Sampled(1, 5))), Has.Count.EqualTo(5));
    }

    private static async Task<string> CancelAfterAsync(WinnowEngine engine, int pieces, bool byToken)
    {
        using var source = new CancellationTokenSource();
        var read = new List<GeneratedPiece>();
        try
        {
            await foreach (GeneratedPiece piece in engine.GenerateAsync(Story, Sampled(1, 30), source.Token))
            {
                read.Add(piece);
                if (read.Count > pieces && byToken)
                {
                    await source.CancelAsync();
                }
                else if (read.Count > pieces)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (source.IsCancellationRequested)
        {
            Assert.That(pieces, Is.LessThan(int.MaxValue));
        }

        return Trace(read);
    }

    private static async Task AssertEndsAsync(IAsyncEnumerator<GeneratedPiece> pieces)
    {
        bool ended = false;
        try
        {
            while (await pieces.MoveNextAsync())
            {
                Assert.That(pieces.Current.FinishReason, Is.Null);
            }
        }
        catch (ObjectDisposedException)
        {
            ended = true;
        }

        Assert.That(ended, Is.True, "it ends with the error, not by itself");
        await pieces.DisposeAsync();
    }
}
