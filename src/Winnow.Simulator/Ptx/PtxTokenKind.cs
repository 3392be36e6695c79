namespace Winnow.Simulator.Ptx;

/// <summary>What a token of PTX is.</summary>
internal enum PtxTokenKind
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>A name: opcode, register, variable, label.</summary>
    Identifier,

    /// <summary>A word after a dot, a directive or a modifier; its text is without the dot.</summary>
    Directive,

    /// <summary>A literal number.</summary>
    Number,

    /// <summary>A text in quotes; its text is without them.</summary>
    String,

    /// <summary>One character of anything else, or an operator of two.</summary>
    Punctuation,
}
