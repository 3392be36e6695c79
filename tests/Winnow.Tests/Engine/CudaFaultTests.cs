using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using Winnow.Cache;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Kernels.Sampling;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Tests.Engine;

/// <summary>What a GPU may do to an engine: run out of memory, refuse a launch, be lost; and how little a decode step asks of it.</summary>
internal sealed class CudaFaultTests : EngineTests
{
    private const int WarmUpSteps = 20;
    private const int MeasuredSteps = 40;

    private static readonly GenerationOptions Greedy = new() { Temperature = 0, MaxTokens = 8, IgnoreEndOfText = true };

    [Test]
    public async Task LoadAsync_WhereMemoryRunsOutAnywhereSaysSoAndLeaksNothing()
    {
        int needed = await CountAllocations();
        Assert.That(needed, Is.GreaterThan(30));
        for (int fault = 0; fault < needed; fault++)
        {
            ProbedDriver driver = Driver();
            var device = new CudaDevice(driver, ownsDriver: true);
            driver.AllocationsUntilFault = fault;

            Assert.That(
                async () => await LoadAsync(new EngineOptions { Device = device }),
                Throws.TypeOf<OutOfDeviceMemoryException>(), $"allocation {fault} of {needed}");

            device.Dispose();
            Assert.That(driver.LivePieces, Is.Zero, $"allocation {fault} of {needed}");
        }
    }

    [Test]
    public async Task GenerateAsync_AfterALaunchFailedGoesOnWithTheNextRequest([Values(3, 30, 60)] int launches)
    {
        ProbedDriver driver = Driver();
        using (var device = new CudaDevice(driver, ownsDriver: true))
        {
            await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
            string before = Trace(await ReadAsync(engine.GenerateAsync(Story, Greedy)));
            driver.LaunchesUntilFault = launches;

            Assert.That(
                async () => await ReadAsync(engine.GenerateAsync(Story, Greedy with { MaxTokens = 60 })),
                Throws.TypeOf<CudaException>().With.Message.Contains("CUDA_ERROR_LAUNCH_FAILED"));
            string after = Trace(await ReadAsync(engine.GenerateAsync(Story, Greedy)));

            Assert.That(after, Is.EqualTo(before));
        }

        Assert.That(driver.LivePieces, Is.Zero);
    }

    [Test]
    public async Task GenerateAsync_AfterTheDeviceIsLostFailsAtOnceAndDisposingFreesEverything()
    {
        ProbedDriver driver = Driver(staysLost: true);
        using (var device = new CudaDevice(driver, ownsDriver: true))
        {
            await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
            driver.LaunchesUntilFault = 20;
            Assert.That(async () => await ReadAsync(engine.GenerateAsync(Story, Greedy)), Throws.InstanceOf<WinnowException>());

            Assert.That(async () => await ReadAsync(engine.GenerateAsync(Story, Greedy)), Throws.InstanceOf<WinnowException>());
        }

        Assert.That(driver.LivePieces, Is.Zero);
    }

    [Test]
    public void Step_OfDecodingIsOneRecordingAndOneWaitAndAllocatesNothing()
    {
        using ProbedDriver driver = Driver(checks: false);
        using var device = new CudaDevice(driver);
        using EngineParts parts = EngineLoader.Load(
            Folder, new EngineOptions { Device = device }, NullLogger.Instance, null, CancellationToken.None);
        var core = new EngineCore(parts.Decoder, parts.Cache, parts.Batch, parts.Evictor, parts.Scheduling, NullLogger.Instance);
        var parameters = new SamplingParameters { Temperature = 0.8f, TopK = 20, RepetitionPenalty = 1.1f, Seed = 2 };
        core.Submit(new TokenRequest(device.Sampling, SamplerChain.Create(parameters), 20));
        core.Submit(new TokenRequest(device.Sampling, SamplerChain.Create(parameters), 31));
        Run(core, WarmUpSteps);

        // What executes the kernels is not what is measured.
        driver.IsIdle = true;
        (int launches, int graphs, int waits) = (driver.Launches, driver.GraphLaunches, driver.Waits);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(core, MeasuredSteps);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(driver.Launches - launches, Is.Zero);
        Assert.That(driver.GraphLaunches - graphs, Is.EqualTo(MeasuredSteps));
        Assert.That(driver.Waits - waits, Is.EqualTo(MeasuredSteps));
    }

    [Test]
    public void Step_ThatEvictsStaysOneRecordingAndOneWaitAndAllocatesNothing([Values("h2o", "tova", "streamingllm", "vatp")] string name)
    {
        using ProbedDriver driver = Driver(checks: false);
        using var device = new CudaDevice(driver);
        var policy = (KvPolicy)KvPolicies.Create(
            name, KvBudget.Slots(28), name == "streamingllm" ? new Dictionary<string, string> { ["interval"] = "1" } : null);
        using EngineParts parts = EngineLoader.Load(
            Folder, new EngineOptions { Device = device, KvPolicy = policy }, NullLogger.Instance, null, CancellationToken.None);
        var core = new EngineCore(parts.Decoder, parts.Cache, parts.Batch, parts.Evictor, parts.Scheduling, NullLogger.Instance);
        var parameters = new SamplingParameters { Temperature = 0.8f, TopK = 20, Seed = 2 };
        core.Submit(new TokenRequest(device.Sampling, SamplerChain.Create(parameters), 20, policy));
        core.Submit(new TokenRequest(device.Sampling, SamplerChain.Create(parameters), 31, policy));
        Run(core, WarmUpSteps);

        (int graphs, int waits) = (driver.GraphLaunches, driver.Waits);
        int free = parts.Cache.FreePages;
        long before = GC.GetAllocatedBytesForCurrentThread();
        driver.IsIdle = true;
        Run(core, MeasuredSteps);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
        Assert.That(driver.GraphLaunches - graphs, Is.EqualTo(MeasuredSteps), "each step is one recording, whatever leaves behind it");
        Assert.That(driver.Waits - waits, Is.EqualTo(MeasuredSteps), "nothing waits but the end of a step");
        Assert.That(parts.Cache.FreePages, Is.EqualTo(free), "as many pages are held after 40 tokens more");
    }

    private static void Run(EngineCore core, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            core.Step();
        }
    }

    private async Task<int> CountAllocations()
    {
        ProbedDriver driver = Driver();
        using var device = new CudaDevice(driver, ownsDriver: true);
        int before = driver.AllocationsUntilFault;
        await using WinnowEngine engine = await LoadAsync(new EngineOptions { Device = device });
        return before - driver.AllocationsUntilFault;
    }

    private static ProbedDriver Driver(bool staysLost = false, bool checks = true)
    {
        NvrtcSupport.Require();
        return new ProbedDriver(new PtxSimulator(new PtxSimulatorOptions { Checks = checks })) { StaysLost = staysLost };
    }
}
