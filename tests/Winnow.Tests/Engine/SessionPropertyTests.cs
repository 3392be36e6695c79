using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Engine;
using Winnow.Kernels;

namespace Winnow.Tests.Engine;

/// <summary>
/// Random operations on several sessions at once, in a cache that is too small for them: whatever happened to a session, it continues as
/// its tokens would from scratch.
/// </summary>
internal sealed class SessionPropertyTests : EngineTests
{
    [Test]
    public async Task Session_AfterAnyOperationsContinuesAsItsTokensFromScratch([Values(1, 2, 3)] int seed)
    {
        long context = (long)TinyModel.Layers * TinyModel.KvHeads * KvCache.PagesFor(TinyModel.ContextTokens) * KvCache.PageBytes(8, DType.F32);
        await using WinnowEngine small = await LoadAsync(
            new EngineOptions { KvCacheBytes = context * 3 / 2, MaxSequences = 3, PrefillChunkTokens = 24 });
        await using WinnowEngine large = await LoadAsync();
        var random = new Random(seed);
        List<Session> sessions = [.. Enumerable.Range(0, 4).Select(_ => small.CreateSession())];
        for (int round = 0; round < 40; round++)
        {
            Session[] chosen = [.. sessions.Where(_ => random.Next(2) == 0)];
            int[] choices = [.. chosen.Select(_ => random.Next(1 << 20))];
            Session?[] opened = await Task.WhenAll(chosen.Zip(choices, (session, choice) => ActAsync(small, session, new Random(choice))));
            sessions.AddRange(opened.OfType<Session>());
            while (sessions.Count > 6)
            {
                await sessions[0].DisposeAsync();
                sessions.RemoveAt(0);
            }
        }

        foreach (Session session in sessions.Where(session => session.Length > 0))
        {
            int[] tokens = [.. session.Tokens];
            GenerationOptions options = Sampled((ulong)seed, 6);
            string expected = Trace(await ReadAsync(large.GenerateAsync(tokens, options)));
            Assert.That(Trace(await ReadAsync(session.GenerateAsync(options))), Is.EqualTo(expected));
        }

        Assert.That(small.Statistics.Preemptions, Is.GreaterThan(0), "the cache is too small");
        await Task.WhenAll(sessions.Select(session => session.DisposeAsync().AsTask()));
        Assert.That(small.Statistics.FreePages, Is.EqualTo(small.Statistics.TotalPages));
    }

    private static async Task<Session?> ActAsync(WinnowEngine engine, Session session, Random random)
    {
        int room = TinyModel.ContextTokens - session.Length - 8;
        switch (random.Next(6))
        {
            case 0 when session.Length > 0:
                return await session.ForkAsync();
            case 1:
                await session.RollbackAsync(random.Next(1 + (session.Length / 2)));
                return null;
            case 2 when session.Length > 0:
                using (var saved = new MemoryStream())
                {
                    await session.SaveAsync(saved);
                    saved.Position = 0;
                    return await engine.RestoreSessionAsync(saved);
                }

            case 3 or 4 when session.Length > 0 && room > 0:
                await ReadAsync(session.GenerateAsync(Sampled((ulong)random.Next(), 1 + random.Next(Math.Min(room, 30)))));
                return null;
            case 5 when room > 0:
                await session.AppendAsync(Enumerable.Range(0, 1 + random.Next(Math.Min(room, 60))).Select(_ => random.Next(4, 260)).ToArray());
                return null;
            default:
                return null;
        }
    }
}
