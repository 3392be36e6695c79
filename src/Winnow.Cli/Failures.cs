using System;
using System.IO;
using System.Threading;
using Winnow.Cli.Terminal;

namespace Winnow.Cli;

/// <summary>Turns what went wrong into one line for people and an exit code for programs.</summary>
internal static class Failures
{
    private static readonly char[] Breaks = ['\r', '\n', '\t'];

    public static int Report(Exception exception, CliHost host, bool verbose, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            host.Error.WriteLine("winnow: cancelled");
            return ExitCodes.Cancelled;
        }

        (int code, string message) = Describe(exception);
        host.Error.WriteLine("winnow: " + OnOneLine(message));
        if (verbose)
        {
            host.Error.WriteLine(exception.ToString());
        }

        return code;
    }

    /// <summary>A message without breaks and indents.</summary>
    public static string OnOneLine(string message) =>
        string.Join(' ', message.Split(Breaks, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>The message without the parameter that it is about, which is code and not command line.</summary>
    public static string WithoutParameter(ArgumentException exception) =>
        exception.Message.Replace($" (Parameter '{exception.ParamName}')", "", StringComparison.Ordinal);

    private static (int Code, string Message) Describe(Exception exception) => exception switch
    {
        UsageException => (ExitCodes.Usage, exception.Message),
        WinnowException => (ExitCodes.Failure, exception.Message),
        FileNotFoundException { FileName: { } name } => (ExitCodes.Failure, $"{name}: there is no such file"),
        IOException or UnauthorizedAccessException => (ExitCodes.Failure, exception.Message),
        OutOfMemoryException => (ExitCodes.Failure, "there is too little memory; use a smaller model or --context, or free memory first"),
        ArgumentException { ParamName: not null } argument => (ExitCodes.Usage, WithoutParameter(argument)),
        _ => (ExitCodes.Failure, $"unexpected {exception.GetType().Name}: {exception.Message} (--verbose shows where)"),
    };
}
