using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Winnow.Benchmarking.Checking;
using Winnow.Benchmarking.Descriptions;
using Winnow.Cli.Terminal;
using Winnow.Gpu;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow kernels check</c>: whether a kernel computes what it should, and what it does wrong on the way.</summary>
internal static class KernelsCheckCommand
{
    public static Command Create(CliHost host)
    {
        KernelOptions options = new(fileIsRequired: true);
        KernelDevice device = new();
        Command command = new("check", "Compare what a kernel computes with another kernel or with data, as the \"check\" of its description says.");
        options.AddTo(command, withLaunch: true);
        device.AddTo(command);
        command.SetAction((parsed, cancellationToken) => Interruptible.RunAsync(() => Run(host, parsed, options, device), cancellationToken));
        return command;
    }

    private static int Run(CliHost host, ParseResult parsed, KernelOptions options, KernelDevice device)
    {
        bool asJson = parsed.GetValue(CommonOptions.Json);
        KernelDescription description = options.Description(parsed);
        using GpuDriver driver = device.Open(parsed);
        CheckResult result;
        try
        {
            result = new KernelChecker(driver, new KernelCompiler()).Check(description);
        }
        catch (GpuFaultException fault)
        {
            KernelsProfileCommand.WriteFinding(host, asJson, fault);
            return ExitCodes.Failure;
        }

        foreach (OutputComparison output in result.Outputs)
        {
            if (asJson)
            {
                JsonLine.Write(host.Output, json => Write(json, result, output));
            }
        }

        if (!asJson)
        {
            Write(host, result);
        }

        return result.IsPassed ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static void Write(CliHost host, CheckResult result)
    {
        TextTable table = new("output", "type", "#values", "#max abs error", "#max rel error", "#allowed", "#mismatches", "worst");
        foreach (OutputComparison output in result.Outputs)
        {
            string nans = output.UnexpectedNaNs > 0 ? $" ({output.UnexpectedNaNs} NaN)" : "";
            table.Add(
                output.Output,
                output.Type.ToString().ToLowerInvariant(),
                Quantities.Number(output.Values),
                Short(output.MaxAbsoluteError),
                Short(output.MaxRelativeError),
                Short(output.Allowed),
                Quantities.Number(output.Mismatches) + nans,
                $"[{output.WorstIndex}] is {Exact(output.Actual)}, expected {Exact(output.Expected)}");
        }

        table.Write(host);
        host.Output.WriteLine($"{(result.IsPassed ? "passed" : "FAILED")}: {result.Kernel} on {result.Device}; allowed is {result.Rule}");
    }

    private static void Write(Utf8JsonWriter json, CheckResult result, OutputComparison output)
    {
        json.WriteString("kernel", result.Kernel);
        json.WriteString("device", result.Device);
        json.WriteString("output", output.Output);
        json.WriteBoolean("passed", output.IsPassed);
        json.WriteNumber("values", output.Values);
        json.WriteNumber("mismatches", output.Mismatches);
        json.WriteNumber("unexpected_nans", output.UnexpectedNaNs);
        WriteFinite(json, "max_abs_error", output.MaxAbsoluteError);
        WriteFinite(json, "max_rel_error", output.MaxRelativeError);
        json.WriteNumber("allowed", output.Allowed);
        json.WriteNumber("worst_index", output.WorstIndex);
        WriteFinite(json, "actual", output.Actual);
        WriteFinite(json, "expected", output.Expected);
    }

    /// <summary>JSON has no NaN and no infinity: those are null.</summary>
    private static void WriteFinite(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static string Short(double value) => value == 0 ? "0" : value.ToString("0.00e+0", CultureInfo.InvariantCulture);

    private static string Exact(double value) => value.ToString("G9", CultureInfo.InvariantCulture);
}
