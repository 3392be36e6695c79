using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>Python's str() and repr() of a value.</summary>
internal static class PythonRepr
{
    /// <summary>str(): what an output tag prints. A string is itself, undefined is empty.</summary>
    public static TextValue ToText(TemplateRun run, TemplateValue value)
    {
        if (value is TextValue text)
        {
            return text;
        }

        var builder = new TextBuilder(run);
        if (value is not UndefinedValue)
        {
            Write(run, builder, value);
        }

        return builder.ToValue();
    }

    /// <summary>repr(): what a value looks like inside a list, and in messages.</summary>
    public static void Write(TemplateRun run, TextBuilder builder, TemplateValue value)
    {
        run.Step();
        run.Enter();
        switch (value)
        {
            case TextValue text: builder.Append(Quote(run, text.Text), text.IsMessage); break;
            case ListValue list: WriteList(run, builder, list); break;
            case DictValue dict: WriteDict(run, builder, dict); break;
            case BoolValue boolean: builder.Append(boolean.Value ? "True" : "False"); break;
            case IntValue number:
                run.Count(number.Value.GetBitLength());
                builder.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatValue number: builder.Append(PythonNumber.Repr(number.Value)); break;
            case NoneValue: builder.Append("None"); break;
            case UndefinedValue: builder.Append("Undefined"); break;
            default: builder.Append($"<{value.TypeName}>"); break;
        }

        run.Leave();
    }

    private static void WriteList(TemplateRun run, TextBuilder builder, ListValue list)
    {
        (string open, string close) = list.Kind switch
        {
            ListKind.List => ("[", "]"),
            ListKind.Tuple => ("(", list.Items.Count == 1 ? ",)" : ")"),
            ListKind.Range => ("range(", ")"),
            ListKind.Generator => ("<generator object ", ">"),
            _ => (list.TypeName + "([", "])"),
        };
        builder.Append(open);
        List<TemplateValue> items = list.Kind == ListKind.Range ? RangeArguments(list) : list.Items;
        for (int i = 0; i < items.Count; i++)
        {
            builder.Append(i == 0 ? "" : ", ");
            Write(run, builder, items[i]);
        }

        builder.Append(close);
    }

    /// <summary>Start, end and, where it is not 1, step of a range with these elements.</summary>
    private static List<TemplateValue> RangeArguments(ListValue range)
    {
        (BigInteger start, BigInteger stop, BigInteger step) = range.Bounds ?? BoundsOf(range.Items);
        return step.IsOne ? [new IntValue(start), new IntValue(stop)] : [new IntValue(start), new IntValue(stop), new IntValue(step)];
    }

    /// <summary>Bounds that give these items: those of a part of a range.</summary>
    private static (BigInteger Start, BigInteger Stop, BigInteger Step) BoundsOf(List<TemplateValue> items)
    {
        if (items.Count == 0)
        {
            return (0, 0, 1);
        }

        BigInteger first = ((IntValue)items[0]).Value;
        BigInteger step = items.Count > 1 ? ((IntValue)items[1]).Value - first : 1;
        return (first, ((IntValue)items[^1]).Value + step, step);
    }

    private static void WriteDict(TemplateRun run, TextBuilder builder, DictValue dict)
    {
        builder.Append('{');
        bool first = true;
        foreach (KeyValuePair<TemplateValue, TemplateValue> item in dict.Items)
        {
            builder.Append(first ? "" : ", ");
            first = false;
            Write(run, builder, item.Key);
            builder.Append(": ");
            Write(run, builder, item.Value);
        }

        builder.Append('}');
    }

    private static string Quote(TemplateRun run, string text)
    {
        run.Scan(text.Length * 4L);
        char quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var result = new StringBuilder(text.Length + 2).Append(quote);
        for (int i = 0; i < text.Length; i++)
        {
            char character = text[i];
            if (character == quote || character == '\\')
            {
                result.Append('\\').Append(character);
            }
            else if (character is >= ' ' and <= '~')
            {
                result.Append(character);
            }
            else
            {
                i += AppendOther(result, text, i);
            }
        }

        return result.Append(quote).ToString();
    }

    /// <summary>Appends a character beyond printable ASCII, escaped where Python calls it not printable; gives the extra units read.</summary>
    private static int AppendOther(StringBuilder result, string text, int index)
    {
        char character = text[index];
        if (character is '\n' or '\r' or '\t')
        {
            result.Append(character == '\n' ? "\\n" : character == '\r' ? "\\r" : "\\t");
            return 0;
        }

        bool pair = char.IsSurrogatePair(text, index);
        bool printable = CharUnicodeInfo.GetUnicodeCategory(text, index) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
        if (printable)
        {
            result.Append(text, index, pair ? 2 : 1);
        }
        else
        {
            int code = pair ? char.ConvertToUtf32(text, index) : character;
            result.Append(CultureInfo.InvariantCulture, $"\\{(code < 0x100 ? $"x{code:x2}" : code < 0x10000 ? $"u{code:x4}" : $"U{code:x8}")}");
        }

        return pair ? 1 : 0;
    }
}
