using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>Turns the tokens of a template into statements; expressions are in the other part of this class.</summary>
internal sealed partial class TemplateParser
{
    private const int MaxDepth = 200;
    private readonly TemplateSource _source;
    private readonly List<TemplateToken> _tokens;
    private int _index;
    private int _depth;
    private int _loops;

    // How often the names of further arguments were read so far; what a macro's body adds tells whether it takes them.
    private int _varargs;
    private int _kwargs;

    private TemplateParser(TemplateSource source)
    {
        _source = source;
        _tokens = TemplateLexer.Read(source);
    }

    private TemplateToken Current => _tokens[_index];

    public static IReadOnlyList<TemplateStatement> Parse(string source, string? name)
    {
        var parser = new TemplateParser(new TemplateSource(source, name));
        List<TemplateStatement> body = parser.ParseBody([]);
        return body;
    }

    /// <summary>Reads statements up to a tag with one of the names, which stays current; no names means up to the end.</summary>
    private List<TemplateStatement> ParseBody(string[] endTags)
    {
        Enter();
        var body = new List<TemplateStatement>();
        while (true)
        {
            TemplateToken token = Next();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new DataStatement(token.Line, token.Text));
                    break;
                case TokenKind.VariableBegin:
                    body.Add(new OutputStatement(token.Line, ParseTuple()));
                    Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    if (Current.Kind == TokenKind.Name && System.Array.IndexOf(endTags, Current.Text) >= 0)
                    {
                        _depth--;
                        return body;
                    }

                    body.Add(ParseStatement());
                    break;
                case TokenKind.End when endTags.Length == 0:
                    _depth--;
                    return body;
                default:
                    throw Error(token, endTags.Length == 0
                        ? $"unexpected {token.Describe()}"
                        : $"{token.Describe()} where '{string.Join("' or '", endTags)}' is missing");
            }
        }
    }

    /// <summary>Reads a body and the name of the tag that ends it.</summary>
    private List<TemplateStatement> ParseBody(out string endTag, params string[] endTags)
    {
        Expect(TokenKind.BlockEnd, "'%}'");
        List<TemplateStatement> body = ParseBody(endTags);
        endTag = Next().Text;
        return body;
    }

    private List<TemplateStatement> ParseBlock(string endTag)
    {
        List<TemplateStatement> body = ParseBody(out _, endTag);
        Expect(TokenKind.BlockEnd, "'%}'");
        return body;
    }

    private TemplateStatement ParseStatement()
    {
        TemplateToken tag = ExpectName();
        switch (tag.Text)
        {
            case "if": return ParseIf(tag.Line);
            case "for": return ParseFor(tag.Line);
            case "set": return ParseSet(tag.Line);
            case "macro": return ParseMacro(tag.Line);
            case "filter":
                List<FilterExpression> filters = ParseFilters(first: true);
                return new FilterStatement(tag.Line, filters, ParseBlock("endfilter"));
            case "with": return ParseWith(tag.Line);
            case "generation": return new ScopeStatement(tag.Line, [], ParseBlock("endgeneration"));
            case "break" or "continue" when _loops == 0: throw Error(tag, $"'{tag.Text}' stands outside a loop");
            case "break":
                Expect(TokenKind.BlockEnd, "'%}'");
                return new BreakStatement(tag.Line);
            case "continue":
                Expect(TokenKind.BlockEnd, "'%}'");
                return new ContinueStatement(tag.Line);
            default: throw Error(tag, $"the tag '{tag.Text}' is unknown or does not belong here");
        }
    }

    private IfStatement ParseIf(int line)
    {
        var branches = new List<(TemplateExpression, IReadOnlyList<TemplateStatement>)>();
        List<TemplateStatement> otherwise = [];
        while (true)
        {
            TemplateExpression test = ParseTuple(conditional: false);
            branches.Add((test, ParseBody(out string end, "elif", "else", "endif")));
            if (end == "elif")
            {
                continue;
            }

            if (end == "else")
            {
                otherwise = ParseBody(out _, "endif");
            }

            Expect(TokenKind.BlockEnd, "'%}'");
            return new IfStatement(line, branches, otherwise);
        }
    }

    private ForStatement ParseFor(int line)
    {
        TemplateExpression target = ParseTarget(namespaces: false);
        if (!SkipName("in"))
        {
            throw Error(Current, $"{Current.Describe()} where 'in' should be");
        }

        TemplateExpression sequence = ParseTuple(conditional: false);
        TemplateExpression? test = SkipName("if") ? ParseExpression() : null;
        if (Current.IsName("recursive"))
        {
            throw Error(Current, "recursive loops are not supported");
        }

        _loops++;
        List<TemplateStatement> body = ParseBody(out string end, "endfor", "else");
        _loops--;
        List<TemplateStatement> otherwise = end == "else" ? ParseBody(out _, "endfor") : [];
        Expect(TokenKind.BlockEnd, "'%}'");
        return new ForStatement(line, target, sequence, test, body, otherwise);
    }

    private TemplateStatement ParseSet(int line)
    {
        TemplateExpression target = ParseTarget(namespaces: true);
        if (SkipOperator("="))
        {
            TemplateExpression value = ParseTuple();
            Expect(TokenKind.BlockEnd, "'%}'");
            return new SetStatement(line, target, value);
        }

        List<FilterExpression> filters = ParseFilters(first: false);
        return new SetBlockStatement(line, target, filters, ParseBlock("endset"));
    }

    private MacroStatement ParseMacro(int line)
    {
        string name = ExpectName().Text;
        ExpectOperator("(");
        var parameters = new List<(string, TemplateExpression?)>();
        while (!SkipOperator(")"))
        {
            if (parameters.Count > 0)
            {
                ExpectOperator(",");
            }

            TemplateToken parameter = ExpectName();
            TemplateExpression? fallback = SkipOperator("=") ? ParseExpression() : null;
            if (fallback is null && parameters.Count > 0 && parameters[^1].Item2 is not null)
            {
                throw Error(parameter, "a parameter without a default follows one with a default");
            }

            parameters.Add((parameter.Text, fallback));
        }

        (int loops, int varargs, int kwargs) = (_loops, _varargs, _kwargs);
        _loops = 0;
        List<TemplateStatement> body = ParseBlock("endmacro");
        _loops = loops;
        return new MacroStatement(
            line, name, parameters, body,
            TakesVarargs: _varargs > varargs && parameters.TrueForAll(parameter => parameter.Item1 != "varargs"),
            TakesKwargs: _kwargs > kwargs && parameters.TrueForAll(parameter => parameter.Item1 != "kwargs"));
    }

    private NameExpression Named(TemplateToken name)
    {
        _varargs += name.Text == "varargs" ? 1 : 0;
        _kwargs += name.Text == "kwargs" ? 1 : 0;
        return new NameExpression(name.Line, name.Text);
    }

    private ScopeStatement ParseWith(int line)
    {
        var names = new List<(TemplateExpression, TemplateExpression)>();
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (names.Count > 0)
            {
                ExpectOperator(",");
            }

            TemplateExpression target = ParseTarget(namespaces: false);
            ExpectOperator("=");
            names.Add((target, ParseExpression()));
        }

        return new ScopeStatement(line, names, ParseBlock("endwith"));
    }

    /// <summary>One or several names, possibly nested in parentheses, or <c>space.name</c>.</summary>
    private TemplateExpression ParseTarget(bool namespaces)
    {
        int line = Current.Line;
        var items = new List<TemplateExpression> { ParseTargetItem(namespaces) };
        bool tuple = false;
        while (SkipOperator(","))
        {
            tuple = true;
            if (Current.IsName("in") || Current.IsOperator("=") || Current.IsOperator(")") || Current.Kind == TokenKind.BlockEnd)
            {
                break;
            }

            items.Add(ParseTargetItem(namespaces));
        }

        return tuple ? new SequenceExpression(line, items, IsTuple: true) : items[0];
    }

    private TemplateExpression ParseTargetItem(bool namespaces)
    {
        if (SkipOperator("("))
        {
            Enter();
            TemplateExpression inner = ParseTarget(namespaces);
            ExpectOperator(")");
            _depth--;
            return inner;
        }

        TemplateToken name = ExpectName();
        if (name.Text is "true" or "false" or "none" or "True" or "False" or "None" or "loop" && (name.Text != "loop" || !namespaces))
        {
            throw Error(name, $"'{name.Text}' cannot be assigned to");
        }

        if (namespaces && SkipOperator("."))
        {
            return new NamespaceTarget(name.Line, name.Text, ExpectName().Text);
        }

        return new NameExpression(name.Line, name.Text);
    }
}
