using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Benchmarking.Descriptions;
using Winnow.Benchmarking.Timing;
using Winnow.Gpu;

namespace Winnow.Benchmarking;

/// <summary>Times described kernels on a device: alone, in turns with another, and the device's own peaks in the same run.</summary>
/// <param name="driver">The device; it stays with the caller. What the simulator measures is itself: use it to try a benchmark, not to know a kernel.</param>
/// <param name="compiler">The compiler.</param>
/// <param name="options">How times are taken; null for the defaults. What makes no sense is an <see cref="ArgumentOutOfRangeException"/> here.</param>
public sealed class KernelBenchmark(GpuDriver driver, KernelCompiler compiler, TimingOptions? options = null)
{
    // Data that rotates is five times the cache, and one copy more, as is usual; but small kernels would need thousands.
    private const long MostCopyBytes = 512L << 20;
    private const int TensorTurns = 4096;
    private const int HopperTensorTurns = 512;
    private const int TensorBlocksPerMultiprocessor = 2;

    private readonly TimingOptions _options = Checked(options ?? new TimingOptions());

    /// <summary>Times a kernel.</summary>
    /// <param name="description">The kernel.</param>
    /// <exception cref="KernelDescriptionException">The description is wrong or does not fit the kernel.</exception>
    /// <exception cref="KernelCompileException">The source does not compile.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The arguments need more memory than there is.</exception>
    /// <exception cref="GpuFaultException">The kernel did what it must not.</exception>
    public KernelTiming Measure(KernelDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        using Entrant entrant = Prepare(description);
        using var timer = new GpuTimer(driver, entrant.Stream, _options);
        return entrant.ToTiming(timer.Measure(entrant.Work), driver, _options);
    }

    /// <summary>Times two kernels that take turns.</summary>
    /// <param name="first">One.</param>
    /// <param name="second">The other.</param>
    /// <exception cref="KernelDescriptionException">A description is wrong or does not fit its kernel.</exception>
    /// <exception cref="KernelCompileException">A source does not compile.</exception>
    /// <exception cref="OutOfDeviceMemoryException">The arguments of both need more memory than there is.</exception>
    /// <exception cref="GpuFaultException">A kernel did what it must not.</exception>
    public PairedTiming Compare(KernelDescription first, KernelDescription second)
    {
        using Entrant one = Prepare(first);
        using Entrant other = Prepare(second);
        using var timer = new GpuTimer(driver, one.Stream, _options);
        (double[] oneTimes, double[] otherTimes) = timer.MeasurePair(one.Work, other.Work);
        IEnumerable<double> ratios = otherTimes.Zip(oneTimes, (numerator, denominator) => numerator / denominator);
        return new PairedTiming(one.ToTiming(oneTimes, driver, _options), other.ToTiming(otherTimes, driver, _options), TimeStatistics.Of(ratios));
    }

    /// <summary>Measures what the device reaches: a copy of memory several times its cache, and products of tensor cores from registers.</summary>
    public PeakRates MeasurePeaks()
    {
        var benchmark = new KernelBenchmark(driver, compiler, _options with { Method = TimingMethod.Flush });
        long copyBytes = Math.Min(MostCopyBytes, driver.FreeBytes / 4);
        KernelTiming copy = benchmark.Measure(PeakKernels.Copy(copyBytes));
        long blocks = driver.Properties.Multiprocessors;
        bool isHopper = driver.Architecture.EndsWith("_90a", StringComparison.Ordinal);
        KernelTiming tensor = benchmark.Measure(
            isHopper ? PeakKernels.HopperTensor(blocks, HopperTensorTurns) : PeakKernels.Tensor(blocks * TensorBlocksPerMultiprocessor, TensorTurns));
        return new PeakRates(copy.BytesPerSecond, tensor.FlopsPerSecond!.Value);
    }

    private static TimingOptions Checked(TimingOptions options)
    {
        options.Check();
        return options;
    }

    private Entrant Prepare(KernelDescription description)
    {
        var entrant = new Entrant();
        try
        {
            entrant.Kernels.Add(new PreparedKernel(driver, compiler, description));
            int copies = Rotation.CopiesOf(_options.Method, entrant.Kernels[0].Plan.MemoryBytes, driver.Properties);
            for (int i = 1; i < copies; i++)
            {
                entrant.Kernels.Add(new PreparedKernel(driver, compiler, description));
            }

            return entrant;
        }
        catch
        {
            entrant.Dispose();
            throw;
        }
    }

    /// <summary>A kernel that takes part: as many copies of it as rotate.</summary>
    private sealed class Entrant : IDisposable
    {
        public List<PreparedKernel> Kernels { get; } = [];

        public GpuStream Stream => Kernels[0].Stream;

        public TimedWork Work => new((stream, copy) => Kernels[copy].Launch(stream), Kernels[0].HasChangingInputs ? Kernels[0].Restore : null, Kernels.Count);

        public KernelTiming ToTiming(double[] times, GpuDriver driver, TimingOptions options)
        {
            LaunchPlan plan = Kernels[0].Plan;
            return new KernelTiming
            {
                Kernel = Kernels[0].Build.Entry.Name,
                Device = driver.Properties.Name,
                Microseconds = TimeStatistics.Of(times),
                Bytes = plan.ReadBytes + plan.WrittenBytes,
                Flops = plan.Flops,
                Method = Rotation.Describe(options, plan.MemoryBytes, Kernels.Count, driver.Properties),
            };
        }

        public void Dispose() => Kernels.ForEach(kernel => kernel.Dispose());
    }
}
