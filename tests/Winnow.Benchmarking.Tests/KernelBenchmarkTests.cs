using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Timing;
using Winnow.Simulator;
using Winnow.TestSupport;

namespace Winnow.Benchmarking;

public sealed class KernelBenchmarkTests
{
    private static readonly TimingOptions[] Senseless =
    [
        new() { Samples = 29 }, new() { Samples = int.MaxValue }, new() { WarmUps = -1 }, new() { GraphLaunches = 0 }, new() { Method = (TimingMethod)77 },
    ];

    [SetUp]
    public void RequireNvrtc() => NvrtcSupport.Require();

    [Test]
    public void Measure_GivesMedianAndRatesOfWhatTheEventsSay()
    {
        int launches = 0;
        using ClockedDriver driver = new() { Microseconds = _ => 10 + (launches++ % 3) };
        KernelDescription description = Kernels.Saxpy with { Flops = "2 * n" };

        KernelTiming timing = new KernelBenchmark(driver, Kernels.Compiler, new TimingOptions { Samples = 30, WarmUps = 2 }).Measure(description);

        Assert.That((timing.Kernel, timing.Device, timing.Microseconds), Is.EqualTo(("saxpy", "clocked", new TimeStatistics(11, 10, 12, 30))));
        Assert.That((timing.Bytes, timing.BytesPerSecond, timing.FlopsPerSecond), Is.EqualTo((12_000.0, 12_000 / 11.0 * 1e6, (double?)(2000 / 11.0 * 1e6))));
        Assert.That(timing.Method, Does.Contain("L2 written over"));
        Assert.That(driver.Log.Count(line => line == "copy"), Is.EqualTo(32 + 1), "y is put back before each timed launch, and was kept once");
        Assert.That(driver.Live, Is.Zero);
    }

    [Test]
    public void Create_WithOptionsThatMakeNoSenseNamesThem([Range(0, 4)] int index)
    {
        using ClockedDriver driver = new();
        string named = new[] { "Samples", "Samples", "WarmUps", "GraphLaunches", "Method" }[index];

        Assert.That(() => new KernelBenchmark(driver, Kernels.Compiler, Senseless[index]),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(named));
    }

    [Test]
    public void Measure_WithRotationTakesFiveTimesTheCacheAndNoMoreThanSixtyFourCopies()
    {
        Assert.That(Method(Kernels.Saxpy.WithAxes([new("n", 250)])), Does.Contain("over 4 copies of the arguments").And.Not.Contain("cache"));
        Assert.That(Method(Kernels.Saxpy.WithAxes([new("n", 1)])), Does.Contain("over 64 copies of the arguments, which the cache holds"));

        static string Method(KernelDescription description)
        {
            using ClockedDriver driver = new();
            TimingOptions options = new() { Samples = 30, WarmUps = 0, Method = TimingMethod.Rotate };
            return new KernelBenchmark(driver, Kernels.Compiler, options).Measure(description).Method;
        }
    }

    [Test]
    public void Compare_GivesTheRatioPairByPair()
    {
        // Both drift by a factor of 30 over the run; one is a quarter slower than the other all the time.
        int launches = 0;
        using ClockedDriver driver = new() { Microseconds = kernel => (kernel.Contains("slow", StringComparison.Ordinal) ? 5 : 4) * (1 + (launches++ / 2)) };
        KernelDescription slow = Kernels.Saxpy with { Source = Kernels.Source(Kernels.Saxpy.Source.Text.Replace("saxpy", "slow", StringComparison.Ordinal)) };

        PairedTiming pair = new KernelBenchmark(driver, Kernels.Compiler, new TimingOptions { Samples = 30, WarmUps = 0 }).Compare(Kernels.Saxpy, slow);

        Assert.That((pair.First.Kernel, pair.Second.Kernel), Is.EqualTo(("saxpy", "slow")));
        Assert.That(pair.First.Microseconds.P90 / pair.First.Microseconds.P10, Is.GreaterThan(5));
        Assert.That(pair.Ratio, Is.EqualTo(new TimeStatistics(1.25, 1.25, 1.25, 30)));
        Assert.That(driver.Live, Is.Zero);
    }

    [Test]
    public void MeasurePeaks_CountsWhatTheTwoKernelsMoveAndCompute()
    {
        using ClockedDriver driver = new() { Microseconds = kernel => kernel.Contains("copy", StringComparison.Ordinal) ? 100 : 50 };

        PeakRates peaks = new KernelBenchmark(driver, Kernels.Compiler, new TimingOptions { Samples = 30, WarmUps = 0 }).MeasurePeaks();

        // A quarter of the memory there is, read and written; 20 blocks of 8 warps.
        Assert.That(peaks.CopyBytesPerSecond, Is.EqualTo(2.0 * (1 << 28) / 100 * 1e6));
        Assert.That(peaks.TensorFlopsPerSecond, Is.EqualTo(20.0 * 8 * 8 * 4096 * 4096 / 50 * 1e6));
        Assert.That(driver.Live, Is.Zero);
    }

    [Test]
    public void PeakKernels_DoOnTheSimulatorWhatTheyAreCountedFor()
    {
        using PtxSimulator simulator = new(new PtxSimulatorOptions { Profiles = true });
        using PreparedKernel copy = new(simulator, Kernels.Compiler, PeakKernels.Copy(100_000) with { Arguments = ["out out: u32[blocks * 8192]", "in in: u32[blocks * 8192] = range"] });
        using PreparedKernel tensor = new(simulator, Kernels.Compiler, PeakKernels.Tensor(2, 3));

        copy.PoisonOutputs();
        copy.Run();
        tensor.Run();

        Assert.That(copy.Read("out"), Is.EqualTo(copy.Read("in")));
        KernelProfile[] profiles = [.. simulator.TakeProfiles()];
        Assert.That((profiles[0].GlobalLoads.Bytes, profiles[0].GlobalLoads.Coalescing), Is.EqualTo((copy.Plan.ReadBytes, 1.0)));
        Assert.That(profiles[1].TensorFlops, Is.EqualTo(tensor.Plan.Flops));
        Assert.That(tensor.Read("out").Where(value => value != 0), Is.Not.Empty);
    }

    [Test]
    public void HopperTensor_DoesOnTheSimulatorWhatItIsCountedFor()
    {
        using PtxSimulator simulator = new(new PtxSimulatorOptions { Profiles = true, Architecture = "compute_90a" });
        using PreparedKernel tensor = new(simulator, Kernels.Compiler, PeakKernels.HopperTensor(2, 3));

        tensor.PoisonOutputs();
        tensor.Run();

        Assert.That(simulator.TakeProfiles().Single().TensorFlops, Is.EqualTo(tensor.Plan.Flops));
        Assert.That(tensor.Read("out"), Has.None.NaN.And.None.EqualTo(0));
    }
}
