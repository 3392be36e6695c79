using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;

namespace Winnow.Benchmarking.Descriptions;

/// <summary>
/// Arithmetic over named axes: numbers, names, <c>+ - * / %</c>, parentheses, <c>min</c>, <c>max</c> and <c>ceil_div</c>. Grids and shapes evaluate it in
/// whole numbers, where <c>/</c> cuts off; scalars of a float type in reals.
/// </summary>
internal sealed class Expression
{
    private readonly char _operation;
    private readonly string _word;
    private readonly Expression[] _operands;

    private Expression(char operation, string word, params Expression[] operands)
    {
        (_operation, _word, _operands) = (operation, word, operands);
    }

    /// <summary>The names of functions, all of two operands.</summary>
    public static IReadOnlyList<string> Functions { get; } = ["min", "max", "ceil_div"];

    /// <summary>A number, as it is written.</summary>
    public static Expression Number(string text) => new('0', text);

    /// <summary>An axis.</summary>
    public static Expression Axis(string name) => new('a', name);

    /// <summary>An operation: one of <c>+ - * / %</c>, or <c>f</c> with the name of a function.</summary>
    public static Expression Of(char operation, string word, params Expression[] operands) => new(operation, word, operands);

    /// <summary>Reads an expression.</summary>
    /// <exception cref="FormatException">It is none; the message says where.</exception>
    public static Expression Parse(string text) => new ExpressionParser(text).Parse();

    /// <summary>Evaluates in whole numbers.</summary>
    /// <param name="axes">The values of names.</param>
    /// <exception cref="FormatException">A name is unknown, a divisor is 0, a result is out of range.</exception>
    public long EvaluateInteger(IReadOnlyDictionary<string, long> axes) => Evaluate<long>(axes);

    /// <summary>Evaluates in reals.</summary>
    /// <param name="axes">The values of names.</param>
    /// <exception cref="FormatException">A name is unknown, a divisor is 0.</exception>
    public double EvaluateReal(IReadOnlyDictionary<string, long> axes) => Evaluate<double>(axes);

    private T Evaluate<T>(IReadOnlyDictionary<string, long> axes)
        where T : struct, INumber<T>
    {
        if (_operation == '0')
        {
            return T.TryParse(_word, NumberStyles.Float, CultureInfo.InvariantCulture, out T number)
                ? number
                : throw new FormatException($"{_word} is not a whole number of 64 bits.");
        }

        if (_operation == 'a')
        {
            return axes.TryGetValue(_word, out long value)
                ? T.CreateChecked(value)
                : throw new FormatException($"there is no axis '{_word}'; {(axes.Count == 0 ? "\"axes\" has none" : $"there are {string.Join(", ", axes.Keys)}")}.");
        }

        T left = _operands[0].Evaluate<T>(axes);
        T right = _operands[1].Evaluate<T>(axes);
        try
        {
            return Apply(left, right);
        }
        catch (OverflowException)
        {
            throw new FormatException($"{left} {(_operation == 'f' ? _word : _operation)} {right} does not fit 64 bits.");
        }
    }

    private T Apply<T>(T left, T right)
        where T : struct, INumber<T>
    {
        bool divides = _operation is '/' or '%' || _word == "ceil_div";
        if (divides && (T.IsZero(right) || (_word == "ceil_div" && T.IsNegative(right))))
        {
            throw new FormatException($"{left} is divided by {right}.");
        }

        return _operation switch
        {
            '+' => checked(left + right),
            '-' => checked(left - right),
            '*' => checked(left * right),
            '/' => left / right,
            '%' => left % right,
            _ => _word switch
            {
                "min" => T.Min(left, right),
                "max" => T.Max(left, right),
                _ => CeilDiv(left, right),
            },
        };
    }

    private static T CeilDiv<T>(T left, T right)
        where T : struct, INumber<T>
    {
        T rest = left % right;
        T whole = checked((left - rest) / right);
        return T.IsPositive(rest) && !T.IsZero(rest) ? whole + T.One : whole;
    }
}
