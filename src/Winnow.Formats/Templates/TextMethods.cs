using System;
using System.Collections.Generic;
using System.Linq;

namespace Winnow.Formats.Templates;

/// <summary>The methods of str.</summary>
internal static partial class TextMethods
{
    /// <summary>The methods that exist; a name outside is an item that is not there.</summary>
    public static readonly HashSet<string> Names = new(StringComparer.Ordinal)
    {
        "strip", "lstrip", "rstrip", "split", "rsplit", "splitlines", "startswith", "endswith", "replace", "upper", "lower",
        "title", "capitalize", "find", "rfind", "index", "count", "join", "removeprefix", "removesuffix", "partition", "rpartition",
        "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "zfill", "ljust", "rjust", "format", "encode", "center",
        "casefold", "swapcase", "rindex", "isdecimal", "isnumeric", "istitle", "isidentifier", "isascii", "isprintable",
        "expandtabs", "translate", "maketrans", "format_map",
    };

    public static TemplateValue Call(TemplateRun run, TemplateEvaluator evaluator, TextValue text, string name, TemplateArguments arguments)
    {
        run.Scan(text.Text.Length);
        TemplateValue result = name switch
        {
            "strip" => Strip(run, text, arguments.FindText(0, "chars"), left: true, right: true),
            "lstrip" => Strip(run, text, arguments.FindText(0, "chars"), left: true, right: false),
            "rstrip" => Strip(run, text, arguments.FindText(0, "chars"), left: false, right: true),
            "split" => Split(run, text, arguments, fromEnd: false),
            "rsplit" => Split(run, text, arguments, fromEnd: true),
            "splitlines" => new ListValue([.. Lines(run, text, arguments.FindBool(0, "keepends", fallback: false))]),
            "startswith" => BoolValue.Of(HasAffix(run, text, arguments, atEnd: false)),
            "endswith" => BoolValue.Of(HasAffix(run, text, arguments, atEnd: true)),
            "replace" => Replace(
                run, text, arguments.RequireText(0, "old"), arguments.RequireText(1, "new"), arguments.FindInt(2, "count", -1)),
            "upper" => Change(run, text, PythonText.Upper),
            "lower" or "casefold" => Change(run, text, PythonText.Lower),
            "title" => Change(run, text, PythonText.Title),
            "capitalize" => Change(run, text, PythonText.Capitalize),
            "find" or "rfind" or "index" or "rindex" => Find(run, text, name, arguments),
            "count" => new IntValue(CountOf(run, text, arguments.RequireText(0, "sub"))),
            "join" => Join(run, evaluator, text, arguments.Require(0, "iterable")),
            "removeprefix" => RemoveAffix(run, text, arguments.RequireText(0, "prefix").Text, atEnd: false),
            "removesuffix" => RemoveAffix(run, text, arguments.RequireText(0, "suffix").Text, atEnd: true),
            "partition" => Partition(run, text, arguments.RequireText(0, "sep"), fromEnd: false),
            "rpartition" => Partition(run, text, arguments.RequireText(0, "sep"), fromEnd: true),
            "zfill" or "ljust" or "rjust" => Pad(run, text, name, arguments),
            _ => Predicate(text.Text, name) ?? throw run.Unsupported($"the method str.{name}"),
        };
        arguments.Done();
        return result;
    }

    public static TextValue Change(TemplateRun run, TextValue text, Func<string, string> change)
    {
        run.Grow(text.Text.Length);
        return text.Rewrite(run, change(text.Text));
    }

    /// <summary>Cuts white space, or any of the given characters, off the ends.</summary>
    public static TextValue Strip(TemplateRun run, TextValue text, TextValue? characters, bool left, bool right)
    {
        string value = text.Text;
        run.Scan(characters is null ? value.Length : (long)value.Length * (1 + characters.Text.Length / 8));
        int start = 0;
        int end = value.Length;
        while (left && start < end && IsCut(value[start]))
        {
            start++;
        }

        while (right && end > start && IsCut(value[end - 1]))
        {
            end--;
        }

        return text.Slice(run, start, end - start);

        bool IsCut(char character) => characters is null
            ? PythonText.IsSpace(character)
            : characters.Text.Contains(character);
    }

    /// <summary>Replaces the first count places, or all where count is negative; an empty old text is found around every character.</summary>
    public static TextValue Replace(TemplateRun run, TextValue text, TextValue old, TextValue replacement, int count)
    {
        string value = text.Text;
        run.Search(value, old.Text);
        var builder = new TextBuilder(run);
        int start = 0;
        int from = 0;
        for (int left = count < 0 ? int.MaxValue : count; left > 0; left--)
        {
            int at = from > value.Length ? -1 : value.IndexOf(old.Text, from, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            run.Step();
            builder.Append(text, start, at - start);
            builder.Append(replacement);
            start = at + old.Text.Length;
            from = old.Text.Length > 0 ? start : at + CharacterLength(value, at);
        }

        if (start == 0 && builder.Length == 0)
        {
            return old.Text.Length > 0 && value.StartsWith(old.Text, StringComparison.Ordinal) && count != 0 ? TextValue.Empty : text;
        }

        builder.Append(text, start, value.Length - start);
        return builder.ToValue();
    }

    /// <summary>str.splitlines.</summary>
    public static List<TextValue> Lines(TemplateRun run, TextValue text, bool keepEnds)
    {
        string value = text.Text;
        var lines = new List<TextValue>();
        for (int start = 0; start < value.Length;)
        {
            run.Step();
            int end = start;
            while (end < value.Length && !PythonText.IsLineBreak(value[end]))
            {
                end++;
            }

            int next = end + (end + 1 < value.Length && value[end] == '\r' && value[end + 1] == '\n' ? 2 : 1);
            next = Math.Min(next, value.Length);
            lines.Add(text.Slice(run, start, (keepEnds ? next : end) - start));
            start = next;
        }

        return lines;
    }

    private static int CharacterLength(string text, int index) => index + 1 < text.Length && char.IsSurrogatePair(text, index) ? 2 : 1;

    private static bool HasAffix(TemplateRun run, TextValue text, TemplateArguments arguments, bool atEnd)
    {
        TemplateValue affix = arguments.Require(0, "prefix");
        IEnumerable<TemplateValue> affixes = affix is ListValue { Kind: ListKind.Tuple } tuple ? tuple.Items : [affix];
        foreach (TemplateValue one in affixes)
        {
            TemplateOperators.FailIfUndefined(run, one);
            if (one is not TextValue candidate)
            {
                throw run.Fail($"{arguments.Callee} first arg must be str or a tuple of str, not {one.TypeName}");
            }

            run.Scan(candidate.Text.Length);
            if (atEnd ? text.Text.EndsWith(candidate.Text, StringComparison.Ordinal) : text.Text.StartsWith(candidate.Text, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static IntValue Find(TemplateRun run, TextValue text, string name, TemplateArguments arguments)
    {
        string part = arguments.RequireText(0, "sub").Text;
        TextValue searched = text;
        int from = 0;
        if (arguments.Find(1, "start") is { } start && start is not NoneValue)
        {
            from = arguments.FindInt(1, "start", 0);
            int length = PythonText.Length(text.Text);
            from = from < 0 ? Math.Max(0, from + length) : from;
            if (from > length)
            {
                return name is "find" or "rfind" ? new IntValue(-1) : throw run.Fail("substring not found");
            }

            searched = (TextValue)TemplateItems.Slice(run, text, from, null, null);
        }

        run.Search(text.Text, part);
        int at = name[0] == 'r'
            ? LastIndexOf(searched.Text, part)
            : searched.Text.IndexOf(part, StringComparison.Ordinal);
        if (at < 0 && name is "index" or "rindex" && at < 0)
        {
            throw run.Fail("substring not found");
        }

        return new IntValue(at < 0 ? -1 : from + PythonText.Length(searched.Text[..at]));
    }

    private static int CountOf(TemplateRun run, TextValue text, TextValue part)
    {
        if (part.Text.Length == 0)
        {
            return PythonText.Length(text.Text) + 1;
        }

        run.Search(text.Text, part.Text);
        int count = 0;
        for (int at = text.Text.IndexOf(part.Text, StringComparison.Ordinal); at >= 0;
            at = text.Text.IndexOf(part.Text, at + part.Text.Length, StringComparison.Ordinal))
        {
            count++;
        }

        return count;
    }

    private static TextValue Join(TemplateRun run, TemplateEvaluator evaluator, TextValue separator, TemplateValue items)
    {
        var builder = new TextBuilder(run);
        int index = 0;
        TemplateOperators.FailIfUndefined(run, items);
        foreach (TemplateValue item in evaluator.Iterate(items))
        {
            if (item is not TextValue text)
            {
                throw run.Fail($"sequence item {index}: expected str instance, {item.TypeName} found");
            }

            if (index++ > 0)
            {
                builder.Append(separator);
            }

            builder.Append(text);
        }

        return builder.ToValue();
    }

    private static TextValue RemoveAffix(TemplateRun run, TextValue text, string affix, bool atEnd)
    {
        bool found = atEnd ? text.Text.EndsWith(affix, StringComparison.Ordinal) : text.Text.StartsWith(affix, StringComparison.Ordinal);
        return found ? text.Slice(run, atEnd ? 0 : affix.Length, text.Text.Length - affix.Length) : text;
    }

    private static BoolValue? Predicate(string text, string name) => name switch
    {
        "isdigit" or "isdecimal" or "isnumeric" => BoolValue.Of(text.Length > 0 && text.All(char.IsDigit)),
        "isalpha" => BoolValue.Of(text.Length > 0 && text.All(char.IsLetter)),
        "isalnum" => BoolValue.Of(text.Length > 0 && text.All(char.IsLetterOrDigit)),
        "isspace" => BoolValue.Of(text.Length > 0 && text.All(PythonText.IsSpace)),
        "isascii" => BoolValue.Of(text.All(char.IsAscii)),
        "isupper" => BoolValue.Of(text.Any(PythonText.IsCased) && PythonText.Upper(text) == text),
        "islower" => BoolValue.Of(text.Any(PythonText.IsCased) && PythonText.Lower(text) == text),
        _ => null,
    };
}
