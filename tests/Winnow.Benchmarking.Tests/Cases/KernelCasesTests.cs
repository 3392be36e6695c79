using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Timing;
using Winnow.Kernels;
using Winnow.TestSupport;

namespace Winnow.Benchmarking.Cases;

/// <summary>On a device that runs nothing, so that all cases are prepared and issued in moments.</summary>
public sealed class KernelCasesTests
{
    private static readonly PeakRates Peaks = new(1e12, 1e14);

    [SetUp]
    public void RequireNvrtc() => NvrtcSupport.Require();

    [Test]
    public void All_HaveNamesOfTheirOwnInEveryFamily()
    {
        IReadOnlyList<KernelCase> cases = KernelCases.All();

        Assert.That(cases.Select(kernelCase => kernelCase.ToString()), Is.Unique);
        Assert.That(cases.Select(kernelCase => kernelCase.Family).Distinct(), Is.EqualTo(new[] { "attention", "cache", "linear", "norm", "reduction", "sampling" }));
    }

    [Test]
    public void All_TogetherLaunchEveryKernelThatShips()
    {
        HashSet<string> launched = [];
        foreach (bool isHopper in new[] { false, true })
        {
            using ClockedDriver driver = new() { IsHopper = isHopper };
            foreach (KernelCase kernelCase in KernelCases.All().Where(kernelCase => kernelCase is { IsMeasuredOnly: false, Parts: 1 }))
            {
                using CudaDevice device = new(driver, Kernels.Compiler);
                using CaseWorkspace workspace = new(device);
                kernelCase.Prepare(workspace).Run();
            }

            launched.UnionWith(driver.Log.Where(line => line.StartsWith("launch ", StringComparison.Ordinal)).Select(line => line["launch ".Length..]));
            Assert.That(driver.Live, Is.Zero);
        }

        Assert.That(ShippedKernels.All().Select(variant => variant.Entry).Distinct().Except(launched), Is.Empty, "kernels that no case launches");
    }

    [Test]
    public void Measure_TimesAllKernelsOfACallAndRestoresWhatItChanges()
    {
        KernelCase append = KernelCases.All().Single(kernelCase => kernelCase is { Name: "append", Shape: "1 tokens" });
        using ClockedDriver driver = new() { Microseconds = _ => 4 };

        CaseResult result = CaseRunner.Measure(append, driver, Kernels.Compiler, Peaks, new TimingOptions { Samples = 30, WarmUps = 1 })!;

        Assert.That((result.Microseconds, result.Measured!.Samples, result.Device), Is.EqualTo((4.0, 30, "clocked")));
        Assert.That(result.BytesPerSecond, Is.EqualTo(result.Bytes / 4e-6).Within(1e-3));
        int[] launches = [.. driver.Log.Select((line, index) => (line, index)).Where(item => item.line.StartsWith("launch", StringComparison.Ordinal)).Select(item => item.index)];
        Assert.That(launches[1..].Select(index => driver.Log[index - 2]), Is.All.StartsWith("fill 2000"), "the cache is written over last");
        Assert.That(launches[1..].Select(index => driver.Log[index - 3]), Is.All.EqualTo("upload").Or.EqualTo("wait"), "the counts are put back before");
        Assert.That(driver.Live, Is.Zero);
    }

    [TestCase(TimingMethod.Rotate, 2)]
    [TestCase(TimingMethod.Warm, 1)]
    public void Measure_WithAGraphReplaysItOverCopiesOfTheOperands(TimingMethod method, int copies)
    {
        KernelCase gather = KernelCases.All().First(kernelCase => kernelCase is { Family: "norm", Name: "rms norm" });
        using ClockedDriver driver = new() { Microseconds = _ => 4 };

        CaseResult result = CaseRunner.Measure(gather, driver, Kernels.Compiler, Peaks, new TimingOptions { Samples = 30, WarmUps = 1, Method = method })!;

        Assert.That(result.Microseconds, Is.EqualTo(4).Within(1e-9));
        Assert.That(result.Method, Does.Contain(method == TimingMethod.Warm ? "same arguments" : $"over {copies} copies"));
        Assert.That(driver.Log.Count(line => line.StartsWith("graph", StringComparison.Ordinal)), Is.EqualTo(31));
        Assert.That(driver.Log.Any(line => line.StartsWith("fill 2000", StringComparison.Ordinal)), Is.False);
        Assert.That(driver.Live, Is.Zero);
    }

    [Test]
    public void Measure_WithAGraphLeavesOutWhatChangesWhatItReads()
    {
        KernelCase append = KernelCases.All().Single(kernelCase => kernelCase is { Name: "append", Shape: "1 tokens" });
        using ClockedDriver driver = new();

        Assert.That(CaseRunner.Measure(append, driver, Kernels.Compiler, Peaks, new TimingOptions { Method = TimingMethod.Rotate }), Is.Null);
        Assert.That(driver.Live, Is.Zero);
    }

    [TestCase("prefill BF16, bidirectional", "1 x 512 tokens, 512 slots", 0.02)]
    [TestCase("matmul BF16", "512 x 4096 x 4096", 0.1)]
    public void Predict_OfAPartIsThatOfTheWhole(string name, string shape, double within)
    {
        KernelCase whole = KernelCases.All().Single(kernelCase => kernelCase.Name == name && kernelCase.Shape == shape);
        GpuSpecification gpu = GpuSpecification.Find("h200");

        CaseResult expected = CaseRunner.Predict(whole, Kernels.Compiler, [gpu]).Single();
        CaseResult result = CaseRunner.Predict(whole with { Parts = 4 }, Kernels.Compiler, [gpu]).Single();

        Assert.That((result.Flops, result.Launches), Is.EqualTo((expected.Flops, expected.Launches)));
        Assert.That(result.Bytes, Is.EqualTo(expected.Bytes).Within(1e-3 * expected.Bytes), "positions of tokens, which parts share, are all that differs");
        Assert.That(result.Microseconds, Is.EqualTo(expected.Microseconds).Within(within * expected.Microseconds));
        Assert.That(result.EstimatedMicroseconds, Is.EqualTo(expected.EstimatedMicroseconds).Within(within * expected.EstimatedMicroseconds));
    }

    [Test]
    public void PartOfPeak_IsOfTheNearerOne()
    {
        KernelCase any = KernelCases.All()[0];
        CaseResult memory = new() { Case = any, Device = "", Microseconds = 10, Bytes = 5e6, Flops = 1e6, PeakBytesPerSecond = 1e12, PeakFlopsPerSecond = 1e14 };
        CaseResult tensor = memory with { Flops = 9e8 };

        Assert.That((memory.PartOfPeak, memory.IsNearerToTensorPeak), Is.EqualTo((0.5, false)));
        Assert.That((tensor.PartOfPeak, tensor.IsNearerToTensorPeak), Is.EqualTo((0.9, true)));
    }
}
