using System;
using Winnow.Formats.Tokenizers.Normalizers;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers.Decoders;

/// <summary>One step of a decoder: how to make its stage, and what it does to a token that stands alone.</summary>
/// <param name="Create">Makes the stage in front of the given one.</param>
/// <param name="Rewrite">What the step makes of a token in the middle of a text; null where it leaves tokens alone.</param>
/// <param name="ToBytes">The bytes the token stands for, or null where the step does not know.</param>
internal sealed record DecoderStep(
    Func<DecoderStage, DecoderStage> Create, Func<string, string>? Rewrite = null, Func<string, byte[]?>? ToBytes = null)
{
    public static DecoderStep Join() => new(next => new JoinStage(next), token => " " + token);

    public static DecoderStep Fuse() => new(next => new FuseStage(next));

    public static DecoderStep ByteLevel() => new(next => new ByteLevelStage(next), ToBytes: token => ByteAlphabet.ToBytes(token));

    public static DecoderStep ByteFallback()
    {
        return new DecoderStep(
            next => new ByteFallbackStage(next),
            ToBytes: token => ByteFallbackStage.TryParse(token, out byte value) ? [value] : null);
    }

    public static DecoderStep Replace(string pattern, string content)
    {
        return new DecoderStep(
            next => new ReplaceStage(next, pattern, content),
            token => token.Replace(pattern, content, StringComparison.Ordinal));
    }

    public static DecoderStep Replace(Scanner pattern, string content)
    {
        return new DecoderStep(
            next => new ScanReplaceStage(next, pattern, content), token => ScanReplace.Apply(token, pattern, content));
    }

    public static DecoderStep Metaspace(string replacement, bool dropFirst)
    {
        return new DecoderStep(
            next => new MetaspaceStage(next, replacement, dropFirst),
            token => token.Replace(replacement, " ", StringComparison.Ordinal));
    }

    public static DecoderStep WordPiece(string prefix, bool cleanUp)
    {
        return new DecoderStep(
            next => new WordPieceStage(next, prefix, cleanUp), token => WordPieceStage.Continue(token, prefix));
    }

    public static DecoderStep Suffix(string suffix)
    {
        return new DecoderStep(
            next => new SuffixStage(next, suffix), token => token.Replace(suffix, " ", StringComparison.Ordinal));
    }

    public static DecoderStep Ctc(string padding, string delimiter, bool cleanUp)
    {
        return new DecoderStep(next => new CtcStage(next, padding, delimiter, cleanUp));
    }

    public static DecoderStep Strip(System.Text.Rune content, int start, int stop)
    {
        return new DecoderStep(next => new StripStage(next, content, start, stop));
    }
}
