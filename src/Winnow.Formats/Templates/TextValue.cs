using System;
using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>A run of characters of one origin, up to and without <paramref name="End"/>.</summary>
internal readonly record struct TextRun(int End, bool IsMessage);

/// <summary>A string that knows which of its characters came from the conversation and which from the template.</summary>
internal sealed class TextValue : TemplateValue
{
    public static readonly TextValue Empty = new("", isMessage: false);
    private readonly TextRun[]? _runs;
    private readonly bool _isMessage;

    /// <summary>A string of one origin.</summary>
    public TextValue(string text, bool isMessage)
    {
        Text = text;
        _isMessage = isMessage;
    }

    /// <summary>A string of several origins; the last run ends where the text ends.</summary>
    public TextValue(string text, TextRun[] runs)
    {
        Text = text;
        if (runs.Length > 1)
        {
            _runs = runs;
            _isMessage = true;
        }
        else
        {
            _isMessage = runs.Length == 1 && runs[0].IsMessage;
        }
    }

    public string Text { get; }

    /// <summary>Whether any of it came from the conversation.</summary>
    public bool IsMessage => _isMessage;

    public override string TypeName => "str";

    /// <summary>How many runs of one origin it has.</summary>
    public int RunCount => _runs?.Length ?? 1;

    /// <summary>Hands out the runs of the characters from start on.</summary>
    public IEnumerable<(int Start, int Length, bool IsMessage)> Runs(int start, int length)
    {
        if (_runs is null)
        {
            yield return (start, length, _isMessage);
            yield break;
        }

        int end = start + length;
        int from = 0;
        foreach (TextRun run in _runs)
        {
            int left = Math.Max(from, start);
            int right = Math.Min(run.End, end);
            if (left < right)
            {
                yield return (left, right - left, run.IsMessage);
            }

            from = run.End;
        }
    }

    /// <summary>A part, origins kept.</summary>
    public TextValue Slice(TemplateRun run, int start, int length)
    {
        if (length == Text.Length)
        {
            return this;
        }

        run.Grow(length);
        run.Scan(RunCount);
        if (_runs is null)
        {
            return length == 0 ? Empty : new TextValue(Text.Substring(start, length), _isMessage);
        }

        var runs = new List<TextRun>();
        foreach ((int from, int count, bool isMessage) in Runs(start, length))
        {
            runs.Add(new TextRun(from + count - start, isMessage));
        }

        return new TextValue(Text.Substring(start, length), runs.ToArray());
    }

    /// <summary>
    /// The same string rewritten. Where lengths agree (a change of case) every character keeps its origin; otherwise the
    /// whole is message text as soon as any of it was.
    /// </summary>
    public TextValue Rewrite(TemplateRun run, string text)
    {
        run.Grow(text.Length);
        return _runs is not null && text.Length == Text.Length
            ? new TextValue(text, _runs)
            : new TextValue(text, _isMessage);
    }

    public override string ToString() => Text;
}
