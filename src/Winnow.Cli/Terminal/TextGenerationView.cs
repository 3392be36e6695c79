using Spectre.Console;
using Winnow.Engine;

namespace Winnow.Cli.Terminal;

/// <summary>The text as it comes on the output stream, and a closing line with the figures on the error stream.</summary>
internal sealed class TextGenerationView(CliHost host, bool raw) : GenerationView
{
    protected override void Begin(string prompt) => host.Output.Write(prompt);

    protected override void Add(GeneratedPiece piece)
    {
        host.Output.Write(piece.Text);
        host.Output.Flush();
    }

    protected override void End(GeneratedPiece last, string text)
    {
        if (raw)
        {
            return;
        }

        host.Output.WriteLine();
        host.Output.Flush();
        if (last.Usage is { } usage)
        {
            WriteClosingLine(ClosingLine.Of(usage, last.FinishReason));
        }
    }

    private void WriteClosingLine(string line)
    {
        host.Error.WriteLine();
        if (host.ErrorIsTerminal)
        {
            host.Status.MarkupLineInterpolated($"[grey]{line}[/]");
        }
        else
        {
            host.Error.WriteLine(line);
        }
    }
}
