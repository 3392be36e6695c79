using Winnow.Formats.Tokenizers;

namespace Winnow.Engine;

/// <summary>Turns sampled tokens into text that can be shown: whole characters, and nothing that may begin a stop string.</summary>
internal sealed class TextAssembler
{
    private readonly StreamingDecoder _decoder;
    private readonly StopStringMatcher _stops;

    public TextAssembler(StreamingDecoder decoder, StopStringMatcher stops)
    {
        _decoder = decoder;
        _stops = stops;
    }

    /// <summary>Takes a token and returns the text that is certain now.</summary>
    public string Push(int token, out bool stopped) => _stops.Append(_decoder.Push(token), out stopped);

    /// <summary>Returns what was held back, for when no token follows.</summary>
    public string Finish(out bool stopped)
    {
        string text = _stops.Append(_decoder.Flush(), out stopped);
        return stopped ? text : text + _stops.Flush();
    }
}
