using System;
using System.CommandLine;
using System.Runtime.InteropServices;
using Winnow.Cli.Terminal;
using Winnow.Kernels;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow devices</c>: what this machine has to compute with.</summary>
internal static class DevicesCommand
{
    public static Command Create(CliHost host)
    {
        Command command = new("devices", "Show what this machine has to compute with.");
        command.SetAction(parsed => Run(host, parsed.GetValue(CommonOptions.Json)));
        return command;
    }

    private static int Run(CliHost host, bool asJson)
    {
        using CpuDevice device = new();
        string architecture = RuntimeInformation.ProcessArchitecture.ToString();
        long free = device.FreeBytes;
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (asJson)
        {
            JsonLine.Write(host.Output, json =>
            {
                json.WriteString("kind", "cpu");
                json.WriteString("name", device.Name);
                json.WriteString("architecture", architecture);
                json.WriteNumber("vector_bits", device.VectorBits);
                json.WriteNumber("threads", device.Threads);
                json.WriteNumber("free_bytes", free);
                json.WriteNumber("total_bytes", total);
            });
            return ExitCodes.Success;
        }

        TextTable table = new("device", "#vector bits", "#threads", "#free memory", "#memory");
        table.Add($"CPU ({architecture})", Quantities.Number(device.VectorBits), Quantities.Number(device.Threads), Quantities.Bytes(free), Quantities.Bytes(total));
        table.Write(host);
        return ExitCodes.Success;
    }
}
