using System;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>Reads tokens in the byte alphabet and makes one token of UTF-8 text of them all.</summary>
internal sealed class ByteLevelStage : TokenStage
{
    private readonly Utf8Assembler _assembler = new();

    public ByteLevelStage(DecoderStage next)
        : base(next)
    {
    }

    public override void Finish()
    {
        _assembler.Flush(Next);
        Next.EndToken();
        Next.Finish();
    }

    protected override void Take(ReadOnlySpan<char> token)
    {
        const int Usual = 64;
        int most = ByteAlphabet.MostBytes(token);
        Span<byte> bytes = most <= Usual ? stackalloc byte[Usual] : new byte[most];
        _assembler.Append(bytes[..ByteAlphabet.ToBytes(token, bytes)], Next);
    }
}
