namespace Winnow.Formats.Templates;

internal enum TokenKind
{
    /// <summary>Text outside tags.</summary>
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    Text,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A piece of a template; a text token holds the decoded text, all others their spelling.</summary>
internal readonly record struct TemplateToken(TokenKind Kind, string Text, int Line, int Offset)
{
    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public bool IsOperator(string spelling) => Kind == TokenKind.Operator && Text == spelling;

    /// <summary>The token as a message names it.</summary>
    public string Describe() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.Data => "template text",
        _ => $"'{(Text.Length > 40 ? Text[..40] + "..." : Text)}'",
    };
}
