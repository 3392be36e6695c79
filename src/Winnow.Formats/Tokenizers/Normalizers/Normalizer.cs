namespace Winnow.Formats.Tokenizers.Normalizers;

/// <summary>Rewrites text before it is cut. Immutable.</summary>
internal abstract class Normalizer
{
    public abstract string Normalize(string text);
}
