using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>What follows an expression: attributes, items, slices, calls, filters and tests.</summary>
internal sealed partial class TemplateParser
{
    private TemplateExpression ParsePostfix(TemplateExpression target)
    {
        while (true)
        {
            int line = Current.Line;
            if (SkipOperator("."))
            {
                TemplateToken name = Next();
                target = name.Kind switch
                {
                    TokenKind.Name => new AttributeExpression(line, target, name.Text),
                    TokenKind.Integer => new ItemExpression(line, target, new LiteralExpression(line, new IntValue(ReadInteger(name)))),
                    _ => throw Error(name, $"{name.Describe()} where a name or a number should be"),
                };
            }
            else if (SkipOperator("["))
            {
                target = ParseSubscript(line, target);
            }
            else if (Current.IsOperator("("))
            {
                target = new CallExpression(line, target, ParseArguments());
            }
            else
            {
                return target;
            }
        }
    }

    private TemplateExpression ParseSubscript(int line, TemplateExpression target)
    {
        TemplateExpression? start = Current.IsOperator(":") ? null : ParseExpression();
        if (!SkipOperator(":"))
        {
            if (start is null)
            {
                throw Error(Current, $"{Current.Describe()} where an index should be");
            }

            ExpectOperator("]");
            return new ItemExpression(line, target, start);
        }

        TemplateExpression? stop = Current.IsOperator(":") || Current.IsOperator("]") ? null : ParseExpression();
        TemplateExpression? step = SkipOperator(":") && !Current.IsOperator("]") ? ParseExpression() : null;
        ExpectOperator("]");
        return new SliceExpression(line, target, start, stop, step);
    }

    private ArgumentList ParseArguments()
    {
        ExpectOperator("(");
        var positional = new List<TemplateExpression>();
        var named = new List<(string, TemplateExpression)>();
        while (!SkipOperator(")"))
        {
            if (positional.Count + named.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator(")"))
                {
                    break;
                }
            }

            if (Current.IsOperator("*") || Current.IsOperator("**"))
            {
                throw Error(Current, "arguments from a list or dict are not supported");
            }

            if (Current.Kind == TokenKind.Name && _tokens[_index + 1].IsOperator("="))
            {
                string name = Next().Text;
                _index++;
                named.Add((name, ParseExpression()));
            }
            else if (named.Count > 0)
            {
                throw Error(Current, "an argument without a name follows one with a name");
            }
            else
            {
                positional.Add(ParseExpression());
            }
        }

        return new ArgumentList(positional, named);
    }

    private TemplateExpression ParseFiltersAndTests(TemplateExpression target)
    {
        while (true)
        {
            if (Current.IsOperator("|"))
            {
                _index++;
                target = ParseFilter(target);
            }
            else if (Current.IsName("is"))
            {
                target = ParseTest(target);
            }
            else if (Current.IsOperator("("))
            {
                target = new CallExpression(Current.Line, target, ParseArguments());
            }
            else
            {
                return target;
            }
        }
    }

    /// <summary>The filters of a block: <c>| a | b(c)</c>, the first bar left out where the tag itself stands for it.</summary>
    private List<FilterExpression> ParseFilters(bool first)
    {
        var filters = new List<FilterExpression>();
        while (first || SkipOperator("|"))
        {
            first = false;
            filters.Add(ParseFilter(null));
        }

        return filters;
    }

    private FilterExpression ParseFilter(TemplateExpression? target)
    {
        TemplateToken name = ExpectName();
        ArgumentList arguments = Current.IsOperator("(") ? ParseArguments() : ArgumentList.None;
        return new FilterExpression(name.Line, target, name.Text, arguments);
    }

    private TemplateExpression ParseTest(TemplateExpression target)
    {
        int line = Next().Line;
        bool negated = SkipName("not");
        TemplateToken name = ExpectName();
        ArgumentList arguments = ArgumentList.None;
        if (Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (StartsTestArgument())
        {
            if (Current.IsName("is"))
            {
                throw Error(Current, "tests cannot be chained with 'is'");
            }

            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], []);
        }

        TemplateExpression test = new TestExpression(line, target, name.Text, arguments);
        return negated ? new UnaryExpression(line, "not", test) : test;
    }

    private bool StartsTestArgument() =>
        Current.Kind is TokenKind.Text or TokenKind.Integer or TokenKind.Float
        || Current is { Kind: TokenKind.Operator, Text: "(" or "[" or "{" }
        || (Current.Kind == TokenKind.Name && Current.Text is not ("else" or "or" or "and"));
}
