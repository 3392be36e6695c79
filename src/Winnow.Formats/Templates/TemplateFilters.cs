using System;
using System.Collections.Generic;
using System.Numerics;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>The filters that follow a bar; those over sequences are in the other part of this class.</summary>
internal sealed partial class TemplateFilters(TemplateRun run, TemplateEvaluator evaluator)
{
    public TemplateValue Apply(string name, TemplateValue value, TemplateArguments arguments)
    {
        run.Step();
        TemplateValue? result = ApplyToOne(name, value, arguments) ?? ApplyToSequence(name, value, arguments);
        if (result is null)
        {
            throw run.Unsupported($"the filter '{name}'");
        }

        if (name is not ("map" or "select" or "reject" or "selectattr" or "rejectattr"))
        {
            arguments.Done();
        }

        return result;
    }

    private TemplateValue? ApplyToOne(string name, TemplateValue value, TemplateArguments arguments) => name switch
    {
        "trim" => TextMethods.Strip(run, Text(value), arguments.FindText(0, "chars"), left: true, right: true),
        "upper" => TextMethods.Change(run, Text(value), PythonText.Upper),
        "lower" => TextMethods.Change(run, Text(value), PythonText.Lower),
        "capitalize" => TextMethods.Change(run, Text(value), PythonText.Capitalize),
        "title" => TextMethods.Change(run, Text(value), TitleWords),
        "string" or "safe" => Text(value),
        "escape" or "e" => Escape(Text(value)),
        "replace" => TextMethods.Replace(
            run, Text(value), Text(arguments.Require(0, "old")), Text(arguments.Require(1, "new")), arguments.FindInt(2, "count", -1)),
        "indent" => Indent(value, arguments),
        "tojson" => ToJson(value, arguments),
        "default" or "d" => Default(value, arguments),
        "int" => ToInt(value, arguments),
        "float" => ToFloat(value, arguments.Find(0, "default")),
        "abs" => Absolute(value),
        "round" => Round(value, arguments),
        "length" or "count" => new IntValue(Length(value)),
        _ => null,
    };

    private TextValue Text(TemplateValue value) => PythonRepr.ToText(run, value);

    private int Length(TemplateValue value)
    {
        switch (value)
        {
            case TextValue text:
                run.Scan(text.Text.Length);
                return PythonText.Length(text.Text);
            case ListValue { Kind: not ListKind.Generator } list: return list.Items.Count;
            case DictValue dict: return dict.Items.Count;
            case UndefinedValue: return 0;
            case LoopValue loop: return loop.Items.Count;
            default: throw run.Fail($"object of type '{value.TypeName}' has no len()");
        }
    }

    private static TemplateValue Default(TemplateValue value, TemplateArguments arguments)
    {
        TemplateValue fallback = arguments.Find(0, "default_value") ?? TextValue.Empty;
        bool falsy = arguments.FindBool(1, "boolean", fallback: false);
        return value is UndefinedValue || (falsy && !TemplateOperators.IsTrue(value)) ? fallback : value;
    }

    /// <summary>Jinja2's title: a word starts after a blank, a hyphen or an opening bracket.</summary>
    private static string TitleWords(string text)
    {
        var result = new StringBuilder(text.Length);
        bool first = true;
        foreach (char character in text)
        {
            bool border = PythonText.IsSpace(character) || character is '-' or '(' or '{' or '[' or '<';
            result.Append(border ? character : first ? char.ToUpperInvariant(character) : char.ToLowerInvariant(character));
            first = border;
        }

        return result.ToString();
    }

    private TextValue Escape(TextValue text)
    {
        var builder = new TextBuilder(run);
        int start = 0;
        for (int i = 0; i < text.Text.Length; i++)
        {
            string? entity = text.Text[i] switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '\'' => "&#39;", '"' => "&#34;", _ => null };
            if (entity is not null)
            {
                builder.Append(text, start, i - start);
                builder.Append(entity, text.IsMessage);
                start = i + 1;
            }
        }

        builder.Append(text, start, text.Text.Length - start);
        return builder.ToValue();
    }

    private TextValue Indent(TemplateValue value, TemplateArguments arguments)
    {
        TemplateOperators.FailIfUndefined(run, value);
        TextValue text = value as TextValue ?? throw run.Fail($"indent() wants a str, not {value.TypeName}");
        TemplateValue width = arguments.Find(0, "width") ?? new IntValue(4);
        bool first = arguments.FindBool(1, "first", fallback: false);
        bool blank = arguments.FindBool(2, "blank", fallback: false);
        TextValue indention = width as TextValue ?? (TextValue)TemplateOperators.Binary(run, "*", new TextValue(" ", isMessage: false), width);
        var builder = new TextBuilder(run);
        List<TextValue> lines = TextMethods.Lines(run, text, keepEnds: false);
        if (lines.Count == 0 || EndsInLineBreak(text.Text))
        {
            lines.Add(TextValue.Empty);
        }

        for (int i = 0; i < lines.Count; i++)
        {
            run.Step();
            builder.Append(i == 0 ? "" : "\n");
            if (i == 0 ? first : blank || lines[i].Text.Length > 0)
            {
                builder.Append(indention);
            }

            builder.Append(lines[i]);
        }

        return builder.ToValue();
    }

    private static bool EndsInLineBreak(string text) => text.Length > 0 && text[^1] != '\r' && PythonText.IsLineBreak(text[^1]);

    private TextValue ToJson(TemplateValue value, TemplateArguments arguments)
    {
        // The order is that of the override which model templates are rendered with, not that of Jinja2's own filter.
        bool ascii = arguments.FindBool(0, "ensure_ascii", fallback: false);
        TemplateValue? indent = arguments.Find(1, "indent");
        TemplateValue? separators = arguments.Find(2, "separators");
        bool sort = arguments.FindBool(3, "sort_keys", fallback: false);
        TextValue? unit = indent switch
        {
            null or NoneValue => null,
            TextValue text => text,
            _ => (TextValue)TemplateOperators.Binary(run, "*", new TextValue(" ", isMessage: false), indent),
        };
        (TextValue item, TextValue key) = separators switch
        {
            null or NoneValue => (new TextValue(unit is null ? ", " : ",", isMessage: false), new TextValue(": ", isMessage: false)),
            ListValue { Items: [TextValue a, TextValue b] } => (a, b),
            _ => throw run.Fail("tojson() wants two texts as 'separators'"),
        };
        return new PythonJson(run) { EnsureAscii = ascii, Indent = unit, ItemSeparator = item, KeySeparator = key, SortKeys = sort }.Write(value);
    }

    private TemplateValue ToInt(TemplateValue value, TemplateArguments arguments)
    {
        TemplateValue fallback = arguments.Find(0, "default") ?? new IntValue(0);
        int numberBase = arguments.FindInt(1, "base", 10);
        TemplateOperators.FailIfUndefined(run, value);
        run.Step(value is TextValue { Text: var digits } ? digits.Length : 0);
        switch (value)
        {
            case IntValue or BoolValue:
                return new IntValue(TemplateOperators.ToInteger(value));
            case TextValue text when numberBase is 0 or (>= 2 and <= 36) && PythonNumber.TryParseInt(text.Text, numberBase, out BigInteger parsed):
                return new IntValue(parsed);
            case TextValue text:
                return PythonNumber.TryParseFloat(text.Text, out double real) && double.IsFinite(real)
                    ? new IntValue(new BigInteger(real)) : fallback;
            case FloatValue number:
                return double.IsFinite(number.Value)
                    ? new IntValue(new BigInteger(number.Value))
                    : throw run.Fail("cannot convert float infinity or NaN to integer");
            default:
                return fallback;
        }
    }

    private TemplateValue ToFloat(TemplateValue value, TemplateValue? fallback)
    {
        TemplateOperators.FailIfUndefined(run, value);
        if (TemplateOperators.IsNumber(value))
        {
            return new FloatValue(TemplateOperators.ToDouble(value));
        }

        run.Step(value is TextValue { Text: var digits } ? digits.Length / 16 : 0);
        return value is TextValue text && PythonNumber.TryParseFloat(text.Text, out double number)
            ? new FloatValue(number)
            : fallback ?? new FloatValue(0);
    }

    private TemplateValue Absolute(TemplateValue value)
    {
        TemplateOperators.FailIfUndefined(run, value);
        return value switch
        {
            FloatValue number => new FloatValue(Math.Abs(number.Value)),
            IntValue or BoolValue => new IntValue(BigInteger.Abs(TemplateOperators.ToInteger(value))),
            _ => throw run.Fail($"bad operand type for abs(): '{value.TypeName}'"),
        };
    }

    private TemplateValue Round(TemplateValue value, TemplateArguments arguments)
    {
        int precision = Math.Clamp(arguments.FindInt(0, "precision", 0), -400, 400);
        string method = arguments.FindText(1, "method")?.Text ?? "common";
        TemplateOperators.FailIfUndefined(run, value);
        if (!TemplateOperators.IsNumber(value) || method is not ("common" or "ceil" or "floor"))
        {
            throw run.Fail(method is "common" or "ceil" or "floor"
                ? $"type {value.TypeName} cannot be rounded" : "method must be common, ceil or floor");
        }

        if (method == "common")
        {
            return value is FloatValue number ? new FloatValue(PythonNumber.Round(number.Value, precision)) : RoundInteger(value, precision);
        }

        double scale = Math.Pow(10, precision);
        double scaled = TemplateOperators.ToDouble(value) * scale;
        return new FloatValue((method == "ceil" ? Math.Ceiling(scaled) : Math.Floor(scaled)) / scale);
    }

    private static IntValue RoundInteger(TemplateValue value, int precision)
    {
        BigInteger number = TemplateOperators.ToInteger(value);
        if (precision >= 0)
        {
            return new IntValue(number);
        }

        BigInteger unit = BigInteger.Pow(10, -precision);
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(number), unit, out BigInteger rest);
        int half = (rest * 2).CompareTo(unit);
        quotient += half > 0 || (half == 0 && !quotient.IsEven) ? 1 : 0;
        return new IntValue(quotient * unit * number.Sign);
    }
}
