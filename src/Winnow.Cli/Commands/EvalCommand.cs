using System.CommandLine;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval</c>: what policies cost in quality and save in memory and time.</summary>
internal static class EvalCommand
{
    public static Command Create(CliHost host) =>
        new("eval", "Measure what KV-cache policies cost in quality and save in memory and time.")
        {
            EvalRecallCommand.Create(host),
            EvalPerplexityCommand.Create(host),
        };
}
