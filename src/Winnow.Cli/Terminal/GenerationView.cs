using System.Collections.Generic;
using System.Text;
using System.Threading.Tasks;
using Winnow.Engine;

namespace Winnow.Cli.Terminal;

/// <summary>Shows a text while it is generated.</summary>
internal abstract class GenerationView
{
    /// <summary>Shows a generation from its first piece to its end, also where that comes too early.</summary>
    /// <param name="prompt">What the text continues.</param>
    /// <param name="pieces">The generation; nothing is shown where it fails before its first piece.</param>
    /// <returns>The generated text.</returns>
    public async Task<string> ShowAsync(string prompt, IAsyncEnumerable<GeneratedPiece> pieces)
    {
        StringBuilder text = new();
        GeneratedPiece? last = null;
        try
        {
            await foreach (GeneratedPiece piece in pieces.ConfigureAwait(false))
            {
                if (last is null)
                {
                    Begin(prompt);
                }

                text.Append(piece.Text);
                last = piece;
                Add(piece);
            }
        }
        finally
        {
            if (last is { } end)
            {
                End(end, text.ToString());
            }
        }

        return text.ToString();
    }

    /// <summary>Shows what the text continues.</summary>
    protected abstract void Begin(string prompt);

    /// <summary>Shows the next piece.</summary>
    protected abstract void Add(GeneratedPiece piece);

    /// <summary>Ends the text; where it was cut short, the last piece has no figures.</summary>
    protected abstract void End(GeneratedPiece last, string text);
}
