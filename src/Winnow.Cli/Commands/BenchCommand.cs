using System.CommandLine;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow bench</c>: how fast something is on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create(CliHost host) => new("bench", "Time an engine on this machine.") { BenchEngineCommand.Create(host) };
}
