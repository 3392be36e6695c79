using System;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Python's operators: order, truth, membership, and what + and * mean for texts and lists.</summary>
internal static partial class TemplateOperators
{
    public static bool IsTrue(TemplateValue value) => value switch
    {
        BoolValue boolean => boolean.Value,
        NoneValue or UndefinedValue => false,
        TextValue text => text.Text.Length > 0,
        IntValue number => !number.Value.IsZero,
        FloatValue number => number.Value != 0,
        ListValue list => list.Kind == ListKind.Generator || list.Items.Count > 0,
        DictValue dict => dict.Items.Count > 0,
        _ => true,
    };

    public static bool IsNumber(TemplateValue value) => value is BoolValue or IntValue or FloatValue;

    public static BigInteger ToInteger(TemplateValue value) => value is IntValue number ? number.Value : ((BoolValue)value).Value ? 1 : 0;

    public static double ToDouble(TemplateValue value) => value is FloatValue number ? number.Value : (double)ToInteger(value);

    public static TemplateValue Binary(TemplateRun run, string op, TemplateValue left, TemplateValue right)
    {
        FailIfUndefined(run, left);
        FailIfUndefined(run, right);
        if (IsNumber(left) && IsNumber(right))
        {
            bool inFloats = left is FloatValue || right is FloatValue || op == "/" || (op == "**" && ToInteger(right).Sign < 0);
            return inFloats
                ? new FloatValue(FloatArithmetic(run, op, ToDouble(left), ToDouble(right)))
                : IntegerArithmetic(run, op, ToInteger(left), ToInteger(right));
        }

        return (op, left, right) switch
        {
            ("+", TextValue a, TextValue b) => Concat(run, a, b),
            ("+", ListValue { Kind: ListKind.List or ListKind.Tuple } a, ListValue b) when a.Kind == b.Kind => Join(run, a, b),
            ("*", TextValue or ListValue, IntValue or BoolValue) => Repeat(run, left, ToInteger(right)),
            ("*", IntValue or BoolValue, TextValue or ListValue) => Repeat(run, right, ToInteger(left)),
            ("%", TextValue, _) => throw run.Unsupported("formatting a text with '%'"),
            ("+", TextValue, _) => throw run.Fail($"can only concatenate str (not \"{right.TypeName}\") to str"),
            _ => throw run.Fail($"unsupported operand type(s) for {op}: '{left.TypeName}' and '{right.TypeName}'"),
        };
    }

    public static TemplateValue Negate(TemplateRun run, string op, TemplateValue value)
    {
        FailIfUndefined(run, value);
        if (!IsNumber(value))
        {
            throw run.Fail($"bad operand type for unary {op}: '{value.TypeName}'");
        }

        if (value is FloatValue number)
        {
            return op == "-" ? new FloatValue(-number.Value) : number;
        }

        return new IntValue(op == "-" ? -ToInteger(value) : ToInteger(value));
    }

    public static bool Compare(TemplateRun run, string op, TemplateValue left, TemplateValue right) => op switch
    {
        "==" => run.Comparer.Equals(left, right),
        "!=" => !run.Comparer.Equals(left, right),
        "in" => Contains(run, right, left),
        "not in" => !Contains(run, right, left),
        _ => CompareOrder(run, op, left, right),
    };

    /// <summary>Negative, zero or positive as Python orders the two; the operator is for the message.</summary>
    public static int Order(TemplateRun run, TemplateValue left, TemplateValue right, string op)
    {
        run.Step();
        FailIfUndefined(run, left);
        FailIfUndefined(run, right);
        if (IsNumber(left) && IsNumber(right))
        {
            return TemplateComparer.CompareNumbers(left, right) ?? 1;
        }

        if (left is TextValue a && right is TextValue b)
        {
            run.Scan(Math.Min(a.Text.Length, b.Text.Length));
            return CompareCodePoints(a.Text, b.Text);
        }

        if (left is ListValue { Kind: ListKind.List or ListKind.Tuple } x && right is ListValue y && x.Kind == y.Kind)
        {
            return OrderLists(run, x, y, op);
        }

        throw run.Fail($"'{op}' not supported between instances of '{left.TypeName}' and '{right.TypeName}'");
    }

    public static bool Contains(TemplateRun run, TemplateValue container, TemplateValue item)
    {
        switch (container)
        {
            case TextValue text:
                if (item is not TextValue part)
                {
                    FailIfUndefined(run, item);
                    throw run.Fail($"'in <string>' requires string as left operand, not {item.TypeName}");
                }

                run.Search(text.Text, part.Text);
                return text.Text.Contains(part.Text, StringComparison.Ordinal);
            case DictValue dict:
                return dict.Items.ContainsKey(item);
            case ListValue list:
                foreach (TemplateValue one in list.Items)
                {
                    if (ReferenceEquals(one, item) || run.Comparer.Equals(one, item))
                    {
                        return true;
                    }
                }

                return false;
            case UndefinedValue:
                return false;
            default:
                throw run.Fail($"argument of type '{container.TypeName}' is not iterable");
        }
    }

    public static TextValue Concat(TemplateRun run, TextValue a, TextValue b)
    {
        if (a.Text.Length == 0 || b.Text.Length == 0)
        {
            return a.Text.Length == 0 ? b : a;
        }

        var builder = new TextBuilder(run);
        builder.Append(a);
        builder.Append(b);
        return builder.ToValue();
    }

    public static void FailIfUndefined(TemplateRun run, TemplateValue value)
    {
        if (value is UndefinedValue undefined)
        {
            throw run.Fail(undefined.Hint);
        }
    }

    /// <summary>UTF-16 order is not code point order where surrogates meet the characters above them.</summary>
    public static int CompareCodePoints(string a, string b)
    {
        int length = Math.Min(a.Length, b.Length);
        int i = a.AsSpan(0, length).CommonPrefixLength(b.AsSpan(0, length));
        if (i == length)
        {
            return a.Length.CompareTo(b.Length);
        }

        bool surrogateA = char.IsSurrogate(a[i]);
        bool surrogateB = char.IsSurrogate(b[i]);
        return surrogateA == surrogateB ? a[i].CompareTo(b[i]) : surrogateA ? (b[i] >= '\ue000' ? 1 : a[i].CompareTo(b[i]))
            : a[i] >= '\ue000' ? -1 : a[i].CompareTo(b[i]);
    }

    private static bool CompareOrder(TemplateRun run, string op, TemplateValue left, TemplateValue right)
    {
        if (IsNumber(left) && IsNumber(right) && TemplateComparer.CompareNumbers(left, right) is null)
        {
            return false;
        }

        int order = Order(run, left, right, op);
        return op switch { "<" => order < 0, "<=" => order <= 0, ">" => order > 0, _ => order >= 0 };
    }

    private static int OrderLists(TemplateRun run, ListValue x, ListValue y, string op)
    {
        run.Enter();
        int result = x.Items.Count.CompareTo(y.Items.Count);
        for (int i = 0; i < Math.Min(x.Items.Count, y.Items.Count); i++)
        {
            if (!run.Comparer.Equals(x.Items[i], y.Items[i]))
            {
                result = Order(run, x.Items[i], y.Items[i], op);
                break;
            }
        }

        run.Leave();
        return result;
    }

    private static ListValue Join(TemplateRun run, ListValue a, ListValue b)
    {
        run.Step(a.Items.Count + b.Items.Count);
        return new ListValue([.. a.Items, .. b.Items], a.Kind);
    }

    private static TemplateValue Repeat(TemplateRun run, TemplateValue value, BigInteger times)
    {
        long count = times.Sign <= 0 ? 0 : times > int.MaxValue ? int.MaxValue : (long)times;
        if (value is TextValue text)
        {
            run.Grow(text.Text.Length * count);
            var builder = new TextBuilder(run);
            for (long i = 0; i < count && text.Text.Length > 0; i++)
            {
                run.Step();
                builder.Append(text);
            }

            return builder.ToValue();
        }

        var list = (ListValue)value;
        if (list.Kind is not (ListKind.List or ListKind.Tuple))
        {
            throw run.Fail($"unsupported operand type(s) for *: '{list.TypeName}' and 'int'");
        }

        run.Step(list.Items.Count * count);
        var result = new ListValue([], list.Kind);
        for (long i = 0; i < count && list.Items.Count > 0; i++)
        {
            result.Items.AddRange(list.Items);
        }

        return result;
    }
}
