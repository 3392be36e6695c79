using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Benchmarking;
using Winnow.Benchmarking.Cases;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Timing;
using Winnow.Cli.Terminal;
using Winnow.Gpu;

namespace Winnow.Cli.Commands;

/// <summary>The kernels that ship, case by case; one that fails is named and the others go on.</summary>
internal sealed class KernelCasesRun(CliHost host, bool asJson)
{
    private readonly List<CaseResult> _results = [];
    private int _failures;
    private int _leftOut;
    private int _changing;

    /// <summary>Predicts cases for GPUs.</summary>
    /// <param name="filter">A part of family, name or shape; null for all.</param>
    /// <param name="gpus">The GPUs.</param>
    /// <param name="showsProgress">Whether people are looking.</param>
    /// <param name="cancellationToken">Ends it after the case that is running.</param>
    public Task<int> PredictAsync(string? filter, IReadOnlyList<GpuSpecification> gpus, bool showsProgress, CancellationToken cancellationToken)
    {
        KernelCompiler compiler = new();
        return RunAsync(
            CasesWith(filter, isMeasured: false), showsProgress, kernelCase => CaseRunner.Predict(kernelCase, compiler, gpus), () => WritePredictions(gpus), cancellationToken);
    }

    /// <summary>Measures cases on a driver.</summary>
    public Task<int> MeasureAsync(string? filter, GpuDriver driver, TimingOptions timing, bool showsProgress, CancellationToken cancellationToken)
    {
        KernelCompiler compiler = new();
        GpuState? before = GpuState.Read();
        PeakRates peaks = new KernelBenchmark(driver, compiler, timing).MeasurePeaks();
        return RunAsync(
            CasesWith(filter, isMeasured: true), showsProgress, kernelCase => Measure(kernelCase, driver, compiler, peaks, timing), () => WriteMeasurements(peaks, before), cancellationToken);
    }

    private IReadOnlyList<CaseResult> Measure(KernelCase kernelCase, GpuDriver driver, KernelCompiler compiler, PeakRates peaks, TimingOptions timing)
    {
        if (CaseRunner.Measure(kernelCase, driver, compiler, peaks, timing) is { } result)
        {
            return [result];
        }

        _changing++;
        return [];
    }

    private KernelCase[] CasesWith(string? filter, bool isMeasured)
    {
        KernelCase[] cases = [.. KernelCases.All().Where(kernelCase => kernelCase.ToString().Contains(filter ?? "", StringComparison.OrdinalIgnoreCase))];
        if (cases.Length == 0)
        {
            throw new UsageException($"no case has '{filter}' in its name or shape; without --filter all of them run");
        }

        KernelCase[] chosen = isMeasured ? cases : [.. cases.Where(kernelCase => !kernelCase.IsMeasuredOnly)];
        _leftOut = cases.Length - chosen.Length;
        return chosen;
    }

    private async Task<int> RunAsync(
        KernelCase[] cases, bool showsProgress, Func<KernelCase, IReadOnlyList<CaseResult>> run, Action write, CancellationToken cancellationToken)
    {
        if (KernelCompiler.Probe() is { IsUsable: false } nvrtc)
        {
            throw new WinnowException(nvrtc.Problem);
        }

        await StatusBar.RunAsync(host, showsProgress, "kernels", async bar =>
        {
            foreach (KernelCase kernelCase in cases)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (bar is not null)
                {
                    (bar.Text, bar.Done) = (kernelCase.ToString(), _results.Count / (double)cases.Length);
                }

                await Task.Run(() => Run(kernelCase, run), cancellationToken).ConfigureAwait(false);
            }

            return 0;
        }).ConfigureAwait(false);
        if (!asJson)
        {
            write();
        }

        return _failures == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    private void Run(KernelCase kernelCase, Func<KernelCase, IReadOnlyList<CaseResult>> run)
    {
        try
        {
            foreach (CaseResult result in run(kernelCase))
            {
                _results.Add(result);
                if (asJson)
                {
                    JsonLine.Write(host.Output, json => Write(json, result));
                }
            }
        }
        catch (WinnowException exception)
        {
            _failures++;
            host.Error.WriteLine($"winnow: {kernelCase}: {Failures.OnOneLine(exception.Message)}");
        }
    }

    private void WritePredictions(IReadOnlyList<GpuSpecification> gpus)
    {
        host.Output.WriteLine("No GPU is used here, so nothing is measured: these are predictions from the simulator's counts and published rates.");
        host.Output.WriteLine("Predicted is the longest bound; the estimate adds, of memory and the longest other bound, a turn of the shorter one. Launches and clocks under load are in neither.");
        foreach (GpuSpecification gpu in gpus)
        {
            host.Output.WriteLine();
            host.Output.WriteLine($"predicted for {gpu.Name}");
            TextTable table = new("case", "shape", "#predicted", "#estimate", "#GB/s", "#TFLOP/s", "#of published", "bound", "#launches");
            foreach (CaseResult result in _results.Where(result => result.Device == gpu.Name))
            {
                table.Add(
                    NameOf(result),
                    result.Case.Shape,
                    Quantities.Microseconds(result.Microseconds),
                    Quantities.Microseconds(result.EstimatedMicroseconds),
                    Quantities.Number(result.BytesPerSecond / 1e9, "0"),
                    FlopsText(result),
                    PeakText(result),
                    result.Bound,
                    Quantities.Number(result.Launches));
            }

            table.Write(host);
        }

        WriteCount(_results.Count / gpus.Count, "predicted");
    }

    private void WriteMeasurements(PeakRates peaks, GpuState? before)
    {
        TextTable table = new("case", "shape", "#measured", "#p10", "#p90", "#GB/s", "#TFLOP/s", "#of measured peak");
        foreach (CaseResult result in _results)
        {
            table.Add(
                NameOf(result),
                result.Case.Shape,
                Quantities.Microseconds(result.Microseconds),
                Quantities.Microseconds(result.Measured!.P10),
                Quantities.Microseconds(result.Measured.P90),
                Quantities.Number(result.BytesPerSecond / 1e9, "0"),
                FlopsText(result),
                PeakText(result));
        }

        table.Write(host);
        string how = _results.Count > 0 ? $"{_results[0].Device}: {string.Join("; ", _results.Select(result => result.Method).Distinct())}; " : "";
        host.Output.WriteLine(
            $"{how}peaks of this run: copy {Quantities.Number(peaks.CopyBytesPerSecond / 1e9, "0")} GB/s, "
            + $"tensor cores {Quantities.Number(peaks.TensorFlopsPerSecond / 1e12, "0")} TFLOP/s");
        host.Output.WriteLine(GpuState.Read() is { } after && before is not null ? $"before: {before}; after: {after}" : "clocks and power: nvidia-smi does not tell");
        WriteCount(_results.Count, "measured");
    }

    private void WriteCount(int done, string how) =>
        host.Output.WriteLine(
            $"{done} cases {how}{(_failures > 0 ? $", {_failures} skipped because they failed, see above" : "")}"
            + PartsText()
            + (_changing > 0 ? $", {_changing} left out because they change what they read, which only --method flush puts back" : "")
            + (_leftOut > 0 ? $", {_leftOut} left out because they are too much for the simulator: a GPU measures them" : ""));

    private string PartsText()
    {
        int parts = _results.Where(result => result.Measured is null && result.Case.Parts > 1).DistinctBy(result => result.Case).Count();
        return parts > 0 ? $", {parts} of them from a part of their work on the same part of a GPU" : "";
    }

    private static string NameOf(CaseResult result) => $"{result.Case.Family}/{result.Case.Name}";

    private static string FlopsText(CaseResult result) => result.Flops > 0 ? Quantities.Number(result.FlopsPerSecond / 1e12, "0.00") : "-";

    private static string PeakText(CaseResult result) =>
        $"{Quantities.Number(100 * result.PartOfPeak, "0")}% {(result.IsNearerToTensorPeak ? "tensor" : "memory")}";

    private static void Write(Utf8JsonWriter json, CaseResult result)
    {
        json.WriteString("kind", result.Measured is null ? "predicted" : "measured");
        json.WriteString("family", result.Case.Family);
        json.WriteString("case", result.Case.Name);
        json.WriteString("shape", result.Case.Shape);
        json.WriteString("device", result.Device);
        json.WriteNumber(result.Measured is null ? "predicted_us" : "median_us", result.Microseconds);
        if (result.Measured is { } measured)
        {
            json.WriteNumber("p10_us", measured.P10);
            json.WriteNumber("p90_us", measured.P90);
            json.WriteNumber("samples", measured.Samples);
            json.WriteString("method", result.Method);
        }
        else
        {
            json.WriteNumber("estimated_us", result.EstimatedMicroseconds);
            json.WriteString("bound", result.Bound);
            json.WriteNumber("launches", result.Launches);
            json.WriteNumber("parts", result.Case.Parts);
        }

        json.WriteNumber("bytes", result.Bytes);
        json.WriteNumber("flops", result.Flops);
        json.WriteNumber("peak_bytes_per_second", result.PeakBytesPerSecond);
        json.WriteNumber("peak_flops_per_second", result.PeakFlopsPerSecond);
        json.WriteNumber("part_of_peak", result.PartOfPeak);
    }
}
