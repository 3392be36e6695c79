using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Spectre.Console;

namespace Winnow.Cli.Terminal;

/// <summary>Where a command reads and writes, and whether people or programs are at the other end.</summary>
internal sealed class CliHost
{
    private IAnsiConsole? _status;

    public CliHost(TextReader input, TextWriter output, TextWriter error)
    {
        Input = input;
        Output = output;
        Error = error;
    }

    public TextReader Input { get; }

    /// <summary>Results only.</summary>
    public TextWriter Output { get; }

    /// <summary>Progress, closing lines, messages.</summary>
    public TextWriter Error { get; }

    public bool InputIsTerminal { get; init; }

    public bool OutputIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    /// <summary>The next line of the input, or null at its end; cancelling does not wait for it.</summary>
    public Task<string?> ReadLineAsync(CancellationToken cancellationToken) => Task.Run(Input.ReadLine, cancellationToken).WaitAsync(cancellationToken);

    /// <summary>The rest of the input; cancelling does not wait for it.</summary>
    public Task<string> ReadToEndAsync(CancellationToken cancellationToken) => Task.Run(Input.ReadToEnd, cancellationToken).WaitAsync(cancellationToken);

    /// <summary>Decorated output on the error stream; plain text where that is not a terminal.</summary>
    public IAnsiConsole Status => _status ??= Create(Error, ErrorIsTerminal);

    /// <summary>Decorated output on the output stream.</summary>
    public IAnsiConsole CreateOutputConsole() => Create(Output, OutputIsTerminal);

    private static IAnsiConsole Create(TextWriter writer, bool terminal) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = terminal ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = terminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = terminal ? InteractionSupport.Detect : InteractionSupport.No,
    });
}
