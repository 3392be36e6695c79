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

    protected override void Take(string token) => _assembler.Append(ByteAlphabet.ToBytes(token), Next);
}
