using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Commands;

/// <summary>Text from files and pipes.</summary>
internal static class TextInput
{
    /// <summary>The text of a file, or of the standard input where the file is called <c>-</c>.</summary>
    public static Task<string> ReadAsync(string file, CliHost host, CancellationToken cancellationToken) =>
        file == "-" ? host.ReadToEndAsync(cancellationToken)
        : Directory.Exists(file) ? throw new UsageException($"{file} is a folder; give a text file, or - for the standard input.")
        : File.ReadAllTextAsync(file, cancellationToken);

    /// <summary>Shells and editors end the last line with a break that is not part of what was meant.</summary>
    public static string WithoutFinalLineBreak(string text) =>
        text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2] : text.EndsWith('\n') ? text[..^1] : text;
}
