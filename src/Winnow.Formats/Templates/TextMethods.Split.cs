using System;
using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>The methods of str that cut a text into a list, and those that fill it up.</summary>
internal static partial class TextMethods
{
    private static ListValue Split(TemplateRun run, TextValue text, TemplateArguments arguments, bool fromEnd)
    {
        TextValue? separator = arguments.FindText(0, "sep");
        int limit = arguments.FindInt(1, "maxsplit", -1);
        limit = limit < 0 ? int.MaxValue : limit;
        if (separator is { Text.Length: 0 })
        {
            throw run.Fail("empty separator");
        }

        run.Search(text.Text, separator?.Text ?? "");
        List<(int Start, int End)> pieces = separator is null
            ? fromEnd ? WordsFromEnd(run, text.Text, limit) : Words(run, text.Text, limit)
            : fromEnd ? PiecesFromEnd(run, text.Text, separator.Text, limit) : Pieces(run, text.Text, separator.Text, limit);
        return new ListValue(pieces.ConvertAll<TemplateValue>(piece => text.Slice(run, piece.Start, piece.End - piece.Start)));
    }

    private static List<(int Start, int End)> Pieces(TemplateRun run, string text, string separator, int limit)
    {
        var pieces = new List<(int, int)>();
        int start = 0;
        for (; limit > 0; limit--)
        {
            int at = text.IndexOf(separator, start, StringComparison.Ordinal);
            if (at < 0)
            {
                break;
            }

            run.Step();
            pieces.Add((start, at));
            start = at + separator.Length;
        }

        pieces.Add((start, text.Length));
        return pieces;
    }

    private static List<(int Start, int End)> PiecesFromEnd(TemplateRun run, string text, string separator, int limit)
    {
        var pieces = new List<(int, int)>();
        int end = text.Length;
        for (; limit > 0; limit--)
        {
            int at = text.AsSpan(0, end).LastIndexOf(separator);
            run.Step();
            if (at < 0)
            {
                break;
            }

            pieces.Add((at + separator.Length, end));
            end = at;
        }

        pieces.Add((0, end));
        pieces.Reverse();
        return pieces;
    }

    private static List<(int Start, int End)> Words(TemplateRun run, string text, int limit)
    {
        var pieces = new List<(int, int)>();
        int at = 0;
        while (true)
        {
            while (at < text.Length && PythonText.IsSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                return pieces;
            }

            run.Step();
            int start = at;
            if (pieces.Count == limit)
            {
                pieces.Add((start, text.Length));
                return pieces;
            }

            while (at < text.Length && !PythonText.IsSpace(text[at]))
            {
                at++;
            }

            pieces.Add((start, at));
        }
    }

    private static List<(int Start, int End)> WordsFromEnd(TemplateRun run, string text, int limit)
    {
        var pieces = new List<(int, int)>();
        int at = text.Length;
        while (true)
        {
            while (at > 0 && PythonText.IsSpace(text[at - 1]))
            {
                at--;
            }

            if (at == 0)
            {
                break;
            }

            run.Step();
            int end = at;
            while (at > 0 && (pieces.Count == limit || !PythonText.IsSpace(text[at - 1])))
            {
                at--;
            }

            pieces.Add((at, end));
        }

        pieces.Reverse();
        return pieces;
    }

    private static ListValue Partition(TemplateRun run, TextValue text, TextValue separator, bool fromEnd)
    {
        if (separator.Text.Length == 0)
        {
            throw run.Fail("empty separator");
        }

        run.Search(text.Text, separator.Text);
        int at = fromEnd ? LastIndexOf(text.Text, separator.Text) : text.Text.IndexOf(separator.Text, StringComparison.Ordinal);
        if (at < 0)
        {
            return fromEnd
                ? new ListValue([TextValue.Empty, TextValue.Empty, text], ListKind.Tuple)
                : new ListValue([text, TextValue.Empty, TextValue.Empty], ListKind.Tuple);
        }

        int after = at + separator.Text.Length;
        return new ListValue(
            [text.Slice(run, 0, at), text.Slice(run, at, separator.Text.Length), text.Slice(run, after, text.Text.Length - after)],
            ListKind.Tuple);
    }

    private static int LastIndexOf(string text, string part) => text.AsSpan().LastIndexOf(part);

    private static TextValue Pad(TemplateRun run, TextValue text, string name, TemplateArguments arguments)
    {
        int width = arguments.FindInt(0, "width", 0);
        string fill = name == "zfill" ? "0" : arguments.FindText(1, "fillchar")?.Text ?? " ";
        int missing = Math.Max(0, width - PythonText.Length(text.Text));
        if (fill.Length != 1)
        {
            throw run.Fail("the fill character must be exactly one character long");
        }

        run.Grow(missing);
        var builder = new TextBuilder(run);
        int sign = name == "zfill" && text.Text.Length > 0 && text.Text[0] is '+' or '-' ? 1 : 0;
        builder.Append(text, 0, name == "ljust" ? text.Text.Length : sign);
        builder.Append(new string(fill[0], missing), text.IsMessage);
        if (name != "ljust")
        {
            builder.Append(text, sign, text.Text.Length - sign);
        }

        return builder.ToValue();
    }
}
