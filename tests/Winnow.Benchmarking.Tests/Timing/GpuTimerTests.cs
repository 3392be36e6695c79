using System;
using System.Linq;
using NUnit.Framework;
using Winnow.Gpu;

namespace Winnow.Benchmarking.Timing;

public sealed class GpuTimerTests
{
    [Test]
    public void Measure_TimesOneLaunchWithoutTheFlushBeforeIt()
    {
        int launches = 0;
        using ClockedDriver driver = new() { Microseconds = _ => ++launches };
        using (GpuTimer timer = new(driver, new GpuStream(1), new TimingOptions { Samples = 30, WarmUps = 4 }))
        {
            double[] times = timer.Measure(Work(driver, "k"));

            // One launch brings code in, four warm up.
            Assert.That(times, Is.EqualTo(Enumerable.Range(6, 30).Select(i => (double)i)));
        }

        Assert.That(driver.Log.Count(line => line == "fill 2000"), Is.EqualTo(34), "twice the cache before each timed launch");
        Assert.That(string.Join(' ', driver.Log[^6..^1]), Is.EqualTo("fill 2000 record launch k record wait"));
        Assert.That(driver.Live, Is.Zero);
    }

    [Test]
    public void Measure_RestoresInputsBeforeTheFlush()
    {
        using ClockedDriver driver = new();
        using GpuTimer timer = new(driver, new GpuStream(1), new TimingOptions { Samples = 30, WarmUps = 0 });

        double[] times = timer.Measure(Work(driver, "k") with { Restore = _ => driver.CopyOnDevice(0, 0, 4, default) });

        Assert.That(times, Is.All.EqualTo(1));
        Assert.That(string.Join(' ', driver.Log[^7..^1]), Is.EqualTo("copy fill 2000 record launch k record wait"));
    }

    [TestCase(1, 10)]
    [TestCase(4, 12)]
    [TestCase(25, 25)]
    public void Measure_WithAGraphGoesWholeRoundsOverTheCopies(int copies, int launches)
    {
        using ClockedDriver driver = new() { Microseconds = kernel => 1 + int.Parse(kernel) };
        using (GpuTimer timer = new(driver, new GpuStream(1), new TimingOptions { Samples = 31, WarmUps = 3, Method = TimingMethod.Rotate }))
        {
            double[] times = timer.Measure(new TimedWork((_, copy) => driver.Launch(copy.ToString()), Copies: copies));

            Assert.That(times, Has.Length.EqualTo(31).And.All.EqualTo(1 + ((copies - 1) / 2.0)).Within(0.1), "the mean over the copies");
        }

        Assert.That(driver.Log.Count(line => line == $"graph {launches}"), Is.EqualTo(34));
        Assert.That(driver.Log.Any(line => line.StartsWith("fill", StringComparison.Ordinal)), Is.False);
        Assert.That(driver.Live, Is.Zero);
    }

    [Test]
    public void MeasurePair_LetsTheTwoTakeTurnsAndTheFirstGoFirstEveryOtherTime()
    {
        using ClockedDriver driver = new() { Microseconds = kernel => kernel == "a" ? 2 : 3 };
        using GpuTimer timer = new(driver, new GpuStream(1), new TimingOptions { Samples = 30, WarmUps = 0 });

        (double[] first, double[] second) = timer.MeasurePair(Work(driver, "a"), Work(driver, "b"));

        Assert.That(first, Has.Length.EqualTo(30).And.All.EqualTo(2));
        Assert.That(second, Has.Length.EqualTo(30).And.All.EqualTo(3));
        string[] order = [.. driver.Log.Where(line => line.StartsWith("launch", StringComparison.Ordinal)).Select(line => line[^1..]).Skip(2).Take(8)];
        Assert.That(string.Concat(order), Is.EqualTo("abbaabba"));
    }

    [Test]
    public void Timer_OfFewerThanThirtySamplesIsRefused()
    {
        using ClockedDriver driver = new();

        Assert.That(() => new GpuTimer(driver, new GpuStream(1), new TimingOptions { Samples = 29 }), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(driver.Live, Is.Zero);
    }

    private static TimedWork Work(ClockedDriver driver, string kernel) => new((_, _) => driver.Launch(kernel));
}
