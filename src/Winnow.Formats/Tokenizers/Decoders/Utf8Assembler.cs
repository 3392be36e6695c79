using System;
using System.Buffers;
using System.Text;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Turns bytes that arrive in any portions into text; an unfinished character waits for its rest.</summary>
/// <remarks>Every maximal invalid subpart becomes one U+FFFD, as the Unicode standard recommends (chapter 3.9).</remarks>
internal sealed class Utf8Assembler
{
    private readonly byte[] _pending = new byte[4];
    private int _pendingLength;

    public void Append(ReadOnlySpan<byte> bytes, DecoderStage destination)
    {
        foreach (byte value in bytes)
        {
            _pending[_pendingLength++] = value;
            Drain(destination);
        }
    }

    /// <summary>Writes U+FFFD for an unfinished character.</summary>
    public void Flush(DecoderStage destination)
    {
        if (_pendingLength > 0)
        {
            destination.Append("\uFFFD");
            _pendingLength = 0;
        }
    }

    private void Drain(DecoderStage destination)
    {
        Span<char> units = stackalloc char[2];
        while (_pendingLength > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8(_pending.AsSpan(0, _pendingLength), out Rune rune, out int used);
            if (status == OperationStatus.NeedMoreData)
            {
                return;
            }

            destination.Append(units[..rune.EncodeToUtf16(units)]);
            _pending.AsSpan(used, _pendingLength - used).CopyTo(_pending);
            _pendingLength -= used;
        }
    }
}
