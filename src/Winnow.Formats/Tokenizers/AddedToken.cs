namespace Winnow.Formats.Tokenizers;

/// <summary>A token that is cut out of the text before the model sees the rest.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Content">The text that it matches.</param>
/// <param name="Special">Matches only where special tokens are asked for; left out of decoded text on request.</param>
/// <param name="Normalized">Matches normalized text instead of raw text.</param>
/// <param name="SingleWord">Matches only where no word character touches it.</param>
/// <param name="LeftStrip">Swallows white space before it.</param>
/// <param name="RightStrip">Swallows white space after it.</param>
internal readonly record struct AddedToken(
    int Id,
    string Content,
    bool Special,
    bool Normalized = false,
    bool SingleWord = false,
    bool LeftStrip = false,
    bool RightStrip = false);
