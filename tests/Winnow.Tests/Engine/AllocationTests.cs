using System;
using System.Threading;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Winnow.Engine;
using Winnow.Kernels.Sampling;

namespace Winnow.Tests.Engine;

/// <summary>
/// What a decode step allocates: planning, the forward pass, sampling and the bookkeeping of pages and requests, run on this thread as the
/// engine's thread would. Text is left out in the first two tests, because a string for each piece is what the reader asked for.
/// </summary>
internal sealed class AllocationTests : EngineTests
{
    private const int WarmUpSteps = 40;
    private const int MeasuredSteps = 60;

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
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(core, MeasuredSteps);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(core.Running, Is.EqualTo(sequences));
    }

    [Test]
    public void Step_WithTextAllocatesLittleMoreThanItsStrings()
    {
        using EngineParts parts = Load();
        var core = new EngineCore(parts.Decoder, parts.Cache, parts.Batch, parts.Evictor, parts.Scheduling, NullLogger.Instance);
        int[] prompt = parts.Files.Tokenizer.Encode(Story);
        var plan = new GenerationPlan(SamplerChain.Create(new SamplingParameters { Seed = 1 }), 150, FinishReason.Length, [], 0);
        var text = new TextAssembler(parts.Files.Tokenizer.CreateStreamingDecoder(prompt), new StopStringMatcher([]));
        var request = new GenerationRequest(new EngineSequence(prompt, 200), parts.Device.Sampling, plan, text);
        core.Submit(request);

        Run(core, WarmUpSteps, request);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(core, MeasuredSteps, request);

        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / (double)MeasuredSteps, Is.LessThan(160), "bytes a step");
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
