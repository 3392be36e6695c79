using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Kernels;

namespace Winnow.Tests.Engine;

/// <summary>The same request gives the same tokens and the same bits of probability, whatever else the engine does and however it is set up.</summary>
internal sealed class BatchInvarianceTests : EngineTests
{
    private const int Requests = 12;

    private static readonly string[] Prompts =
        [.. Enumerable.Range(0, Requests).Select(i => string.Join(' ', Enumerable.Repeat(Story, 1 + (i % 3))) + " " + (char)('a' + i))];

    private string[] _alone = [];

    [OneTimeSetUp]
    public async Task RunAlone()
    {
        await using WinnowEngine engine = await LoadAsync();
        var traces = new List<string>();
        for (int i = 0; i < Requests; i++)
        {
            traces.Add(await TraceAsync(engine, i));
        }

        _alone = [.. traces];
    }

    [Test]
    public async Task GenerateAsync_AmongOthersGivesTheSameBits([Values(1, 7, 64, 256)] int chunk, [Values(2, 16)] int sequences)
    {
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { PrefillChunkTokens = chunk, MaxSequences = sequences });

        string[] together = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => TraceAsync(engine, i)));

        Assert.That(together, Is.EqualTo(_alone));
    }

    [Test]
    public async Task GenerateAsync_WithTwoThreadsGivesTheSameBits()
    {
        using var device = new CpuDevice(2);
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });

        string[] together = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => TraceAsync(engine, i)));

        Assert.That(together, Is.EqualTo(_alone));
    }

    [Test]
    public void Step_WithTooFewPagesPreemptsAndGivesTheSameBits()
    {
        // Pages for one full context and a bit: several prompts fit, their answers do not.
        using var engine = new ManualEngine(Folder, new EngineOptions { KvCacheBytes = ManualEngine.CacheBytes(1.25), PrefillChunkTokens = 64 });
        GenerationRequest[] requests = [.. Enumerable.Range(0, Requests).Select(i => engine.Generate(Prompts[i], Sampled((ulong)i, 40)))];

        engine.RunToEnd();

        Assert.That(requests.Select(request => Trace(ManualEngine.Read(request))), Is.EqualTo(_alone));
        Assert.That(engine.Core.Preemptions, Is.GreaterThan(0));
        Assert.That(engine.IsEmpty, Is.True);
    }

    private static async Task<string> TraceAsync(WinnowEngine engine, int request) =>
        Trace(await ReadAsync(engine.GenerateAsync(Prompts[request], Sampled((ulong)request, 40))));
}
