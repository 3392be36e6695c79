using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Prediction;
using Winnow.Benchmarking.Timing;
using Winnow.Gpu;
using Winnow.Kernels;
using Winnow.Simulator;

namespace Winnow.Benchmarking.Cases;

/// <summary>Times cases on a GPU, or predicts them from the simulator's counts.</summary>
public static class CaseRunner
{
    /// <summary>Runs a case on the simulator and predicts its time on GPUs: the sum over the kernels that it launches.</summary>
    /// <param name="kernelCase">The case.</param>
    /// <param name="compiler">The compiler.</param>
    /// <param name="gpus">The GPUs.</param>
    /// <returns>A prediction for each GPU.</returns>
    public static IReadOnlyList<CaseResult> Predict(KernelCase kernelCase, KernelCompiler compiler, IReadOnlyList<GpuSpecification> gpus)
    {
        ArgumentNullException.ThrowIfNull(kernelCase);
        ArgumentNullException.ThrowIfNull(gpus);

        // A GPU of 9.0a gets other kernels than those of other kinds.
        var results = gpus
            .GroupBy(gpu => gpu.Architecture == "sm_90a" ? "compute_90a" : "compute_80", StringComparer.Ordinal)
            .SelectMany(group => Predict(kernelCase, compiler, group.Key, [.. group]))
            .ToDictionary(result => result.Device, StringComparer.Ordinal);
        return [.. gpus.Select(gpu => results[gpu.Name])];
    }

    /// <summary>Runs a case on the simulator, with all checks, and counts what its kernels do and what their critical paths consist of.</summary>
    /// <param name="kernelCase">The case.</param>
    /// <param name="compiler">The compiler.</param>
    /// <param name="architecture">What the simulator is: <c>compute_80</c>, or <c>compute_90a</c> with the kernels for Hopper.</param>
    /// <param name="seed">What the order of warps is drawn from.</param>
    /// <returns>A profile for each kernel that it launches.</returns>
    /// <exception cref="GpuFaultException">A kernel did what it must not; the message names line, block and thread.</exception>
    public static IReadOnlyList<KernelProfile> Profile(KernelCase kernelCase, KernelCompiler compiler, string architecture = "compute_80", int seed = 1)
    {
        ArgumentNullException.ThrowIfNull(kernelCase);
        using var simulator = new PtxSimulator(PartOf(kernelCase) with { TracesPaths = true, Architecture = architecture, Seed = seed });
        using var device = new CudaDevice(simulator, compiler);
        using var workspace = new CaseWorkspace(device, kernelCase.Parts);
        return Count(kernelCase.Prepare(workspace), device, simulator);
    }

    /// <summary>Times a case on a device.</summary>
    /// <param name="kernelCase">The case.</param>
    /// <param name="driver">The device; it stays with the caller.</param>
    /// <param name="compiler">The compiler.</param>
    /// <param name="peaks">What the device reached in the same run.</param>
    /// <param name="options">How times are taken; null for the defaults.</param>
    /// <returns>The time; null where times are to be those of a graph and the case changes what it reads, which no graph puts back.</returns>
    public static CaseResult? Measure(KernelCase kernelCase, GpuDriver driver, KernelCompiler compiler, PeakRates peaks, TimingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(kernelCase);
        ArgumentNullException.ThrowIfNull(peaks);
        options ??= new TimingOptions();
        using var device = new CudaDevice(driver, compiler);
        using var copies = new CaseCopies(kernelCase, device);
        if (options.Method != TimingMethod.Flush && copies.Work.Restore is not null)
        {
            return null;
        }

        copies.Grow(Rotation.CopiesOf(options.Method, copies.Bytes, driver.Properties));
        using var timer = new GpuTimer(driver, device.Stream, options);
        var statistics = TimeStatistics.Of(timer.Measure(copies.ToTimed()));
        return new CaseResult
        {
            Case = kernelCase,
            Device = device.Name,
            Measured = statistics,
            Method = Rotation.Describe(options, copies.Bytes, copies.Count, driver.Properties),
            Microseconds = statistics.Median,
            Bytes = copies.Bytes,
            Flops = copies.Work.Flops,
            PeakBytesPerSecond = peaks.CopyBytesPerSecond,
            PeakFlopsPerSecond = peaks.TensorFlopsPerSecond,
        };
    }

    private static List<CaseResult> Predict(KernelCase kernelCase, KernelCompiler compiler, string architecture, IReadOnlyList<GpuSpecification> gpus)
    {
        using var simulator = new PtxSimulator(PartOf(kernelCase) with { Checks = false, Architecture = architecture });
        using var device = new CudaDevice(simulator, compiler);
        using var workspace = new CaseWorkspace(device, kernelCase.Parts);
        CaseWork work = kernelCase.Prepare(workspace);
        IReadOnlyList<KernelProfile> profiles = Count(work, device, simulator);
        return [.. gpus.Select(gpu => Predict(kernelCase, gpu, profiles, workspace, work))];
    }

    /// <summary>A simulator with so much of a GPU as a case's part is predicted on.</summary>
    private static PtxSimulatorOptions PartOf(KernelCase kernelCase) => new() { Profiles = true, Parts = kernelCase.Parts, Units = UnitTable.Hopper };

    private static IReadOnlyList<KernelProfile> Count(CaseWork work, CudaDevice device, PtxSimulator simulator)
    {
        device.Synchronize();
        simulator.TakeProfiles();
        work.Run();
        device.Synchronize();
        return simulator.TakeProfiles();
    }

    private static CaseResult Predict(KernelCase kernelCase, GpuSpecification gpu, IReadOnlyList<KernelProfile> profiles, CaseWorkspace workspace, CaseWork work)
    {
        int parts = kernelCase.Parts;
        (long readBytes, long writtenBytes) = (((workspace.ReadBytes - work.SharedBytes) * parts) + work.SharedBytes, workspace.WrittenBytes * parts);
        var predictions = profiles
            .Select(profile => (Prediction: KernelPredictor.Predict(gpu, profile, readBytes, writtenBytes, parts: parts), profile.Launches))
            .ToList();
        KernelPrediction longest = predictions.MaxBy(item => item.Prediction.Microseconds * item.Launches).Prediction;
        return new CaseResult
        {
            Case = kernelCase,
            Device = gpu.Name,
            Microseconds = predictions.Sum(item => item.Prediction.Microseconds * item.Launches),
            EstimatedMicroseconds = predictions.Sum(item => item.Prediction.EstimatedMicroseconds * item.Launches),
            Launches = (int)predictions.Sum(item => item.Launches),
            Bytes = readBytes + writtenBytes,
            Flops = work.Flops,
            PeakBytesPerSecond = gpu.MemoryBytesPerSecond,
            PeakFlopsPerSecond = gpu.TensorFlopsPerSecond,
            Bound = longest.Longest.Kind == BoundKind.L2 ? "L2" : longest.Longest.Kind.ToString().ToLowerInvariant(),
        };
    }
}
