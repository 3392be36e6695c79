using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Attributes, items and slices: <c>x.name</c> tries the method before the item, <c>x['name']</c> the item before the method.</summary>
internal static class TemplateItems
{
    public static TemplateValue Attribute(TemplateRun run, TemplateValue target, string name)
    {
        TemplateOperators.FailIfUndefined(run, target);
        return FindAttribute(run, target, name) ?? FindItem(run, target, new TextValue(name, isMessage: false)) ?? Missing(run, target, new TextValue(name, isMessage: false));
    }

    public static TemplateValue Item(TemplateRun run, TemplateValue target, TemplateValue key)
    {
        TemplateOperators.FailIfUndefined(run, target);
        TemplateValue? found = FindItem(run, target, key);
        if (found is null && key is TextValue name)
        {
            found = FindAttribute(run, target, name.Text);
        }

        return found ?? Missing(run, target, key);
    }

    public static TemplateValue Slice(TemplateRun run, TemplateValue target, BigInteger? start, BigInteger? stop, BigInteger? step)
    {
        TemplateOperators.FailIfUndefined(run, target);
        if (step is { IsZero: true })
        {
            throw run.Fail("slice step cannot be zero");
        }

        if (target is TextValue text)
        {
            return SliceText(run, text, start, stop, step ?? 1);
        }

        if (target is not ListValue { Kind: ListKind.List or ListKind.Tuple or ListKind.Range } list)
        {
            throw run.Fail($"'{target.TypeName}' object cannot be sliced");
        }

        List<int> indices = Indices(run, list.Items.Count, start, stop, step ?? 1);
        return new ListValue(indices.ConvertAll(index => list.Items[index]), list.Kind);
    }

    private static UndefinedValue Missing(TemplateRun run, TemplateValue target, TemplateValue key)
    {
        string owner = target is NoneValue ? "None" : target.TypeName + " object";
        string wanted = PythonRepr.ToText(run, key).Text;
        wanted = wanted.Length > 100 ? wanted[..100] + "..." : wanted;
        return new UndefinedValue(key is TextValue ? $"'{owner}' has no attribute '{wanted}'" : $"{owner} has no element {wanted}");
    }

    private static TemplateValue? FindAttribute(TemplateRun run, TemplateValue target, string name)
    {
        switch (target)
        {
            case NamespaceValue space:
                return space.Attributes.GetValueOrDefault(name);
            case LoopValue loop:
                return LoopMethods.Attribute(loop, name);
            case MacroValue macro when name == "name":
                return new TextValue(macro.Macro.Name, isMessage: false);
            case TextValue when TextMethods.Names.Contains(name):
            case ListValue or DictValue when CollectionMethods.IsMethod(target, name):
                run.Step();
                return new MethodValue(target, name);
            default:
                return null;
        }
    }

    private static TemplateValue? FindItem(TemplateRun run, TemplateValue target, TemplateValue key)
    {
        if (target is DictValue dict)
        {
            return key is ListValue { Kind: not (ListKind.Tuple or ListKind.Range) } or DictValue ? null : dict.Items.GetValueOrDefault(key);
        }

        if (key is not (IntValue or BoolValue))
        {
            return null;
        }

        BigInteger index = TemplateOperators.ToInteger(key);
        if (target is ListValue { Kind: ListKind.List or ListKind.Tuple or ListKind.Range } list)
        {
            index = index.Sign < 0 ? index + list.Items.Count : index;
            return index >= 0 && index < list.Items.Count ? list.Items[(int)index] : null;
        }

        return target is TextValue text ? CharacterAt(run, text, index) : null;
    }

    private static TextValue? CharacterAt(TemplateRun run, TextValue text, BigInteger index)
    {
        run.Scan(text.Text.Length);
        int[]? starts = PythonText.CodePointStarts(text.Text);
        int length = starts is null ? text.Text.Length : starts.Length - 1;
        index = index.Sign < 0 ? index + length : index;
        if (index < 0 || index >= length)
        {
            return null;
        }

        int at = (int)index;
        return starts is null ? text.Slice(run, at, 1) : text.Slice(run, starts[at], starts[at + 1] - starts[at]);
    }

    private static TextValue SliceText(TemplateRun run, TextValue text, BigInteger? start, BigInteger? stop, BigInteger step)
    {
        run.Scan(text.Text.Length);
        int[]? starts = PythonText.CodePointStarts(text.Text);
        int length = starts is null ? text.Text.Length : starts.Length - 1;
        (int from, int to, int by) = Bounds(length, start, stop, step);
        if (by == 1)
        {
            to = System.Math.Max(from, to);
            return starts is null ? text.Slice(run, from, to - from) : text.Slice(run, starts[from], starts[to] - starts[from]);
        }

        var builder = new TextBuilder(run);
        foreach (int index in Indices(run, length, start, stop, step))
        {
            int at = starts is null ? index : starts[index];
            builder.Append(text, at, (starts is null ? index + 1 : starts[index + 1]) - at);
        }

        return builder.ToValue();
    }

    private static List<int> Indices(TemplateRun run, int length, BigInteger? start, BigInteger? stop, BigInteger step)
    {
        (int from, int to, int by) = Bounds(length, start, stop, step);
        var indices = new List<int>();
        for (long i = from; by > 0 ? i < to : i > to; i += by)
        {
            run.Step();
            indices.Add((int)i);
        }

        return indices;
    }

    /// <summary>Python's slice.indices.</summary>
    private static (int From, int To, int By) Bounds(int length, BigInteger? start, BigInteger? stop, BigInteger step)
    {
        int low = step.Sign > 0 ? 0 : -1;
        int high = step.Sign > 0 ? length : length - 1;
        int Clamp(BigInteger? bound, int fallback) => bound is null
            ? fallback
            : (int)BigInteger.Clamp(bound.Value.Sign < 0 ? bound.Value + length : bound.Value, low, high);

        int by = (int)BigInteger.Clamp(step, -int.MaxValue, int.MaxValue);
        return step.Sign > 0
            ? (Clamp(start, low), Clamp(stop, high), by)
            : (Clamp(start, high), Clamp(stop, low), by);
    }
}
