using System;
using System.Text;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Cuts up to <c>start</c> and <c>stop</c> copies of a character off both ends of each token.</summary>
internal sealed class StripStage : DecoderStage
{
    private readonly Rune _content;
    private readonly int _start;
    private readonly int _stop;
    private int _cut;
    private int _held;
    private bool _inHead = true;

    public StripStage(DecoderStage next, Rune content, int start, int stop)
        : base(next)
    {
        _content = content;
        _start = start;
        _stop = stop;
    }

    public override void Append(ReadOnlySpan<char> text)
    {
        Span<char> units = stackalloc char[2];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (_inHead && rune == _content && _cut < _start)
            {
                _cut++;
                continue;
            }

            _inHead = false;
            if (rune == _content && _stop > 0)
            {
                Hold();
                continue;
            }

            Release();
            Next.Append(units[..rune.EncodeToUtf16(units)]);
        }
    }

    public override void EndToken()
    {
        _held = 0;
        _cut = 0;
        _inHead = true;
        Next.EndToken();
    }

    public override void Finish() => Next.Finish();

    private void Hold()
    {
        if (_held == _stop)
        {
            Write();
        }
        else
        {
            _held++;
        }
    }

    private void Release()
    {
        for (; _held > 0; _held--)
        {
            Write();
        }
    }

    private void Write()
    {
        Span<char> units = stackalloc char[2];
        Next.Append(units[.._content.EncodeToUtf16(units)]);
    }
}
