using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using Winnow.Benchmarking.Compilation;
using Winnow.Benchmarking.Descriptions;
using Winnow.Cli.Terminal;
using Winnow.Gpu;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow kernels compile</c>: what the assembler gives a kernel on each architecture.</summary>
internal static class KernelsCompileCommand
{
    private const int UsualThreads = 256;

    private static readonly Option<string> Arch = new("--arch")
    {
        Description = "Architectures, separated by commas: sm_80,sm_90a. Default: all, which is sm_80, sm_86, sm_89 and sm_90a.",
        HelpName = "list",
        DefaultValueFactory = _ => "all",
    };

    private static readonly Option<int?> Threads = SettingOption.Count(
        "--threads", $"Threads of a block, for the occupancy. Default: what the description or __launch_bounds__ says, else {UsualThreads}.", 1, 1024);

    private static readonly Option<bool> Sass = new("--sass")
    {
        Description = "Write the machine code as well, where a disassembler of a CUDA toolkit is found.",
    };

    public static Command Create(CliHost host)
    {
        KernelOptions options = new(fileIsRequired: true);
        Command command = new("compile", "Compile kernels and show registers, local memory (spills), shared memory, code and occupancy by architecture.");
        options.AddTo(command, withLaunch: true);
        command.Options.Add(Arch);
        command.Options.Add(Threads);
        command.Options.Add(Sass);
        command.SetAction((parsed, cancellationToken) => Interruptible.RunAsync(() => Run(host, parsed, options), cancellationToken));
        return command;
    }

    /// <summary>One row for each kernel and architecture; an architecture that a source does not compile for takes nothing from the others.</summary>
    private static int Run(CliHost host, ParseResult parsed, KernelOptions options)
    {
        bool isAll = parsed.GetValue(Arch) is var list && list == "all";
        string[] architectures = isAll ? [.. KernelBuild.Architectures] : list!.Split(',', StringSplitOptions.TrimEntries);
        if (architectures.FirstOrDefault(architecture => !KernelCompiler.IsArchitecture(architecture)) is { } wrong)
        {
            throw new UsageException($"--arch: '{wrong}' is not an architecture such as sm_80 or sm_90a");
        }

        if (architectures.FirstOrDefault(architecture => !architecture.StartsWith("sm_", StringComparison.Ordinal)) is { } virtualOne)
        {
            throw new UsageException($"--arch: {virtualOne} is PTX, to which no assembler has given registers; name what it is assembled for, sm_80 or sm_90a");
        }

        KernelCompiler compiler = new();
        List<Row> rows = [];
        int failures = 0;
        foreach (Target target in Targets(parsed, options))
        {
            foreach (string architecture in architectures.Where(architecture => !isAll || target.Shipped?.CompilesFor(architecture) != false))
            {
                try
                {
                    rows.AddRange(target.Compile(compiler, architecture, parsed.GetValue(Threads)));
                }
                catch (KernelCompileException exception)
                {
                    failures++;
                    host.Error.WriteLine($"winnow: {exception.Message}");
                }
            }
        }

        Write(host, parsed.GetValue(CommonOptions.Json), rows);
        if (parsed.GetValue(Sass))
        {
            WriteCode(host, parsed.GetValue(CommonOptions.Json), rows);
        }

        return failures == 0 ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static IEnumerable<Target> Targets(ParseResult parsed, KernelOptions options)
    {
        string file = options.File(parsed)!;
        if (file.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || options.HasDescription(parsed))
        {
            KernelDescription description = options.Description(parsed);
            LaunchShape shape = description.Plan().Shape;
            int threads = shape.BlockX * shape.BlockY * shape.BlockZ;
            return [new Target(description.Source, description.Kernel, description.Definitions, threads, shape.SharedBytes)];
        }

        options.RequireNoAxes(parsed);
        string[] definitions = options.Definitions(parsed);
        KernelVariant[] shipped = [.. ShippedKernels.All().Where(variant => variant.Source == file)];
        return definitions.Length == 0 && shipped.Length > 0
            ? shipped.Select(variant => new Target(options.Source(parsed), variant.Entry, variant.Definitions, null, variant.SharedBytes, variant))
            : [new Target(options.Source(parsed), options.Kernel(parsed), definitions, null, 0)];
    }

    private static void Write(CliHost host, bool asJson, List<Row> rows)
    {
        if (asJson)
        {
            rows.ForEach(row => JsonLine.Write(host.Output, row.Write));
            return;
        }

        if (rows.Count == 0)
        {
            return;
        }

        TextTable table = new("kernel", "architecture", "#registers", "#local", "#shared", "#code", "occupancy", "constants");
        foreach (Row row in rows)
        {
            KernelResources resources = row.Build.Resources!;
            table.Add(
                row.Build.Entry.NameAmong(rows.Select(other => other.Build.Entry)),
                row.Build.Architecture,
                Quantities.Number(resources.Registers),
                resources.LocalBytes == 0 ? "none" : $"{resources.LocalBytes} B",
                $"{resources.SharedBytes + row.DynamicSharedBytes} B",
                $"{resources.CodeBytes} B",
                row.OccupancyText,
                row.Definitions);
        }

        table.Write(host);
    }

    private static void WriteCode(CliHost host, bool asJson, List<Row> rows)
    {
        foreach (IGrouping<string, Row> image in rows.GroupBy(row => $"{row.Build.Source} {row.Build.Architecture} {row.Definitions}"))
        {
            if (asJson)
            {
                JsonLine.Write(host.Output, json => image.First().WriteCode(json));
                continue;
            }

            host.Output.WriteLine();
            host.Output.WriteLine($"// {image.Key}");
            host.Output.WriteLine(Disassembler.Run(image.First().Build.Image));
        }
    }

    private sealed record Target(KernelSource Source, string? Kernel, IReadOnlyList<string> Definitions, int? Threads, int SharedBytes, KernelVariant? Shipped = null)
    {
        public IEnumerable<Row> Compile(KernelCompiler compiler, string architecture, int? threads)
        {
            IEnumerable<string> kernels = Kernel is null ? KernelBuild.Entries(compiler, Source, Definitions, architecture).Select(entry => entry.Symbol) : [Kernel];
            string definitions = string.Join(' ', Definitions);
            return [.. from kernel in kernels
                       let build = KernelBuild.Of(compiler, Source, kernel, Definitions, architecture)
                       let bound = build.Entry.MaxThreads > 0 ? build.Entry.MaxThreads : UsualThreads
                       select new Row(build, definitions, threads ?? Threads ?? bound, SharedBytes)];
        }
    }

    private sealed record Row(KernelBuild Build, string Definitions, int Threads, int DynamicSharedBytes)
    {
        private Occupancy? Occupancy => GpuSpecification.ForArchitecture(Build.Architecture) is { } gpu
            ? Benchmarking.Compilation.Occupancy.Of(gpu, Build.Resources!, Threads, DynamicSharedBytes)
            : null;

        public string OccupancyText => Occupancy is { } occupancy
            ? string.Create(CultureInfo.InvariantCulture, $"{occupancy.Part * 100:0}%: {occupancy.Blocks} x {Threads} threads, by {NameOf(occupancy.Limit)}")
            : "";

        public void Write(System.Text.Json.Utf8JsonWriter json)
        {
            json.WriteString("kernel", Build.Entry.Name);
            json.WriteString("symbol", Build.Entry.Symbol);
            json.WriteString("architecture", Build.Architecture);
            json.WriteString("definitions", Definitions);
            json.WriteNumber("registers", Build.Resources!.Registers);
            json.WriteNumber("local_bytes", Build.Resources.LocalBytes);
            json.WriteNumber("shared_bytes", Build.Resources.SharedBytes + DynamicSharedBytes);
            json.WriteNumber("code_bytes", Build.Resources.CodeBytes);
            if (Occupancy is { } occupancy)
            {
                json.WriteNumber("block_threads", Threads);
                json.WriteNumber("blocks_per_multiprocessor", occupancy.Blocks);
                json.WriteNumber("occupancy", occupancy.Part);
                json.WriteString("limited_by", NameOf(occupancy.Limit));
            }
        }

        public void WriteCode(System.Text.Json.Utf8JsonWriter json)
        {
            json.WriteString("source", Build.Source);
            json.WriteString("architecture", Build.Architecture);
            json.WriteString("definitions", Definitions);
            json.WriteString("sass", Disassembler.Run(Build.Image));
        }

        private static string NameOf(OccupancyLimit limit) => limit switch
        {
            OccupancyLimit.SharedMemory => "shared memory",
            _ => limit.ToString().ToLowerInvariant(),
        };
    }
}
