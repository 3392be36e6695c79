using System;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>Reads an <see cref="Expression"/> by recursive descent.</summary>
internal sealed class ExpressionParser(string text)
{
    private const int MaxDepth = 64;

    // A sum of n terms is evaluated n calls deep.
    private const int MaxLength = 1000;

    private int _at;
    private int _depth;

    /// <summary>Reads all of the text.</summary>
    /// <exception cref="FormatException">It is no expression.</exception>
    public Expression Parse()
    {
        if (text.Length > MaxLength)
        {
            throw new FormatException($"'{text[..20]}...' has {text.Length} characters; an expression has {MaxLength} at most. What is long is better an axis.");
        }

        Expression whole = Sum();
        return Peek() == '\0' ? whole : throw Unexpected();
    }

    private Expression Sum()
    {
        Expression left = Product();
        while (Peek() is '+' or '-')
        {
            char operation = text[_at++];
            left = Expression.Of(operation, "", left, Product());
        }

        return left;
    }

    private Expression Product()
    {
        Expression left = Factor();
        while (Peek() is '*' or '/' or '%')
        {
            char operation = text[_at++];
            left = Expression.Of(operation, "", left, Factor());
        }

        return left;
    }

    private Expression Factor()
    {
        if (++_depth > MaxDepth)
        {
            throw new FormatException($"'{text}' is nested deeper than {MaxDepth}.");
        }

        Expression factor = Peek() switch
        {
            '-' => Negated(),
            '(' => Parenthesized(),
            char first when char.IsAsciiDigit(first) || first == '.' => Expression.Number(NumberText()),
            char first when char.IsAsciiLetter(first) || first == '_' => Named(),
            _ => throw Unexpected(),
        };
        _depth--;
        return factor;
    }

    private Expression Negated()
    {
        _at++;
        return Expression.Of('-', "", Expression.Number("0"), Factor());
    }

    private Expression Parenthesized()
    {
        _at++;
        Expression inner = Sum();
        Expect(')');
        return inner;
    }

    private Expression Named()
    {
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
        {
            _at++;
        }

        string name = text[start.._at];
        if (Peek() != '(')
        {
            return Expression.Axis(name);
        }

        if (!((System.Collections.Generic.IList<string>)Expression.Functions).Contains(name))
        {
            throw new FormatException($"'{name}' is no function; there are {string.Join(", ", Expression.Functions)}.");
        }

        _at++;
        Expression left = Sum();
        Expect(',');
        Expression right = Sum();
        Expect(')');
        return Expression.Of('f', name, left, right);
    }

    /// <summary>Digits, a point and an exponent: <c>256</c>, <c>0.5</c>, <c>1e-5</c>.</summary>
    private string NumberText()
    {
        int start = _at;
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '.' || (text[_at] is '-' or '+' && text[_at - 1] is 'e' or 'E')))
        {
            _at++;
        }

        string number = text[start.._at];
        return double.TryParse(number, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out _)
            ? number
            : throw new FormatException($"'{number}' in '{text}' is no number.");
    }

    private void Expect(char expected)
    {
        if (Peek() != expected)
        {
            throw Unexpected($", where '{expected}' was expected");
        }

        _at++;
    }

    private char Peek()
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
        {
            _at++;
        }

        return _at < text.Length ? text[_at] : '\0';
    }

    private FormatException Unexpected(string expected = "") => new(
        Peek() == '\0' ? $"'{text}' ends too early{expected}." : $"'{text}' has '{Peek()}' at character {_at + 1}{expected}.");
}
