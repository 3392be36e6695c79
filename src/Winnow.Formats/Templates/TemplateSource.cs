using System;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>The text of a template with its line breaks normalized as Jinja2 does, and the errors that point into it.</summary>
internal sealed class TemplateSource
{
    /// <summary>Longer than any published template by two orders of magnitude.</summary>
    public const int MaxCharacters = 4_000_000;

    private readonly string? _name;

    public TemplateSource(string source, string? name)
    {
        _name = name;
        Text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (Text.Length > MaxCharacters)
        {
            throw new ModelFormatException(
                $"the template has {Text.Length} characters, more than the {MaxCharacters} that are read; it is damaged", name, key: "chat_template");
        }

        if (Text.EndsWith('\n'))
        {
            Text = Text[..^1];
        }
    }

    public string Text { get; }

    public ModelFormatException Error(int line, int offset, string message)
    {
        int bytes = Encoding.UTF8.GetByteCount(Text.AsSpan(0, Math.Min(offset, Text.Length)));
        return new ModelFormatException(
            $"line {line}: {message}; the template is damaged or uses what Winnow does not know", _name, bytes, "chat_template");
    }
}
