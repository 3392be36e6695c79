using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>Puts strings together, keeps the origin of each character and charges the run for them.</summary>
internal sealed class TextBuilder(TemplateRun run)
{
    private readonly StringBuilder _text = new();
    private readonly List<TextRun> _runs = [];

    public int Length => _text.Length;

    public void Append(string text, bool isMessage = false)
    {
        run.Grow(text.Length);
        _text.Append(text);
        Mark(isMessage, text.Length);
    }

    public void Append(char character, bool isMessage = false)
    {
        run.Grow(1);
        _text.Append(character);
        Mark(isMessage, 1);
    }

    public void Append(TextValue value) => Append(value, 0, value.Text.Length);

    public void Append(TextValue value, int start, int length)
    {
        run.Grow(length);
        run.Scan(value.RunCount);
        foreach ((int from, int count, bool isMessage) in value.Runs(start, length))
        {
            _text.Append(value.Text, from, count);
            Mark(isMessage, count);
        }
    }

    public TextValue ToValue() => new(_text.ToString(), _runs.ToArray());

    public List<ChatTemplateSegment> ToSegments()
    {
        string text = _text.ToString();
        var segments = new List<ChatTemplateSegment>(_runs.Count);
        int start = 0;
        foreach (TextRun one in _runs)
        {
            segments.Add(new ChatTemplateSegment(text[start..one.End], one.IsMessage));
            start = one.End;
        }

        return segments;
    }

    public override string ToString() => _text.ToString();

    private void Mark(bool isMessage, int length)
    {
        if (length == 0)
        {
            return;
        }

        if (_runs.Count > 0 && _runs[^1].IsMessage == isMessage)
        {
            _runs[^1] = new TextRun(_text.Length, isMessage);
        }
        else
        {
            _runs.Add(new TextRun(_text.Length, isMessage));
        }
    }
}
