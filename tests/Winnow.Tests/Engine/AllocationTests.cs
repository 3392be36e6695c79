using System;
using System.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Kernels.Sampling;

namespace Winnow.Tests.Engine;

/// <summary>
/// What a decode step allocates: planning, the forward pass, sampling and the bookkeeping of pages and requests, run on this thread as the
/// engine's thread would.
/// </summary>
internal sealed class AllocationTests : EngineTests
{
    private const int WarmUpSteps = 40;
    private const int MeasuredSteps = 60;
    private const int Windows = 3;
    private const int Tokens = 150;

    [TestCase(0f, 1)]
    [TestCase(0.8f, 1)]
    [TestCase(0.8f, 6)]
    public void Step_AfterWarmUpAllocatesNothing(float temperature, int sequences)
    {
        using EngineParts parts = Load();
        var core = new EngineCore(parts.Decoder, parts.Cache, parts.Batch, parts.Evictor, parts.Scheduling, NullLogger.Instance);
        var parameters = new SamplingParameters { Temperature = temperature, TopK = temperature > 0 ? 40 : null, RepetitionPenalty = 1.1f, Seed = 1 };
        for (int i = 0; i < sequences; i++)
        {
            core.Submit(new TokenRequest(parts.Device.Sampling, SamplerChain.Create(parameters), 20 + (3 * i)));
        }

        Run(core, WarmUpSteps);

        Assert.That(LeastOfWindows(core), Is.Zero);
        Assert.That(core.Running, Is.EqualTo(sequences));
    }

    [Test]
    public void Step_WithTextThatCameBeforeAllocatesNothing()
    {
        using EngineParts parts = Load();
        var core = new EngineCore(parts.Decoder, parts.Cache, parts.Batch, parts.Evictor, parts.Scheduling, NullLogger.Instance);
        Run(core, Tokens + 1, Submit(core, parts));
        GenerationRequest again = Submit(core, parts);

        Run(core, WarmUpSteps, again);

        Assert.That(LeastOfWindows(core, again), Is.Zero);
        Assert.That(core.Running, Is.EqualTo(1));
    }

    private static GenerationRequest Submit(EngineCore core, EngineParts parts)
    {
        int[] prompt = parts.Files.Tokenizer.Encode(Story);
        var plan = new GenerationPlan(SamplerChain.Create(new SamplingParameters { Seed = 1 }), Tokens, FinishReason.Length, [], 0);
        var text = new TextAssembler(parts.Files.Tokenizer.CreateStreamingDecoder(prompt), new StopStringMatcher([]));
        var request = new GenerationRequest(new EngineSequence(prompt, 200), parts.Device.Sampling, plan, text);
        core.Submit(request);
        return request;
    }

    // A step that allocates does so in every window. Once, among all other tests, one window alone had 7 kB, which nothing in a step explains.
    private static long LeastOfWindows(EngineCore core, GenerationRequest? reader = null)
    {
        long least = long.MaxValue;
        for (int window = 0; window < Windows; window++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Run(core, MeasuredSteps / Windows, reader);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static void Run(EngineCore core, int steps, GenerationRequest? reader = null)
    {
        for (int i = 0; i < steps; i++)
        {
            core.Step();
            while (reader?.Pieces.TryRead(out _) == true)
            {
                continue;
            }
        }
    }

    private EngineParts Load() =>
        EngineLoader.Load(Folder, new EngineOptions { Threads = 1 }, NullLogger.Instance, null, CancellationToken.None);
}
