using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>A node of a template's body; the line is that of the template, from 1.</summary>
internal abstract record TemplateStatement(int Line);

internal sealed record DataStatement(int Line, string Text) : TemplateStatement(Line);

internal sealed record OutputStatement(int Line, TemplateExpression Value) : TemplateStatement(Line);

internal sealed record IfStatement(
    int Line, IReadOnlyList<(TemplateExpression Test, IReadOnlyList<TemplateStatement> Body)> Branches, IReadOnlyList<TemplateStatement> Else)
    : TemplateStatement(Line);

internal sealed record ForStatement(
    int Line, TemplateExpression Target, TemplateExpression Sequence, TemplateExpression? Test,
    IReadOnlyList<TemplateStatement> Body, IReadOnlyList<TemplateStatement> Else) : TemplateStatement(Line);

internal sealed record SetStatement(int Line, TemplateExpression Target, TemplateExpression Value) : TemplateStatement(Line);

/// <summary><c>set x | filter</c> ... <c>endset</c>: the filters are applied to the rendered body in their order.</summary>
internal sealed record SetBlockStatement(
    int Line, TemplateExpression Target, IReadOnlyList<FilterExpression> Filters, IReadOnlyList<TemplateStatement> Body) : TemplateStatement(Line);

/// <summary><c>filter name</c> ... <c>endfilter</c>.</summary>
internal sealed record FilterStatement(int Line, IReadOnlyList<FilterExpression> Filters, IReadOnlyList<TemplateStatement> Body)
    : TemplateStatement(Line);

/// <summary>
/// A macro. Where its body names <c>varargs</c> or <c>kwargs</c> it takes any further arguments, as Jinja's do, and they are found there; otherwise those are an error.
/// </summary>
internal sealed record MacroStatement(
    int Line, string Name, IReadOnlyList<(string Name, TemplateExpression? Default)> Parameters, IReadOnlyList<TemplateStatement> Body,
    bool TakesVarargs, bool TakesKwargs)
    : TemplateStatement(Line);

/// <summary>A body with a scope of its own: <c>generation</c>, and <c>with</c>, which sets names first.</summary>
internal sealed record ScopeStatement(
    int Line, IReadOnlyList<(TemplateExpression Target, TemplateExpression Value)> Names, IReadOnlyList<TemplateStatement> Body)
    : TemplateStatement(Line);

internal sealed record BreakStatement(int Line) : TemplateStatement(Line);

internal sealed record ContinueStatement(int Line) : TemplateStatement(Line);
