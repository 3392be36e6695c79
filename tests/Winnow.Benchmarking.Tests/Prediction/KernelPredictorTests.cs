using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Compilation;
using Winnow.Gpu;
using Winnow.Simulator;

namespace Winnow.Benchmarking.Prediction;

/// <summary>Against times worked out by hand for a GPU of round numbers.</summary>
public sealed class KernelPredictorTests
{
    // 10 multiprocessors at 1 GHz: 10^10 clocks of multiprocessors a second.
    private static readonly GpuSpecification Gpu = new()
    {
        Key = "round", Name = "round", Architecture = "sm_80", Multiprocessors = 10, BoostHertz = 1e9, MemoryBytesPerSecond = 1e12, L2Bytes = 1 << 20, L2BytesPerClock = 2000,
        TensorFlopsPerSecond = 1e14, FloatLanes = 64, DoubleLanes = 32, SharedBytes = 164 << 10, MaxThreads = 2048, MaxBlocks = 32,
    };

    private static readonly KernelProfile Nothing = new()
    {
        Kernel = "k", Launches = 1, Blocks = 10, Instructions = new Dictionary<InstructionClass, long>(), LaneInstructions = 0, LocalBytes = 0, Flops = 0, TensorFlops = 0,
        GlobalLoads = default, GlobalStores = default, GlobalAtomics = default, Shared = default,
    };

    [Test]
    public void Predict_OfMemoryCountsEveryByteOnceAndReadsAgainFromL2()
    {
        KernelProfile profile = Nothing with { GlobalLoads = new(1, 1, 3_000_000 / 32), GlobalStores = new(1, 1, 500_000 / 32), LocalBytes = 250_000 };

        KernelPrediction prediction = KernelPredictor.Predict(Gpu, profile, readBytes: 1_000_000, writtenBytes: 800_000);

        Assert.That(prediction.MemoryBytes, Is.EqualTo(1_500_000), "all that is read once, and what was written");
        Assert.That(Time(prediction, BoundKind.Memory), Is.EqualTo(1.5));
        Assert.That(Time(prediction, BoundKind.L2), Is.EqualTo(3_750_000 / 2e12 * 1e6).Within(1e-9));
        Assert.That((prediction.Longest.Kind, prediction.BytesPerSecond), Is.EqualTo((BoundKind.L2, 1_500_000 / 1.875e-6)));
    }

    [Test]
    public void Predict_OfEachUnitIsItsCountOverItsRate()
    {
        KernelProfile profile = Nothing with
        {
            Instructions = new Dictionary<InstructionClass, long>
            {
                [InstructionClass.Float32] = 10_000, [InstructionClass.Float16] = 10_000, [InstructionClass.Float64] = 5_000, [InstructionClass.Integer] = 30_000,
                [InstructionClass.Special] = 40_000,
            },
            Shared = new SharedTraffic(1, 1, 70_000, 0),
            TensorFlops = 700_000_000,
        };

        KernelPrediction prediction = KernelPredictor.Predict(Gpu, profile, 0, 0);

        Assert.That(Time(prediction, BoundKind.Float), Is.EqualTo((20_000 + (2 * 5_000)) * 32 / 64.0 / 1e10 * 1e6).Within(1e-9));
        Assert.That(Time(prediction, BoundKind.Integer), Is.EqualTo(30_000 * 32 / 64.0 / 1e10 * 1e6).Within(1e-9));
        Assert.That(Time(prediction, BoundKind.Special), Is.EqualTo(40_000 * 32 / 16.0 / 1e10 * 1e6).Within(1e-9));
        Assert.That(Time(prediction, BoundKind.Issue), Is.EqualTo(95_000 / 4.0 / 1e10 * 1e6).Within(1e-9));
        Assert.That(Time(prediction, BoundKind.Shared), Is.EqualTo(70_000 / 1e10 * 1e6).Within(1e-9));
        Assert.That(Time(prediction, BoundKind.Tensor), Is.EqualTo(7).Within(1e-9));
        Assert.That((prediction.Longest.Kind, prediction.Microseconds), Is.EqualTo((BoundKind.Special, Time(prediction, BoundKind.Special))));
    }

    [TestCase(10, 1.0)]
    [TestCase(20, 1.0)]
    [TestCase(11, 20 / 11.0)]
    [TestCase(5, 2.0)]
    [TestCase(1, 10.0)]
    public void Predict_ScalesWhatMultiprocessorsDoByTheBusiestOne(long blocks, double factor)
    {
        KernelProfile profile = Nothing with { Blocks = blocks, TensorFlops = 1_000_000_000, GlobalLoads = new(1, 1, 1_000_000) };

        KernelPrediction prediction = KernelPredictor.Predict(Gpu, profile, long.MaxValue, 0);

        Assert.That(prediction.BusiestFactor, Is.EqualTo(factor).Within(1e-12));
        Assert.That(Time(prediction, BoundKind.Tensor), Is.EqualTo(10 * factor).Within(1e-9));
        Assert.That(Time(prediction, BoundKind.Memory), Is.EqualTo(32).Within(1e-9), "memory serves whoever asks");
    }

    [Test]
    public void Predict_OfSeveralLaunchesIsThatOfOne()
    {
        KernelProfile one = Nothing with { TensorFlops = 3_000_000, GlobalLoads = new(1, 1, 100), Instructions = new Dictionary<InstructionClass, long> { [InstructionClass.Integer] = 7 } };
        KernelProfile four = one with { Launches = 4, Blocks = 40, TensorFlops = 12_000_000, GlobalLoads = new(4, 4, 400), Instructions = new Dictionary<InstructionClass, long> { [InstructionClass.Integer] = 28 } };

        Assert.That(KernelPredictor.Predict(Gpu, four, 1000, 0).Bounds, Is.EqualTo(KernelPredictor.Predict(Gpu, one, 1000, 0).Bounds));
    }

    [Test]
    public void Predict_WithoutAPublishedRateLeavesThatBoundOut()
    {
        KernelPrediction prediction = KernelPredictor.Predict(Gpu with { L2BytesPerClock = null }, Nothing with { GlobalLoads = new(1, 1, 1_000_000) }, 1000, 0);

        Assert.That(prediction.Bounds.Single(bound => bound.Kind == BoundKind.L2).Microseconds, Is.Null);
        Assert.That(prediction.Longest.Kind, Is.EqualTo(BoundKind.Memory));
    }

    // 10 multiprocessors of 4 blocks each: 400 blocks come in 10 turns of 1000 clocks, or one of them takes longer than that.
    [TestCase(400, 5_000.0, 10.0)]
    [TestCase(400, 25_000.0, 25.0)]
    [TestCase(20, 1_000.0, 1.0)]
    public void Predict_OfLatencyIsTheLongestPathOrAllInTurn(long blocks, double longest, double microseconds)
    {
        Occupancy occupancy = Occupancy.Of(Gpu, new KernelResources("k", 64, 0, 0, 0), 256, 0);
        KernelProfile profile = Nothing with { Blocks = blocks, LongestPath = longest, AveragePath = 1000 };

        KernelPrediction prediction = KernelPredictor.Predict(Gpu, profile, 0, 0, occupancy);

        Assert.That(occupancy.Blocks, Is.EqualTo(4));
        Assert.That(Time(prediction, BoundKind.Latency), Is.EqualTo(microseconds).Within(1e-9));
        Assert.That(prediction.Longest.Kind, Is.EqualTo(BoundKind.Latency));
    }

    // 40 multiprocessors' worth of blocks by threes in turns of 5000 clocks; of fewer blocks one alone takes longer.
    [TestCase(1200, 3.0, 5_000.0, 1_000.0, 200.0)]
    [TestCase(20, 2.0, 5_000.0, 6_000.0, 6.0)]
    public void Predict_OfBlocksThatShareTakesTheirTurns(long blocks, double together, double turn, double longest, double microseconds)
    {
        KernelProfile profile = Nothing with { Blocks = blocks, BlockThreads = 32, LongestPath = longest, AveragePath = 1, AverageTurn = turn, BlocksOfTurn = together };

        Assert.That(Time(KernelPredictor.Predict(Gpu, profile, 0, 0), BoundKind.Latency), Is.EqualTo(microseconds).Within(1e-9));
    }

    [TestCase(3_000.0, 5.0 + 3.0)]
    [TestCase(100_000.0, 5.0 + 100.0)]
    [TestCase(10.0, 100.0 + (5.0 / 100))]
    public void Predict_EstimatesWhatMultiprocessorsTakeAndMemoryOfATurn(double longest, double microseconds)
    {
        // 5 us of memory; 4000 blocks of 1000 clocks, 4 at a time on 10 multiprocessors, take 100 us where paths are not short.
        KernelProfile profile = Nothing with { GlobalLoads = new(1, 1, 5_000_000 / 32), BlockThreads = 512, LongestPath = longest, AveragePath = longest };
        KernelProfile many = profile with { Blocks = 4000, AveragePath = 1000 };

        KernelPrediction prediction = KernelPredictor.Predict(Gpu, longest < 1000 ? many : profile, 5_000_000, 0);

        Assert.That(prediction.EstimatedMicroseconds, Is.EqualTo(microseconds).Within(1e-9));
    }

    [TestCase(256, 0, 8)]
    [TestCase(1024, 0, 2)]
    [TestCase(32, 40_000, 4)]
    public void Predict_OfLatencyWithoutAnOccupancyGoesByThreadsAndSharedMemory(int threads, int sharedBytes, int resident)
    {
        KernelProfile profile = Nothing with { Blocks = 4000, LongestPath = 1, AveragePath = 1000, BlockThreads = threads, BlockSharedBytes = sharedBytes };

        Assert.That(Time(KernelPredictor.Predict(Gpu, profile, 0, 0), BoundKind.Latency), Is.EqualTo(4000 / 10.0 / resident).Within(1e-9));
    }

    [Test]
    public void Waves_AreBlocksOverWhatTheGpuHolds()
    {
        Occupancy occupancy = Occupancy.Of(Gpu, new KernelResources("k", 64, 0, 0, 0), 256, 0);

        KernelPrediction prediction = KernelPredictor.Predict(Gpu, Nothing with { Blocks = 50 }, 0, 0, occupancy);

        Assert.That((occupancy.Blocks, prediction.Waves), Is.EqualTo((4, (double?)1.25)));
    }

    private static double? Time(KernelPrediction prediction, BoundKind kind) => prediction.Bounds.Single(bound => bound.Kind == kind).Microseconds;
}
