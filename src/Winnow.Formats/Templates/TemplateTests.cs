namespace Winnow.Formats.Templates;

/// <summary>The tests that follow <c>is</c>.</summary>
internal static class TemplateTests
{
    public static bool Apply(TemplateRun run, string name, TemplateValue value, TemplateArguments arguments)
    {
        run.Step();
        bool result = name switch
        {
            "defined" => value is not UndefinedValue,
            "undefined" => value is UndefinedValue,
            "none" => value is NoneValue,
            "string" => value is TextValue,
            "mapping" => value is DictValue,
            "iterable" => value is TextValue or ListValue or DictValue or UndefinedValue,
            "sequence" => value is TextValue or DictValue or UndefinedValue
                or ListValue { Kind: ListKind.List or ListKind.Tuple or ListKind.Range },
            "number" => value is BoolValue or IntValue or FloatValue,
            "integer" => value is IntValue,
            "float" => value is FloatValue,
            "boolean" => value is BoolValue,
            "true" => value is BoolValue { Value: true },
            "false" => value is BoolValue { Value: false },
            "callable" => value is MacroValue or FunctionValue or MethodValue or UndefinedValue,
            "odd" => IsDivisible(run, value, new IntValue(2), 1),
            "even" => IsDivisible(run, value, new IntValue(2), 0),
            "divisibleby" => IsDivisible(run, value, arguments.Require(0, "num"), 0),
            "lower" => Text(run, value) is { } text && HasCase(text) && PythonText.Lower(text) == text,
            "upper" => Text(run, value) is { } text && HasCase(text) && PythonText.Upper(text) == text,
            "equalto" or "eq" or "==" => TemplateOperators.Compare(run, "==", value, arguments.Require(0, "other")),
            "ne" or "!=" => TemplateOperators.Compare(run, "!=", value, arguments.Require(0, "other")),
            "lt" or "lessthan" or "<" => TemplateOperators.Compare(run, "<", value, arguments.Require(0, "other")),
            "le" or "<=" => TemplateOperators.Compare(run, "<=", value, arguments.Require(0, "other")),
            "gt" or "greaterthan" or ">" => TemplateOperators.Compare(run, ">", value, arguments.Require(0, "other")),
            "ge" or ">=" => TemplateOperators.Compare(run, ">=", value, arguments.Require(0, "other")),
            "in" => TemplateOperators.Contains(run, arguments.Require(0, "seq"), value),
            "sameas" => IsSame(value, arguments.Require(0, "other")),
            _ => throw run.Unsupported($"the test '{name}'"),
        };
        arguments.Done();
        return result;
    }

    private static bool IsDivisible(TemplateRun run, TemplateValue value, TemplateValue divisor, int rest)
    {
        TemplateValue remainder = TemplateOperators.Binary(run, "%", value, divisor);
        return run.Comparer.Equals(remainder, new IntValue(rest));
    }

    private static bool IsSame(TemplateValue value, TemplateValue other) => (value, other) switch
    {
        (IntValue a, IntValue b) => a.Value == b.Value,
        _ => ReferenceEquals(value, other),
    };

    private static string Text(TemplateRun run, TemplateValue value)
    {
        string text = PythonRepr.ToText(run, value).Text;
        run.Grow(text.Length);
        return text;
    }

    private static bool HasCase(string text)
    {
        foreach (char character in text)
        {
            if (PythonText.IsCased(character))
            {
                return true;
            }
        }

        return false;
    }
}
