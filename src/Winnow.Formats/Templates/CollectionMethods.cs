using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>The methods of list and dict.</summary>
internal static class CollectionMethods
{
    /// <summary>Whether the type has the method in Python; one that templates have no use for fails when it is called.</summary>
    public static bool IsMethod(TemplateValue target, string name) => target switch
    {
        DictValue => name is "get" or "items" or "keys" or "values" or "copy" or "pop" or "popitem" or "update"
            or "setdefault" or "clear" or "fromkeys",
        ListValue { Kind: ListKind.List } => name is "append" or "pop" or "index" or "count" or "copy" or "extend"
            or "insert" or "remove" or "reverse" or "sort" or "clear",
        ListValue { Kind: ListKind.Tuple or ListKind.Range } => name is "index" or "count",
        _ => false,
    };

    public static TemplateValue Call(TemplateRun run, TemplateEvaluator evaluator, TemplateValue target, string name, TemplateArguments arguments)
    {
        TemplateValue result = target is DictValue dict
            ? CallDict(run, dict, name, arguments)
            : CallList(run, evaluator, (ListValue)target, name, arguments);
        arguments.Done();
        return result;
    }

    /// <summary>The (key, value) tuples of a dict.</summary>
    public static List<TemplateValue> Pairs(TemplateRun run, DictValue dict)
    {
        run.Step(dict.Items.Count);
        var pairs = new List<TemplateValue>(dict.Items.Count);
        foreach (KeyValuePair<TemplateValue, TemplateValue> item in dict.Items)
        {
            pairs.Add(new ListValue([item.Key, item.Value], ListKind.Tuple));
        }

        return pairs;
    }

    private static TemplateValue CallDict(TemplateRun run, DictValue dict, string name, TemplateArguments arguments)
    {
        run.Step();
        switch (name)
        {
            case "get":
                TemplateValue key = arguments.Require(0, "key");
                TemplateValue fallback = arguments.Find(1, "default") ?? NoneValue.Instance;
                return dict.Items.GetValueOrDefault(key) ?? fallback;
            case "items":
                return new ListValue(Pairs(run, dict), ListKind.Items);
            case "keys":
                run.Step(dict.Items.Count);
                return new ListValue([.. dict.Items.Keys], ListKind.Keys);
            case "values":
                run.Step(dict.Items.Count);
                return new ListValue([.. dict.Items.Values], ListKind.Values);
            case "copy":
                run.Step(dict.Items.Count);
                var copy = new DictValue(run);
                foreach (KeyValuePair<TemplateValue, TemplateValue> item in dict.Items)
                {
                    copy.Items[item.Key] = item.Value;
                }

                return copy;
            default:
                throw run.Unsupported($"the method dict.{name}");
        }
    }

    private static TemplateValue CallList(
        TemplateRun run, TemplateEvaluator evaluator, ListValue list, string name, TemplateArguments arguments)
    {
        run.Step();
        switch (name)
        {
            // Jinja2's sandbox refuses to change a list; other readers of the same templates allow these three.
            case "append":
                list.Items.Add(arguments.Require(0, "object"));
                return NoneValue.Instance;
            case "extend":
                list.Items.AddRange(evaluator.Iterate(arguments.Require(0, "iterable")));
                return NoneValue.Instance;
            case "pop":
                return Pop(run, list, arguments.FindInt(0, "index", -1));
            case "copy":
                run.Step(list.Items.Count);
                return new ListValue([.. list.Items]);
            case "index":
                int at = IndexOf(run, list, arguments.Require(0, "value"));
                return at >= 0 ? new IntValue(at) : throw run.Fail("the value is not in the list");
            case "count":
                return new IntValue(CountOf(run, list, arguments.Require(0, "value")));
            default:
                throw run.Unsupported($"the method {list.TypeName}.{name}");
        }
    }

    private static TemplateValue Pop(TemplateRun run, ListValue list, int index)
    {
        int at = index < 0 ? index + list.Items.Count : index;
        if (at < 0 || at >= list.Items.Count)
        {
            throw run.Fail(list.Items.Count == 0 ? "pop from empty list" : "pop index out of range");
        }

        run.Step((list.Items.Count - at) / 64);
        TemplateValue value = list.Items[at];
        list.Items.RemoveAt(at);
        return value;
    }

    private static int IndexOf(TemplateRun run, ListValue list, TemplateValue value)
    {
        for (int i = 0; i < list.Items.Count; i++)
        {
            if (run.Comparer.Equals(list.Items[i], value))
            {
                return i;
            }
        }

        return -1;
    }

    private static BigInteger CountOf(TemplateRun run, ListValue list, TemplateValue value)
    {
        int count = 0;
        foreach (TemplateValue item in list.Items)
        {
            count += run.Comparer.Equals(item, value) ? 1 : 0;
        }

        return count;
    }
}
