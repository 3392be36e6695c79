using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Expressions, from the loosest binding to the tightest.</summary>
internal sealed partial class TemplateParser
{
    /// <summary>CPython refuses longer ones too.</summary>
    private const int MaxDigits = 1000;

    private TemplateExpression ParseTuple(bool conditional = true, bool inParentheses = false)
    {
        int line = Current.Line;
        var items = new List<TemplateExpression>();
        bool tuple = false;
        while (!EndsTuple())
        {
            items.Add(conditional ? ParseExpression() : ParseOr());
            if (!SkipOperator(","))
            {
                break;
            }

            tuple = true;
        }

        if (items.Count == 0 && !inParentheses)
        {
            throw Error(Current, $"{Current.Describe()} where an expression should be");
        }

        return tuple || items.Count == 0 ? new SequenceExpression(line, items, IsTuple: true) : items[0];
    }

    private bool EndsTuple() => Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd or TokenKind.End || Current.IsOperator(")");

    private TemplateExpression ParseExpression()
    {
        Enter();
        TemplateExpression then = ParseOr();
        while (Current.IsName("if"))
        {
            int line = Next().Line;
            TemplateExpression test = ParseOr();
            TemplateExpression? otherwise = SkipName("else") ? ParseExpression() : null;
            then = new ConditionalExpression(line, then, test, otherwise);
        }

        _depth--;
        return then;
    }

    private TemplateExpression ParseOr()
    {
        TemplateExpression left = ParseAnd();
        while (Current.IsName("or"))
        {
            left = new BinaryExpression(Next().Line, "or", left, ParseAnd());
        }

        return left;
    }

    private TemplateExpression ParseAnd()
    {
        TemplateExpression left = ParseNot();
        while (Current.IsName("and"))
        {
            left = new BinaryExpression(Next().Line, "and", left, ParseNot());
        }

        return left;
    }

    private TemplateExpression ParseNot()
    {
        if (!Current.IsName("not"))
        {
            return ParseCompare();
        }

        Enter();
        var result = new UnaryExpression(Next().Line, "not", ParseNot());
        _depth--;
        return result;
    }

    private TemplateExpression ParseCompare()
    {
        int line = Current.Line;
        TemplateExpression first = ParseSum();
        List<(string, TemplateExpression)>? rest = null;
        while (TryReadComparison(out string? comparison))
        {
            rest ??= [];
            rest.Add((comparison, ParseSum()));
        }

        return rest is null ? first : new CompareExpression(line, first, rest);
    }

    private bool TryReadComparison([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? comparison)
    {
        comparison = null;
        if (Current is { Kind: TokenKind.Operator, Text: "==" or "!=" or "<" or "<=" or ">" or ">=" } || Current.IsName("in"))
        {
            comparison = Next().Text;
        }
        else if (Current.IsName("not") && _tokens[_index + 1].IsName("in"))
        {
            _index += 2;
            comparison = "not in";
        }

        return comparison is not null;
    }

    private TemplateExpression ParseSum()
    {
        TemplateExpression left = ParseConcat();
        while (Current is { Kind: TokenKind.Operator, Text: "+" or "-" })
        {
            TemplateToken token = Next();
            left = new BinaryExpression(token.Line, token.Text, left, ParseConcat());
        }

        return left;
    }

    private TemplateExpression ParseConcat()
    {
        int line = Current.Line;
        TemplateExpression first = ParseProduct();
        if (!Current.IsOperator("~"))
        {
            return first;
        }

        var parts = new List<TemplateExpression> { first };
        while (SkipOperator("~"))
        {
            parts.Add(ParseProduct());
        }

        return new ConcatExpression(line, parts);
    }

    private TemplateExpression ParseProduct()
    {
        TemplateExpression left = ParsePower();
        while (Current is { Kind: TokenKind.Operator, Text: "*" or "/" or "//" or "%" })
        {
            TemplateToken token = Next();
            left = new BinaryExpression(token.Line, token.Text, left, ParsePower());
        }

        return left;
    }

    private TemplateExpression ParsePower()
    {
        TemplateExpression left = ParseUnary(filters: true);
        while (Current.IsOperator("**"))
        {
            left = new BinaryExpression(Next().Line, "**", left, ParseUnary(filters: true));
        }

        return left;
    }

    private TemplateExpression ParseUnary(bool filters)
    {
        Enter();
        TemplateExpression result;
        if (Current is { Kind: TokenKind.Operator, Text: "+" or "-" })
        {
            TemplateToken token = Next();
            result = new UnaryExpression(token.Line, token.Text, ParseUnary(filters: false));
        }
        else
        {
            result = ParsePrimary();
        }

        result = ParsePostfix(result);
        if (filters)
        {
            result = ParseFiltersAndTests(result);
        }

        _depth--;
        return result;
    }

    private TemplateExpression ParsePrimary()
    {
        TemplateToken token = Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseName(token);
            case TokenKind.Text:
                string text = token.Text;
                if (Current.Kind == TokenKind.Text)
                {
                    var joined = new System.Text.StringBuilder(text);
                    while (Current.Kind == TokenKind.Text)
                    {
                        joined.Append(Next().Text);
                    }

                    text = joined.ToString();
                }

                return new LiteralExpression(token.Line, new TextValue(text, isMessage: false));
            case TokenKind.Integer:
                return new LiteralExpression(token.Line, new IntValue(ReadInteger(token)));
            case TokenKind.Float:
                return new LiteralExpression(token.Line, new FloatValue(double.Parse(token.Text, CultureInfo.InvariantCulture)));
            case TokenKind.Operator when token.Text == "(":
                TemplateExpression inner = ParseTuple(inParentheses: true);
                ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return ParseList(token.Line);
            case TokenKind.Operator when token.Text == "{":
                return ParseDict(token.Line);
            default:
                throw Error(token, $"unexpected {token.Describe()}");
        }
    }

    private TemplateExpression ParseName(TemplateToken token) => token.Text switch
    {
        "true" or "True" => new LiteralExpression(token.Line, BoolValue.True),
        "false" or "False" => new LiteralExpression(token.Line, BoolValue.False),
        "none" or "None" => new LiteralExpression(token.Line, NoneValue.Instance),
        _ => Named(token),
    };

    private BigInteger ReadInteger(TemplateToken token)
    {
        string digits = token.Text.Replace("_", "", System.StringComparison.Ordinal);
        int numberBase = digits.Length < 2 ? 10 : char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, 'b' => 2, _ => 10 };
        string body = numberBase == 10 ? digits : digits[2..];
        bool zeros = numberBase == 10 && body.Length > 1 && body[0] == '0' && body.Trim('0').Length > 0;
        if (zeros || body.Length > MaxDigits || !PythonNumber.TryParseDigits(body, numberBase, out BigInteger value))
        {
            throw Error(token, $"{token.Describe()} is not a number that can be read");
        }

        return value;
    }

    private SequenceExpression ParseList(int line)
    {
        var items = new List<TemplateExpression>();
        while (!SkipOperator("]"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator("]"))
                {
                    break;
                }
            }

            items.Add(ParseExpression());
        }

        return new SequenceExpression(line, items, IsTuple: false);
    }

    private DictExpression ParseDict(int line)
    {
        var items = new List<(TemplateExpression, TemplateExpression)>();
        while (!SkipOperator("}"))
        {
            if (items.Count > 0)
            {
                ExpectOperator(",");
                if (SkipOperator("}"))
                {
                    break;
                }
            }

            TemplateExpression key = ParseExpression();
            ExpectOperator(":");
            items.Add((key, ParseExpression()));
        }

        return new DictExpression(line, items);
    }
}
