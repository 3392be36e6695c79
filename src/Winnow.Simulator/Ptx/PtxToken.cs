namespace Winnow.Simulator.Ptx;

/// <summary>A token of PTX.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text, see <see cref="PtxTokenKind"/>.</param>
/// <param name="Start">Where it starts in the text.</param>
/// <param name="Line">The line it starts in, from 1.</param>
internal readonly record struct PtxToken(PtxTokenKind Kind, string Text, int Start, int Line)
{
    /// <summary>Whether it is this character.</summary>
    public bool Is(char character) => Kind == PtxTokenKind.Punctuation && Text[0] == character && Text.Length == 1;

    /// <summary>Whether it is this directive.</summary>
    public bool IsDirective(string name) => Kind == PtxTokenKind.Directive && Text == name;

    /// <summary>The token as messages show it.</summary>
    public override string ToString() => Kind switch
    {
        PtxTokenKind.End => "the end of the text",
        PtxTokenKind.Directive => $"'.{Text}'",
        _ => $"'{Text}'",
    };
}
