using System;
using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>The global functions.</summary>
internal static class TemplateGlobals
{
    private static readonly Dictionary<string, FunctionValue> Functions = new(StringComparer.Ordinal)
    {
        ["namespace"] = new FunctionValue("namespace"),
        ["range"] = new FunctionValue("range"),
        ["dict"] = new FunctionValue("dict"),
        ["raise_exception"] = new FunctionValue("raise_exception"),
        ["strftime_now"] = new FunctionValue("strftime_now"),
    };

    public static TemplateValue? Find(string name) => Functions.GetValueOrDefault(name);

    public static TemplateValue Call(TemplateRun run, TemplateEvaluator evaluator, string name, TemplateArguments arguments)
    {
        TemplateValue result = name switch
        {
            "namespace" => MakeNamespace(run, arguments),
            "dict" => MakeDict(run, evaluator, arguments),
            "range" => Range(run, arguments),
            "strftime_now" => StrftimeNow(run, arguments.RequireText(0, "format")),
            _ => throw new ChatTemplateException(PythonRepr.ToText(run, arguments.Require(0, "message")).Text, run.Line),
        };
        arguments.Done();
        return result;
    }

    private static TextValue StrftimeNow(TemplateRun run, TextValue format)
    {
        run.Grow(format.Text.Length * 16L);
        return format.Rewrite(run, PythonTime.Format(run, format.Text, run.Now ?? DateTimeOffset.Now));
    }

    private static NamespaceValue MakeNamespace(TemplateRun run, TemplateArguments arguments)
    {
        var result = new NamespaceValue();
        if (arguments.Find(0, "") is { } start)
        {
            DictValue dict = start as DictValue ?? throw run.Fail($"namespace() wants a dict, not {start.TypeName}");
            foreach (KeyValuePair<TemplateValue, TemplateValue> item in dict.Items)
            {
                result.Attributes[PythonRepr.ToText(run, item.Key).Text] = item.Value;
            }
        }

        foreach ((string name, TemplateValue value) in arguments.TakeNamed())
        {
            result.Attributes[name] = value;
        }

        return result;
    }

    private static DictValue MakeDict(TemplateRun run, TemplateEvaluator evaluator, TemplateArguments arguments)
    {
        var result = new DictValue(run);
        if (arguments.Find(0, "") is DictValue source)
        {
            foreach (KeyValuePair<TemplateValue, TemplateValue> item in source.Items)
            {
                run.Step();
                result.Items[item.Key] = item.Value;
            }
        }
        else if (arguments.Find(0, "") is { } pairs)
        {
            foreach (TemplateValue pair in evaluator.Iterate(pairs))
            {
                IReadOnlyList<TemplateValue> two = evaluator.Iterate(pair);
                result.Items[two.Count == 2 ? two[0] : throw run.Fail("dict() wants pairs")] = two[1];
            }
        }

        foreach ((string name, TemplateValue value) in arguments.TakeNamed())
        {
            result.Items[new TextValue(name, isMessage: false)] = value;
        }

        return result;
    }

    private static ListValue Range(TemplateRun run, TemplateArguments arguments)
    {
        int count = arguments.Positional.Count;
        foreach (TemplateValue argument in arguments.Positional)
        {
            TemplateOperators.FailIfUndefined(run, argument);
            if (argument is not (IntValue or BoolValue))
            {
                throw run.Fail($"'{argument.TypeName}' object cannot be interpreted as an integer");
            }
        }

        BigInteger first = TemplateOperators.ToInteger(arguments.Require(0, "stop"));
        TemplateValue? second = arguments.Find(1, "");
        TemplateValue? third = arguments.Find(2, "");
        BigInteger start = count > 1 ? first : 0;
        BigInteger stop = second is null ? first : TemplateOperators.ToInteger(second);
        BigInteger step = third is null ? 1 : TemplateOperators.ToInteger(third);
        if (step.IsZero)
        {
            throw run.Fail("range() arg 3 must not be zero");
        }

        BigInteger length = (stop - start + step - step.Sign) / step;
        if (length > TemplateRun.MaxRange)
        {
            throw run.Limit($"asks for a range of more than {TemplateRun.MaxRange} numbers");
        }

        var items = new List<TemplateValue>();
        run.Step(length.Sign > 0 ? (long)length : 0);
        for (int i = 0; i < length; i++)
        {
            items.Add(new IntValue(start + step * i));
        }

        return new ListValue(items, ListKind.Range) { Bounds = (start, stop, step) };
    }
}
