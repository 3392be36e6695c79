using System;
using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Commands;
using Winnow.Cli.Terminal;

namespace Winnow.Cli;

/// <summary>The command line as a function: arguments and streams in, exit code out.</summary>
internal static class CliApplication
{
    /// <summary>Runs one command.</summary>
    /// <returns>See <see cref="ExitCodes"/>.</returns>
    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancellationToken)
    {
        ParseResult parsed = CreateRoot(host).Parse(args);
        if (args.Length == 0)
        {
            await parsed.InvokeAsync(new InvocationConfiguration { Output = host.Error, Error = TextWriter.Null }, cancellationToken).ConfigureAwait(false);
            return ExitCodes.Usage;
        }

        if (parsed.Errors.Count > 0)
        {
            return ReportUsage(parsed, host);
        }

        InvocationConfiguration configuration = new()
        {
            Output = host.Output,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            return Failures.Report(exception, host, parsed.GetValue(CommonOptions.Verbose), cancellationToken);
        }
    }

    private static Command CreateRoot(CliHost host)
    {
        // Not a RootCommand: that one takes its name from the program's file.
        Command root = new("winnow", "Runs language models on this machine.")
        {
            new HelpOption(),
            new VersionOption(),
            CommonOptions.Json,
            CommonOptions.Verbose,
            GenerateCommand.Create(host),
            ChatCommand.Create(host),
            TokenizeCommand.Create(host),
            EmbedCommand.Create(host),
            InspectCommand.Create(host),
            PerplexityCommand.Create(host),
            EvalCommand.Create(host),
            BenchCommand.Create(host),
            PoliciesCommand.Create(host),
            ConvertCommand.Create(host),
            DevicesCommand.Create(host),
            KernelsCommand.Create(host),
        };
        return root;
    }

    private static int ReportUsage(ParseResult parsed, CliHost host)
    {
        // A wrong word also leaves the command missing: the word says more.
        ParseError error = parsed.Errors.FirstOrDefault(error => parsed.UnmatchedTokens.Any(error.Message.Contains)) ?? parsed.Errors[0];
        host.Error.WriteLine("winnow: " + Failures.OnOneLine(error.Message));
        host.Error.WriteLine($"Try '{NameOf(parsed.CommandResult)} --help'.");
        return ExitCodes.Usage;
    }

    private static string NameOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : command.Command.Name;
}
