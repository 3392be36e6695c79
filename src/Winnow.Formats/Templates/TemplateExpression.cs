using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>A node of an expression; the line is that of the template, from 1.</summary>
internal abstract record TemplateExpression(int Line);

internal sealed record LiteralExpression(int Line, TemplateValue Value) : TemplateExpression(Line);

internal sealed record NameExpression(int Line, string Name) : TemplateExpression(Line);

internal sealed record SequenceExpression(int Line, IReadOnlyList<TemplateExpression> Items, bool IsTuple) : TemplateExpression(Line);

internal sealed record DictExpression(int Line, IReadOnlyList<(TemplateExpression Key, TemplateExpression Value)> Items)
    : TemplateExpression(Line);

internal sealed record AttributeExpression(int Line, TemplateExpression Target, string Name) : TemplateExpression(Line);

internal sealed record ItemExpression(int Line, TemplateExpression Target, TemplateExpression Index) : TemplateExpression(Line);

internal sealed record SliceExpression(
    int Line, TemplateExpression Target, TemplateExpression? Start, TemplateExpression? Stop, TemplateExpression? Step)
    : TemplateExpression(Line);

internal sealed record CallExpression(int Line, TemplateExpression Target, ArgumentList Arguments) : TemplateExpression(Line);

/// <summary>A filter; without a target it is one of a block's.</summary>
internal sealed record FilterExpression(int Line, TemplateExpression? Target, string Name, ArgumentList Arguments) : TemplateExpression(Line);

internal sealed record TestExpression(int Line, TemplateExpression Target, string Name, ArgumentList Arguments) : TemplateExpression(Line);

/// <summary><c>-x</c>, <c>+x</c> or <c>not x</c>.</summary>
internal sealed record UnaryExpression(int Line, string Operator, TemplateExpression Operand) : TemplateExpression(Line);

/// <summary>Arithmetic, <c>and</c> or <c>or</c>.</summary>
internal sealed record BinaryExpression(int Line, string Operator, TemplateExpression Left, TemplateExpression Right) : TemplateExpression(Line);

/// <summary><c>a &lt; b &lt; c</c>: every neighbouring pair has to hold.</summary>
internal sealed record CompareExpression(
    int Line, TemplateExpression First, IReadOnlyList<(string Operator, TemplateExpression Right)> Rest) : TemplateExpression(Line);

/// <summary><c>a ~ b ~ c</c>.</summary>
internal sealed record ConcatExpression(int Line, IReadOnlyList<TemplateExpression> Parts) : TemplateExpression(Line);

internal sealed record ConditionalExpression(int Line, TemplateExpression Then, TemplateExpression Test, TemplateExpression? Else)
    : TemplateExpression(Line);

/// <summary>The left side of <c>set space.name = ...</c>.</summary>
internal sealed record NamespaceTarget(int Line, string Space, string Name) : TemplateExpression(Line);

/// <summary>What is written between the parentheses of a call, filter or test.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<TemplateExpression> Positional, IReadOnlyList<(string Name, TemplateExpression Value)> Named)
{
    public static readonly ArgumentList None = new([], []);
}
