using System;
using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Formats.Templates;

/// <summary>Python's == and hash(): 1, 1.0 and True are one key, lists compare by element, texts by characters alone.</summary>
internal sealed class TemplateComparer(TemplateRun run) : IEqualityComparer<TemplateValue>
{
    public bool Equals(TemplateValue? x, TemplateValue? y)
    {
        run.Step();
        if (ReferenceEquals(x, y))
        {
            return x is not FloatValue number || !double.IsNaN(number.Value);
        }

        run.Enter();
        bool equal = (x, y) switch
        {
            (TextValue a, TextValue b) => TextEquals(a.Text, b.Text),
            (ListValue a, ListValue b) => ListEquals(a, b),
            (DictValue a, DictValue b) => DictEquals(a, b),
            (UndefinedValue, UndefinedValue) => true,
            (BoolValue or IntValue or FloatValue, BoolValue or IntValue or FloatValue) => NumberEquals(x!, y!),
            _ => false,
        };
        run.Leave();
        return equal;
    }

    public int GetHashCode(TemplateValue obj)
    {
        run.Step();
        switch (obj)
        {
            case TextValue text:
                run.Scan(text.Text.Length);
                return string.GetHashCode(text.Text, StringComparison.Ordinal);
            case BoolValue or IntValue or FloatValue:
                double number = TemplateOperators.ToDouble(obj);
                return number == 0 ? 0 : number.GetHashCode();
            case NoneValue:
                return 7;
            case ListValue { Kind: ListKind.Tuple or ListKind.Range } tuple:
                run.Enter();
                var hash = default(HashCode);
                foreach (TemplateValue item in tuple.Items)
                {
                    hash.Add(GetHashCode(item));
                }

                run.Leave();
                return hash.ToHashCode();
            case ListValue or DictValue:
                throw run.Fail($"unhashable type: '{obj.TypeName}'");
            default:
                return System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj);
        }
    }

    /// <summary>Compares two numbers by value: below, equal, above, or null where one is not a number.</summary>
    public static int? CompareNumbers(TemplateValue x, TemplateValue y)
    {
        if (x is not FloatValue && y is not FloatValue)
        {
            return TemplateOperators.ToInteger(x).CompareTo(TemplateOperators.ToInteger(y));
        }

        double a = x is FloatValue left ? left.Value : (double)TemplateOperators.ToInteger(x);
        double b = y is FloatValue right ? right.Value : (double)TemplateOperators.ToInteger(y);
        if (double.IsNaN(a) || double.IsNaN(b))
        {
            return null;
        }

        if (a == b && double.IsFinite(a) && Math.Floor(a) == a)
        {
            BigInteger exactA = x is FloatValue ? new BigInteger(a) : TemplateOperators.ToInteger(x);
            BigInteger exactB = y is FloatValue ? new BigInteger(b) : TemplateOperators.ToInteger(y);
            return exactA.CompareTo(exactB);
        }

        return a.CompareTo(b);
    }

    private static bool NumberEquals(TemplateValue x, TemplateValue y) => CompareNumbers(x, y) == 0;

    private bool TextEquals(string a, string b)
    {
        run.Scan(a.Length == b.Length ? a.Length : 0);
        return string.Equals(a, b, StringComparison.Ordinal);
    }

    private bool ListEquals(ListValue a, ListValue b)
    {
        if (a.Kind != b.Kind || a.Items.Count != b.Items.Count || a.Kind is ListKind.Values or ListKind.Generator)
        {
            return false;
        }

        for (int i = 0; i < a.Items.Count; i++)
        {
            if (!ReferenceEquals(a.Items[i], b.Items[i]) && !Equals(a.Items[i], b.Items[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool DictEquals(DictValue a, DictValue b)
    {
        if (a.Items.Count != b.Items.Count)
        {
            return false;
        }

        foreach (KeyValuePair<TemplateValue, TemplateValue> item in a.Items)
        {
            if (!b.Items.TryGetValue(item.Key, out TemplateValue? other)
                || (!ReferenceEquals(item.Value, other) && !Equals(item.Value, other)))
            {
                return false;
            }
        }

        return true;
    }
}
