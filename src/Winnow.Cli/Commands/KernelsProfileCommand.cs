using System.CommandLine;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Prediction;
using Winnow.Cli.Terminal;
using Winnow.Gpu;
using Winnow.Simulator;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow kernels profile</c>: a kernel on the simulator, checked and counted, and what that means for named GPUs.</summary>
internal static class KernelsProfileCommand
{
    private const int WrittenSteps = 20;

    private static readonly Option<int?> Seed = SettingOption.Count(
        "--seed", "What the simulator draws the order of warps from; a race that one order hides another shows. Default: 1.", int.MinValue);

    private static readonly Option<string?> Filter = new("--filter")
    {
        Description = "In the place of a file: the kernels that ship, in the cases with this in family, name or shape, for instance linear/matvec; counts alone.",
        HelpName = "text",
    };

    public static Command Create(CliHost host)
    {
        KernelOptions options = new(fileIsRequired: false);
        GpuOption gpus = new();
        KernelDevice device = new();
        Command command = new("profile", "Run a kernel on the simulator: what it does wrong, what it counts, where it waits, and the time predicted for named GPUs.");
        options.AddTo(command, withLaunch: true);
        command.Options.Add(Filter);
        gpus.AddTo(command);
        command.Options.Add(Seed);
        device.AddSimulatorTo(command);
        command.SetAction((parsed, cancellationToken) => Interruptible.RunAsync(
            () => options.File(parsed) is null ? RunCases(host, parsed, options, device, cancellationToken) : Run(host, parsed, options, device, gpus), cancellationToken));
        return command;
    }

    private static int RunCases(CliHost host, ParseResult parsed, KernelOptions options, KernelDevice device, CancellationToken cancellationToken)
    {
        string filter = parsed.GetValue(Filter) ?? throw new UsageException("a file is needed, or --filter with a part of the name of kernels that ship");
        options.RequireNothingOfAFile(parsed);
        return KernelCaseProfiles.Run(host, parsed.GetValue(CommonOptions.Json), filter, device.Architecture(parsed), parsed.GetValue(Seed) ?? 1, cancellationToken);
    }

    private static int Run(CliHost host, ParseResult parsed, KernelOptions options, KernelDevice device, GpuOption gpus)
    {
        if (parsed.GetValue(Filter) is not null)
        {
            throw new UsageException("--filter chooses among the kernels that ship, and a file was named");
        }

        bool asJson = parsed.GetValue(CommonOptions.Json);
        KernelCompiler compiler = new();
        ProfiledKernel kernel;
        try
        {
            kernel = ProfiledKernel.Run(compiler, options.Description(parsed), parsed.GetValue(Seed) ?? 1, device.Architecture(parsed));
        }
        catch (GpuFaultException fault)
        {
            WriteFinding(host, asJson, fault);
            return ExitCodes.Failure;
        }

        Write(host, asJson, kernel.Profile);
        foreach (GpuSpecification gpu in gpus.Get(parsed))
        {
            Write(host, asJson, kernel.Predict(compiler, gpu));
        }

        return ExitCodes.Success;
    }

    /// <summary>Writes what a kernel did, in which nothing was wrong.</summary>
    /// <param name="host">Takes it.</param>
    /// <param name="asJson">Whether as JSON.</param>
    /// <param name="profile">What it did.</param>
    /// <param name="kernelCase">The case that launched it; null for a kernel of a file.</param>
    public static void Write(CliHost host, bool asJson, KernelProfile profile, string? kernelCase = null)
    {
        if (asJson)
        {
            JsonLine.Write(host.Output, json => WriteCounts(json, profile, kernelCase));
            return;
        }

        host.Output.WriteLine(kernelCase is null ? "no findings" : $"{kernelCase}: no findings");
        host.Output.WriteLine(profile.ToString());
    }

    private static void Write(CliHost host, bool asJson, KernelPrediction prediction)
    {
        if (asJson)
        {
            JsonLine.Write(host.Output, json => PredictionText.Write(json, prediction));
            return;
        }

        host.Output.WriteLine();
        PredictionText.Write(host, prediction);
    }

    /// <summary>A finding is a result: it is what the command was asked for.</summary>
    public static void WriteFinding(CliHost host, bool asJson, GpuFaultException fault)
    {
        if (!asJson)
        {
            host.Output.WriteLine($"finding: {fault.Message}");
            return;
        }

        JsonLine.Write(host.Output, json =>
        {
            json.WriteString("kind", "finding");
            json.WriteString("finding", fault.Kind);
            json.WriteString("kernel", fault.Kernel);
            json.WriteString("file", fault.File);
            json.WriteNumber("line", fault.Line);
            json.WriteString("message", fault.Message);
        });
    }

    private static void WriteCounts(Utf8JsonWriter json, KernelProfile profile, string? kernelCase)
    {
        json.WriteString("kind", "counted");
        if (kernelCase is not null)
        {
            json.WriteString("case", kernelCase);
        }

        json.WriteString("kernel", profile.Kernel);
        json.WriteNumber("blocks", profile.Blocks);
        json.WriteNumber("warp_instructions", profile.WarpInstructions);
        json.WriteNumber("lane_instructions", profile.LaneInstructions);
        json.WriteStartObject("instructions");
        foreach ((InstructionClass kind, long count) in profile.Instructions)
        {
            json.WriteNumber(kind.ToString(), count);
        }

        json.WriteEndObject();
        Write(json, "global_loads", profile.GlobalLoads);
        Write(json, "global_stores", profile.GlobalStores);
        Write(json, "global_atomics", profile.GlobalAtomics);
        json.WriteNumber("shared_passes", profile.Shared.Passes);
        json.WriteNumber("bank_conflicts", profile.Shared.Conflicts);
        json.WriteNumber("local_bytes", profile.LocalBytes);
        json.WriteNumber("longest_path_clocks", profile.LongestPath);
        json.WriteNumber("longest_path_trips", profile.LongestPathTrips);
        json.WriteNumber("average_path_clocks", profile.AveragePath);
        WritePath(json, profile);
        json.WriteNumber("flops", profile.Flops);
        json.WriteNumber("tensor_flops", profile.TensorFlops);
    }

    private static void WritePath(Utf8JsonWriter json, KernelProfile profile)
    {
        json.WriteStartObject("longest_path_parts");
        foreach ((PathPart part, double clocks) in profile.LongestPathParts)
        {
            json.WriteNumber(part.ToString(), clocks);
        }

        json.WriteEndObject();
        json.WriteStartArray("longest_path_steps");
        foreach (PathStep step in profile.LongestPathSteps.Take(WrittenSteps))
        {
            json.WriteStartObject();
            json.WriteString("part", step.Part.ToString());
            json.WriteNumber("clocks", step.Clocks);
            json.WriteNumber("times", step.Times);
            json.WriteString("file", step.File);
            json.WriteNumber("line", step.Line);
            json.WriteString("place", step.Place);
            json.WriteNumber("ptx_line", step.PtxLine);
            json.WriteString("instruction", step.Instruction);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, GlobalTraffic traffic)
    {
        json.WriteStartObject(name);
        json.WriteNumber("requests", traffic.Requests);
        json.WriteNumber("bytes", traffic.Bytes);
        json.WriteNumber("sectors", traffic.Sectors);
        json.WriteNumber("coalescing", traffic.Coalescing);
        json.WriteEndObject();
    }
}
