using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Benchmarking.Descriptions;

public sealed class ExpressionTests
{
    private static readonly Dictionary<string, long> Axes = new() { ["n"] = 1000, ["head_dim"] = 128, ["zero"] = 0, ["big"] = long.MaxValue };

    [TestCase("256", 256)]
    [TestCase("1e6", 1_000_000)]
    [TestCase("n", 1000)]
    [TestCase("n / 3", 333)]
    [TestCase("n % 3", 1)]
    [TestCase("2 + 3 * 4", 14)]
    [TestCase("(2 + 3) * 4", 20)]
    [TestCase("10 - 3 - 2", 5)]
    [TestCase("100 / 10 / 5", 2)]
    [TestCase("-n + 1", -999)]
    [TestCase("min(n, head_dim) * 2", 256)]
    [TestCase("max(n, head_dim)", 1000)]
    [TestCase("ceil_div(n, 256)", 4)]
    [TestCase("ceil_div(n + 24, 256)", 4)]
    [TestCase("ceil_div(1, 256)", 1)]
    [TestCase("ceil_div(0, 256)", 0)]
    [TestCase("ceil_div(0 - 257, 256)", -1)]
    [TestCase(" ceil_div( max(n, 2), min(7, 3) ) ", 334)]
    public void EvaluateInteger_OfArithmeticGivesWholeNumbers(string text, long expected)
    {
        Assert.That(Expression.Parse(text).EvaluateInteger(Axes), Is.EqualTo(expected));
    }

    [TestCase("1 / head_dim", 0.0078125)]
    [TestCase("2.5e-1 * 2", 0.5)]
    [TestCase("ceil_div(n, 256)", 4)]
    [TestCase("-0.5", -0.5)]
    public void EvaluateReal_OfArithmeticGivesReals(string text, double expected)
    {
        Assert.That(Expression.Parse(text).EvaluateReal(Axes), Is.EqualTo(expected));
    }

    [TestCase("n / zero", "1000 is divided by 0")]
    [TestCase("n % zero", "1000 is divided by 0")]
    [TestCase("ceil_div(n, 0 - 2)", "divided by -2")]
    [TestCase("big + 1", "does not fit 64 bits")]
    [TestCase("big * big", "does not fit 64 bits")]
    [TestCase("ceil_div(0 - big - 1, 0 - 1)", "divided by -1")]
    [TestCase("(0 - big - 1) / (0 - 1)", "does not fit 64 bits")]
    [TestCase("0.5 * n", "0.5 is not a whole number")]
    [TestCase("m", "no axis 'm'; there are n, head_dim")]
    public void EvaluateInteger_OfWhatCannotBeSaysWhy(string text, string problem)
    {
        Assert.That(() => Expression.Parse(text).EvaluateInteger(Axes), Throws.TypeOf<FormatException>().With.Message.Contains(problem));
    }

    [TestCase("", "ends too early")]
    [TestCase("n +", "ends too early")]
    [TestCase("(n", "ends too early, where ')' was expected")]
    [TestCase("n)", "')' at character 2")]
    [TestCase("n n", "'n' at character 3")]
    [TestCase("n ^ 2", "'^' at character 3")]
    [TestCase("sqrt(n)", "'sqrt' is no function; there are min, max, ceil_div")]
    [TestCase("min(n)", "where ',' was expected")]
    [TestCase("1.2.3", "'1.2.3' in '1.2.3' is no number")]
    [TestCase("3x", "'3x' in '3x' is no number")]
    public void Parse_OfNoExpressionSaysWhere(string text, string problem)
    {
        Assert.That(() => Expression.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains(problem));
    }

    [TestCase(400, null)]
    [TestCase(100_000, "has 199999 characters; an expression has 1000 at most")]
    public void Parse_OfALongSumEndsWithAMessage(int terms, string? problem)
    {
        string sum = string.Join('+', Enumerable.Repeat("n", terms));

        Assert.That(() => Expression.Parse(sum).EvaluateInteger(Axes),
            problem is null ? Is.EqualTo(terms * 1000) : Throws.TypeOf<FormatException>().With.Message.Contains(problem));
    }

    [Test]
    public void Parse_OfDeepNestingEndsWithAMessage()
    {
        string deep = string.Concat(Enumerable.Repeat("(", 900));

        Assert.That(() => Expression.Parse(deep), Throws.TypeOf<FormatException>().With.Message.Contains("nested deeper"));
    }
}
