using System.Linq;
using NUnit.Framework;
using Winnow.Benchmarking.Checking;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Prediction;
using Winnow.Benchmarking.Timing;
using Winnow.Benchmarking.Traces;
using Winnow.Gpu;
using Winnow.TestSupport;

namespace Winnow.Benchmarking;

/// <summary>On a real GPU: that times are those of the kernel and not of something else.</summary>
public sealed class GpuHardwareTests
{
    [Test]
    [RequiresGpu]
    public void MeasurePeaks_AreWhatGpusCanBe()
    {
        NvrtcSupport.Require();
        using CudaDriver driver = CudaDriver.Open();

        PeakRates peaks = new KernelBenchmark(driver, Kernels.Compiler).MeasurePeaks();

        // From the smallest GPU of compute capability 8.0 to several times the fastest there is.
        Assert.That(peaks.CopyBytesPerSecond, Is.InRange(50e9, 20e12));
        Assert.That(peaks.TensorFlopsPerSecond, Is.InRange(5e12, 10e15));
    }

    [Test]
    [RequiresGpu]
    public void Measure_OfALargeKernelIsNoFasterThanMemoryAndAgreesWithAGraph([Values] TimingMethod method)
    {
        NvrtcSupport.Require();
        using CudaDriver driver = CudaDriver.Open();
        KernelDescription saxpy = Kernels.Saxpy.WithAxes([new("n", 32 << 20)]);
        TimingOptions options = new() { Method = method };

        PeakRates peaks = new KernelBenchmark(driver, Kernels.Compiler, options).MeasurePeaks();
        KernelTiming timing = new KernelBenchmark(driver, Kernels.Compiler, options).Measure(saxpy);

        // 256 MiB of arguments fit no cache, so every method sees memory.
        Assert.That(timing.BytesPerSecond / peaks.CopyBytesPerSecond, Is.InRange(0.5, 1.3));
    }

    [Test]
    [RequiresGpu]
    public void Compare_OfAKernelWithItselfIsOne()
    {
        NvrtcSupport.Require();
        using CudaDriver driver = CudaDriver.Open();
        KernelDescription saxpy = Kernels.Saxpy.WithAxes([new("n", 16 << 20)]);

        PairedTiming pair = new KernelBenchmark(driver, Kernels.Compiler).Compare(saxpy, saxpy);

        Assert.That(pair.Ratio.Median, Is.EqualTo(1).Within(0.05));
    }

    [Test]
    [RequiresGpu]
    public void Check_GivesTheSameOnTheGpuAsInDoubles()
    {
        NvrtcSupport.Require();
        using CudaDriver driver = CudaDriver.Open();

        CheckResult result = new KernelChecker(driver, Kernels.Compiler).Check(Kernels.Saxpy, (inputs, outputs) =>
        {
            for (int i = 0; i < outputs["y"].Length; i++)
            {
                outputs["y"][i] = (inputs["a"][0] * inputs["x"][i]) + inputs["y"][i];
            }
        });

        Assert.That(result.IsPassed, Is.True);
    }

    [Test]
    [RequiresGpu(MinimumCapability = 90)]
    public void Measure_OnHopperTakesNoLessThanPredicted()
    {
        NvrtcSupport.Require();
        using CudaDriver driver = CudaDriver.Open();
        KernelDescription saxpy = Kernels.Saxpy.WithAxes([new("n", 16 << 20)]);
        KernelPrediction prediction = ProfiledKernel.Run(Kernels.Compiler, saxpy).Predict(Kernels.Compiler, GpuSpecification.Find("h200"));

        KernelTiming timing = new KernelBenchmark(driver, Kernels.Compiler).Measure(saxpy);

        Assert.That(timing.Microseconds.P10, Is.GreaterThan(prediction.Microseconds));
    }

    [Test]
    [RequiresGpu]
    public void Trace_OfTheShippedProblemsPassesAndIsMeasured()
    {
        NvrtcSupport.Require();
        using CudaDriver driver = CudaDriver.Open();
        TraceDataset dataset = TraceDataset.Load(Problems.ShippedPath);

        TraceOutcome[] outcomes = [.. new TraceRunner(Kernels.Compiler, new TraceOptions { Gpu = driver }).Run(dataset)];

        Assert.That(outcomes.Select(outcome => outcome.Trace?.Evaluation!.Status), Has.All.EqualTo(TraceStatus.Passed));
        Assert.That(outcomes.Select(outcome => outcome.Trace!.Evaluation!.Performance!.LatencyMilliseconds), Has.All.GreaterThan(0));
        Assert.That(outcomes.Select(outcome => outcome.Trace!.Evaluation!.Environment.Hardware), Has.All.EqualTo(driver.Properties.Name));
    }
}
