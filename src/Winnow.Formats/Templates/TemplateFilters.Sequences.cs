using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Filters over lists, dicts and the characters of a text.</summary>
internal sealed partial class TemplateFilters
{
    private TemplateValue? ApplyToSequence(string name, TemplateValue value, TemplateArguments arguments) => name switch
    {
        "first" => evaluator.Iterate(value) is [var first, ..] ? first : new UndefinedValue("No first item, sequence was empty."),
        "last" => evaluator.Iterate(value) is [.., var last] ? last : new UndefinedValue("No last item, sequence was empty."),
        "list" => new ListValue([.. evaluator.Iterate(value)]),
        "join" => Join(value, arguments),
        "reverse" => Reverse(value),
        "items" => Items(value),
        "dictsort" => DictSort(value, arguments),
        "sort" => Sort(value, arguments),
        "unique" => Unique(value, arguments),
        "min" or "max" => Extreme(name, value, arguments),
        "sum" => Sum(value, arguments),
        "map" => Map(value, arguments),
        "select" or "reject" => Choose(value, arguments, attribute: false, wanted: name == "select"),
        "selectattr" or "rejectattr" => Choose(value, arguments, attribute: true, wanted: name == "selectattr"),
        _ => null,
    };

    private TextValue Join(TemplateValue value, TemplateArguments arguments)
    {
        TextValue separator = Text(arguments.Find(0, "d") ?? TextValue.Empty);
        TemplateValue? attribute = arguments.Find(1, "attribute");
        var builder = new TextBuilder(run);
        bool first = true;
        foreach (TemplateValue item in evaluator.Iterate(value))
        {
            run.Step();
            if (!first)
            {
                builder.Append(separator);
            }

            first = false;
            builder.Append(Text(attribute is null or NoneValue ? item : Pick(item, attribute)));
        }

        return builder.ToValue();
    }

    private TemplateValue Reverse(TemplateValue value)
    {
        if (value is TextValue text)
        {
            return TemplateItems.Slice(run, text, null, null, -1);
        }

        List<TemplateValue> items = [.. evaluator.Iterate(value)];
        items.Reverse();
        return new ListValue(items, ListKind.Generator);
    }

    private ListValue Items(TemplateValue value) => value switch
    {
        UndefinedValue => new ListValue([], ListKind.Generator),
        DictValue dict => new ListValue(CollectionMethods.Pairs(run, dict), ListKind.Generator),
        _ => throw run.Fail("Can only get item pairs from a mapping."),
    };

    private ListValue DictSort(TemplateValue value, TemplateArguments arguments)
    {
        bool caseSensitive = arguments.FindBool(0, "case_sensitive", fallback: false);
        string by = arguments.FindText(1, "by")?.Text ?? "key";
        bool reverse = arguments.FindBool(2, "reverse", fallback: false);
        if (value is not DictValue dict || by is not ("key" or "value"))
        {
            throw run.Fail(by is "key" or "value"
                ? $"'{value.TypeName}' object has no items to sort" : "You can only sort by either \"key\" or \"value\"");
        }

        int position = by == "key" ? 0 : 1;
        return new ListValue(Sorted(
            CollectionMethods.Pairs(run, dict), pair => Fold(((ListValue)pair).Items[position], caseSensitive), reverse));
    }

    private ListValue Sort(TemplateValue value, TemplateArguments arguments)
    {
        bool reverse = arguments.FindBool(0, "reverse", fallback: false);
        bool caseSensitive = arguments.FindBool(1, "case_sensitive", fallback: false);
        TemplateValue? attribute = arguments.Find(2, "attribute");
        string[] parts = attribute is TextValue text ? text.Text.Split(',') : [];
        return new ListValue(Sorted(evaluator.Iterate(value), Key, reverse));

        TemplateValue Key(TemplateValue item) => attribute is null or NoneValue
            ? Fold(item, caseSensitive)
            : parts.Length < 2 ? Fold(Pick(item, attribute), caseSensitive)
            : new ListValue([.. parts.Select(part => Fold(Pick(item, new TextValue(part, isMessage: false)), caseSensitive))]);
    }

    /// <summary>A stable sort, also when reversed, as Python's is.</summary>
    private List<TemplateValue> Sorted(IReadOnlyList<TemplateValue> items, Func<TemplateValue, TemplateValue> key, bool reverse)
    {
        (TemplateValue Key, TemplateValue Item)[] keyed = [.. items.Select(item => (key(item), item))];
        Comparer<TemplateValue> order = Comparer<TemplateValue>.Create(
            (a, b) => reverse ? TemplateOperators.Order(run, b, a, "<") : TemplateOperators.Order(run, a, b, "<"));
        try
        {
            return [.. keyed.OrderBy(pair => pair.Key, order).Select(pair => pair.Item)];
        }
        catch (InvalidOperationException exception) when (exception.InnerException is WinnowException inner)
        {
            throw inner is ModelFormatException ? run.Limit("takes too many steps for this conversation") : run.Fail("the items cannot be ordered");
        }
    }

    private ListValue Unique(TemplateValue value, TemplateArguments arguments)
    {
        bool caseSensitive = arguments.FindBool(0, "case_sensitive", fallback: false);
        TemplateValue? attribute = arguments.Find(1, "attribute");
        var seen = new HashSet<TemplateValue>(run.Comparer);
        var result = new ListValue([], ListKind.Generator);
        foreach (TemplateValue item in evaluator.Iterate(value))
        {
            if (seen.Add(Fold(attribute is null or NoneValue ? item : Pick(item, attribute), caseSensitive)))
            {
                result.Items.Add(item);
            }
        }

        return result;
    }

    private TemplateValue Extreme(string name, TemplateValue value, TemplateArguments arguments)
    {
        bool caseSensitive = arguments.FindBool(0, "case_sensitive", fallback: false);
        TemplateValue? attribute = arguments.Find(1, "attribute");
        TemplateValue? best = null;
        TemplateValue? bestKey = null;
        foreach (TemplateValue item in evaluator.Iterate(value))
        {
            TemplateValue key = Fold(attribute is null or NoneValue ? item : Pick(item, attribute), caseSensitive);
            int order = bestKey is null ? 0 : TemplateOperators.Order(run, key, bestKey, name == "min" ? "<" : ">");
            if (bestKey is null || (name == "min" ? order < 0 : order > 0))
            {
                (best, bestKey) = (item, key);
            }
        }

        return best ?? new UndefinedValue("No aggregated item, sequence was empty.");
    }

    private TemplateValue Sum(TemplateValue value, TemplateArguments arguments)
    {
        TemplateValue? attribute = arguments.Find(0, "attribute");
        TemplateValue total = arguments.Find(1, "start") ?? new IntValue(0);
        foreach (TemplateValue item in evaluator.Iterate(value))
        {
            total = TemplateOperators.Binary(run, "+", total, attribute is null or NoneValue ? item : Pick(item, attribute));
        }

        return total;
    }

    private ListValue Map(TemplateValue value, TemplateArguments arguments)
    {
        var result = new ListValue([], ListKind.Generator);
        if (arguments.Positional.Count == 0)
        {
            TemplateValue attribute = arguments.Require(0, "attribute");
            TemplateValue? fallback = arguments.Find(1, "default");
            arguments.Done();
            foreach (TemplateValue item in IterateIfTrue(value))
            {
                result.Items.Add(Pick(item, attribute, fallback));
            }

            return result;
        }

        string filter = arguments.RequireText(0, "filter").Text;
        foreach (TemplateValue item in IterateIfTrue(value))
        {
            result.Items.Add(Apply(filter, item, Rest(arguments, filter, 1)));
        }

        return result;
    }

    private ListValue Choose(TemplateValue value, TemplateArguments arguments, bool attribute, bool wanted)
    {
        TemplateValue? path = attribute ? arguments.Require(0, "attribute") : null;
        int at = attribute ? 1 : 0;
        string? test = arguments.Positional.Count > at ? arguments.RequireText(at, "test").Text : null;
        var result = new ListValue([], ListKind.Generator);
        foreach (TemplateValue item in IterateIfTrue(value))
        {
            TemplateValue tested = path is null ? item : Pick(item, path);
            bool holds = test is null
                ? TemplateOperators.IsTrue(tested)
                : TemplateTests.Apply(run, test, tested, Rest(arguments, test, at + 1));
            if (holds == wanted)
            {
                result.Items.Add(item);
            }
        }

        return result;
    }

    /// <summary>What map, select and their kin walk: nothing at all where the value is empty, zero or none.</summary>
    private IReadOnlyList<TemplateValue> IterateIfTrue(TemplateValue value) =>
        TemplateOperators.IsTrue(value) ? evaluator.Iterate(value) : [];

    private TemplateArguments Rest(TemplateArguments arguments, string callee, int skip) =>
        new(run, callee, arguments.Positional.GetRange(skip, arguments.Positional.Count - skip), [.. arguments.Named]);

    /// <summary>Follows a path such as <c>function.name</c> or <c>0</c>, items before attributes.</summary>
    private TemplateValue Pick(TemplateValue item, TemplateValue path, TemplateValue? fallback = null)
    {
        run.Step();
        if (path is not TextValue text)
        {
            return TemplateItems.Item(run, item, path);
        }

        foreach (string part in text.Text.Split('.'))
        {
            TemplateValue key = part.Length > 0 && part.All(char.IsAsciiDigit) && part.Length < 10
                ? new IntValue(BigInteger.Parse(part, CultureInfo.InvariantCulture))
                : new TextValue(part, isMessage: false);
            item = TemplateItems.Item(run, item, key);
            item = item is UndefinedValue && fallback is not null ? fallback : item;
        }

        return item;
    }

    /// <summary>What a comparison without regard to case compares.</summary>
    private TemplateValue Fold(TemplateValue value, bool caseSensitive) =>
        value is TextValue text && !caseSensitive ? text.Rewrite(run, PythonText.Lower(text.Text)) : value;
}
