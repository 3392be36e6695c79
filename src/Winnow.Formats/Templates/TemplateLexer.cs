using System;
using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>
/// Cuts a template into text and tags under Jinja2's trim_blocks and lstrip_blocks: one line break after a block tag or
/// comment is dropped, blanks before one at the start of its line too; <c>-</c> drops all white space, <c>+</c> none.
/// </summary>
internal sealed class TemplateLexer
{
    private readonly TemplateSource _source;
    private readonly string _text;
    private readonly List<TemplateToken> _tokens = [];
    private int _position;
    private int _line = 1;
    private int _lineOffset;

    private TemplateLexer(TemplateSource source)
    {
        _source = source;
        _text = source.Text;
    }

    public static List<TemplateToken> Read(TemplateSource source)
    {
        var lexer = new TemplateLexer(source);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (_position < _text.Length)
        {
            int tag = FindTag(_position);
            if (tag < 0)
            {
                AddData(_position, _text.Length);
                _position = _text.Length;
                break;
            }

            char kind = _text[tag + 1];
            ReadTextBefore(tag, kind);
            switch (kind)
            {
                case '#':
                    SkipComment(tag);
                    break;
                case '%' when TryReadRaw(tag):
                    break;
                default:
                    ReadTag(tag, kind == '%');
                    break;
            }
        }

        Add(TokenKind.End, "", _text.Length);
    }

    private int FindTag(int from)
    {
        for (int i = _text.IndexOf('{', from); i >= 0 && i + 1 < _text.Length; i = _text.IndexOf('{', i + 1))
        {
            if (_text[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Emits the text before a tag, cut as the tag's sign asks, and steps over the tag's opening.</summary>
    private void ReadTextBefore(int tag, char kind)
    {
        char sign = tag + 2 < _text.Length ? _text[tag + 2] : ' ';
        int end = tag;
        if (sign == '-')
        {
            while (end > _position && PythonText.IsSpace(_text[end - 1]))
            {
                end--;
            }
        }
        else if (sign != '+' && kind != '{')
        {
            end = BeforeBlanks(tag);
        }

        AddData(_position, end);
        _position = tag + (sign is '-' or '+' ? 3 : 2);
    }

    /// <summary>Where the text before a block ends if only blanks stand between it and the start of the line.</summary>
    private int BeforeBlanks(int tag)
    {
        int start = tag;
        while (start > _position && _text[start - 1] != '\n')
        {
            if (!PythonText.IsSpace(_text[start - 1]))
            {
                return tag;
            }

            start--;
        }

        bool atLineStart = start > _position || start == 0 || _text[start - 1] == '\n';
        return atLineStart ? start : tag;
    }

    private void SkipComment(int tag)
    {
        int end = _text.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error(tag, "the comment has no '#}'");
        }

        char sign = end > _position ? _text[end - 1] : ' ';
        _position = end + 2;
        SkipAfterBlock(sign);
    }

    /// <summary>After the end of a block tag or comment: all white space, nothing, or one line break.</summary>
    private void SkipAfterBlock(char sign)
    {
        if (sign == '-')
        {
            SkipSpace();
        }
        else if (sign != '+' && _position < _text.Length && _text[_position] == '\n')
        {
            _position++;
        }
    }

    private void SkipSpace()
    {
        while (_position < _text.Length && PythonText.IsSpace(_text[_position]))
        {
            _position++;
        }
    }

    private bool TryReadRaw(int tag)
    {
        int end = MatchKeywordTag(_position, "raw", out char sign);
        if (end < 0 || sign == '+')
        {
            return false;
        }

        _position = end;
        if (sign == '-')
        {
            SkipSpace();
        }

        for (int i = _text.IndexOf("{%", _position, StringComparison.Ordinal); i >= 0; i = _text.IndexOf("{%", i + 2, StringComparison.Ordinal))
        {
            int inside = i + 2 < _text.Length && _text[i + 2] is '-' or '+' ? i + 3 : i + 2;
            int close = MatchKeywordTag(inside, "endraw", out sign);
            if (close >= 0)
            {
                ReadTextBefore(i, '%');
                _position = close;
                SkipAfterBlock(sign);
                return true;
            }
        }

        throw Error(tag, "'raw' has no 'endraw'");
    }

    /// <summary>Matches a tag of one word from inside its opening; gives the position after its closing, or -1.</summary>
    private int MatchKeywordTag(int position, string keyword, out char sign)
    {
        sign = ' ';
        position = AfterSpace(position);
        if (string.CompareOrdinal(_text, position, keyword, 0, keyword.Length) != 0)
        {
            return -1;
        }

        position = AfterSpace(position + keyword.Length);
        if (position < _text.Length && _text[position] is '-' or '+')
        {
            sign = _text[position++];
        }

        return string.CompareOrdinal(_text, position, "%}", 0, 2) == 0 ? position + 2 : -1;
    }

    private int AfterSpace(int position)
    {
        while (position < _text.Length && PythonText.IsSpace(_text[position]))
        {
            position++;
        }

        return position;
    }

    private void ReadTag(int tag, bool block)
    {
        Add(block ? TokenKind.BlockBegin : TokenKind.VariableBegin, "", tag);
        var scanner = new TemplateTagScanner(_source, block);
        while (true)
        {
            SkipSpace();
            if (_position >= _text.Length)
            {
                throw Error(tag, block ? "the tag has no '%}'" : "the tag has no '}}'");
            }

            int start = _position;
            int line = LineAt(start);
            TemplateToken token = scanner.Next(ref _position, line, out char sign);
            _tokens.Add(token);
            if (token.Kind == TokenKind.BlockEnd)
            {
                SkipAfterBlock(sign);
                return;
            }

            if (token.Kind == TokenKind.VariableEnd)
            {
                if (sign == '-')
                {
                    SkipSpace();
                }

                return;
            }
        }
    }

    private void AddData(int start, int end)
    {
        if (end > start)
        {
            Add(TokenKind.Data, _text[start..end], start);
        }
    }

    private void Add(TokenKind kind, string text, int offset) => _tokens.Add(new TemplateToken(kind, text, LineAt(offset), offset));

    private ModelFormatException Error(int offset, string message) => _source.Error(LineAt(offset), offset, message);

    /// <summary>The line of an offset; offsets only grow, apart from errors about an opening just passed.</summary>
    private int LineAt(int offset)
    {
        if (offset < _lineOffset)
        {
            return 1 + _text.AsSpan(0, offset).Count('\n');
        }

        _line += _text.AsSpan(_lineOffset, offset - _lineOffset).Count('\n');
        _lineOffset = offset;
        return _line;
    }
}
