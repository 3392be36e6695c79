using System;
using Winnow.Formats.Tokenizers.Decoders;

namespace Winnow.Formats.Tokenizers;

/// <summary>Turns ids into text one by one. What it returns is final and never ends in half a character.</summary>
/// <remarks>
/// Text is held back only while later tokens could still change it: an unfinished UTF-8 character, a run of byte tokens
/// (which decodes as a whole), a space that a clean-up rule may drop. The parts joined equal <see cref="Tokenizer.Decode"/>.
/// Not safe for use by several threads at once.
/// </remarks>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly TextSink _sink;
    private readonly DecoderStage _first;
    private readonly Utf8Assembler? _bytes;
    private bool _finished;

    internal StreamingDecoder(Tokenizer tokenizer, DecoderChain chain, TextPool pool, bool skipSpecial)
    {
        _sink = new TextSink(pool);
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
        _first = chain.Build(_sink);
        _bytes = chain.TakesBytes ? new Utf8Assembler() : null;
    }

    /// <summary>Takes the next id and returns the text that is now certain; empty when there is none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Flush"/> was called before.</exception>
    public string Push(int id)
    {
        Feed(id);
        return _sink.Take();
    }

    /// <summary>Ends the text and returns what was held back; an unfinished character becomes U+FFFD.</summary>
    public string Flush()
    {
        if (!_finished)
        {
            _finished = true;
            _bytes?.Flush(_first);
            if (_bytes is not null)
            {
                _first.EndToken();
            }

            _first.Finish();
        }

        return _sink.Take();
    }

    internal void Feed(int id)
    {
        if (_finished)
        {
            throw new InvalidOperationException("the decoder was flushed; create another one for another text");
        }

        _tokenizer.CheckId(id);
        if (_skipSpecial && _tokenizer.IsSpecial(id))
        {
            return;
        }

        if (_bytes is not null)
        {
            _bytes.Append(_tokenizer.TokenBytes(id).Span, _first);
            return;
        }

        _first.Append(_tokenizer.TokenText(id));
        _first.EndToken();
    }
}
