using System.Collections.Generic;
using System.CommandLine;
using Winnow.Benchmarking.Compilation;
using Winnow.Cli.Terminal;
using Winnow.Gpu;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow kernels list</c>: the kernels that ship, or those of a file with what they take.</summary>
internal static class KernelsListCommand
{
    public static Command Create(CliHost host)
    {
        KernelOptions options = new(fileIsRequired: false);
        Command command = new("list", "List the kernels that ship with their constants, or the entry points of a file with what they take.");
        options.AddTo(command, withLaunch: false);
        command.SetAction((parsed, cancellationToken) => Interruptible.RunAsync(() => Run(host, parsed, options), cancellationToken));
        return command;
    }

    private static int Run(CliHost host, ParseResult parsed, KernelOptions options)
    {
        bool asJson = parsed.GetValue(CommonOptions.Json);
        if (options.File(parsed) is null)
        {
            options.RequireNothingOfAFile(parsed);
            WriteShipped(host, asJson);
        }
        else
        {
            KernelSource source = options.Source(parsed);
            IReadOnlyList<KernelEntry> entries = KernelBuild.Entries(new KernelCompiler(), source, options.Definitions(parsed), "compute_90a");
            WriteEntries(host, asJson, options.Kernel(parsed) is { } kernel ? [KernelEntry.Find(entries, kernel, source.Name)] : entries);
        }

        return ExitCodes.Success;
    }

    private static void WriteShipped(CliHost host, bool asJson)
    {
        TextTable table = new("source", "kernel", "constants");
        foreach (KernelVariant variant in ShippedKernels.All())
        {
            string definitions = string.Join(' ', variant.Definitions);
            table.Add(variant.Source, variant.Entry, definitions);
            if (asJson)
            {
                JsonLine.Write(host.Output, json =>
                {
                    json.WriteString("source", variant.Source);
                    json.WriteString("kernel", variant.Entry);
                    json.WriteString("definitions", definitions);
                    json.WriteNumber("dynamic_shared_bytes", variant.SharedBytes);
                });
            }
        }

        if (!asJson)
        {
            table.Write(host);
        }
    }

    private static void WriteEntries(CliHost host, bool asJson, IReadOnlyList<KernelEntry> entries)
    {
        TextTable table = new("kernel", "arguments");
        foreach (KernelEntry entry in entries)
        {
            string arguments = string.Join(", ", System.Linq.Enumerable.Select(entry.Parameters, Describe));
            table.Add(entry.NameAmong(entries), arguments);
            if (asJson)
            {
                JsonLine.Write(host.Output, json =>
                {
                    json.WriteString("kernel", entry.Name);
                    json.WriteString("symbol", entry.Symbol);
                    json.WriteString("arguments", arguments);
                });
            }
        }

        if (!asJson)
        {
            table.Write(host);
        }
    }

    private static string Describe(KernelParameter parameter) => parameter.IsStruct ? $"struct of {parameter.Bytes} bytes" : parameter.Kind;
}
