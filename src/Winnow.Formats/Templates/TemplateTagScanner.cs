using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Winnow.Formats.Templates;

/// <summary>Reads the tokens inside one tag.</summary>
internal sealed class TemplateTagScanner(TemplateSource source, bool block)
{
    private static readonly string[] TwoCharacterOperators = ["//", "**", "==", "!=", ">=", "<="];
    private readonly string _text = source.Text;
    private readonly Stack<char> _open = new();
    private int _line;

    /// <summary>Reads the token at the position, which is not white space; the sign is that of the tag's end.</summary>
    public TemplateToken Next(ref int position, int line, out char sign)
    {
        _line = line;
        sign = ' ';
        int start = position;
        if (_open.Count == 0 && TryReadEnd(ref position, out sign))
        {
            return new TemplateToken(block ? TokenKind.BlockEnd : TokenKind.VariableEnd, "", line, start);
        }

        char first = _text[position];
        if (char.IsAsciiDigit(first))
        {
            return ReadNumber(ref position);
        }

        if (first == '_' || char.IsLetter(first))
        {
            while (position < _text.Length && (_text[position] == '_' || char.IsLetterOrDigit(_text[position])))
            {
                position++;
            }

            return new TemplateToken(TokenKind.Name, _text[start..position], line, start);
        }

        return first is '\'' or '"' ? ReadText(ref position) : ReadOperator(ref position);
    }

    private bool TryReadEnd(ref int position, out char sign)
    {
        sign = _text[position];
        int at = sign == '-' || (sign == '+' && block) ? position + 1 : position;
        if (string.CompareOrdinal(_text, at, block ? "%}" : "}}", 0, 2) != 0)
        {
            return false;
        }

        sign = at > position ? sign : ' ';
        position = at + 2;
        return true;
    }

    private TemplateToken ReadOperator(ref int position)
    {
        int start = position;
        foreach (string two in TwoCharacterOperators)
        {
            if (string.CompareOrdinal(_text, position, two, 0, 2) == 0)
            {
                position += 2;
                return new TemplateToken(TokenKind.Operator, two, _line, start);
            }
        }

        char one = _text[position];
        if (!"+-/*%~[](){}><=.:|,;".Contains(one))
        {
            throw source.Error(_line, start, $"unexpected character '{one}'");
        }

        if (one is '(' or '[' or '{')
        {
            _open.Push(one == '(' ? ')' : one == '[' ? ']' : '}');
        }
        else if (one is ')' or ']' or '}' && (_open.Count == 0 || _open.Pop() != one))
        {
            throw source.Error(_line, start, $"'{one}' closes nothing that is open");
        }

        position++;
        return new TemplateToken(TokenKind.Operator, one.ToString(), _line, start);
    }

    private TemplateToken ReadNumber(ref int position)
    {
        int start = position;
        if (_text[position] == '0' && position + 1 < _text.Length && char.ToLowerInvariant(_text[position + 1]) is 'x' or 'o' or 'b')
        {
            position += 2;
            while (position < _text.Length && (char.IsAsciiHexDigit(_text[position]) || _text[position] == '_'))
            {
                position++;
            }

            return new TemplateToken(TokenKind.Integer, _text[start..position], _line, start);
        }

        SkipDigits(ref position);
        TokenKind kind = TokenKind.Integer;
        bool afterDot = start > 0 && _text[start - 1] == '.';
        if (!afterDot && DigitAt(position + 1) && CharacterAt(position) == '.')
        {
            kind = TokenKind.Float;
            position++;
            SkipDigits(ref position);
        }

        if (!afterDot && CharacterAt(position) is 'e' or 'E')
        {
            int exponent = CharacterAt(position + 1) is '+' or '-' ? position + 2 : position + 1;
            if (DigitAt(exponent))
            {
                kind = TokenKind.Float;
                position = exponent;
                SkipDigits(ref position);
            }
        }

        return new TemplateToken(kind, _text[start..position].Replace("_", "", StringComparison.Ordinal), _line, start);
    }

    private char CharacterAt(int position) => position < _text.Length ? _text[position] : '\0';

    private bool DigitAt(int position) => char.IsAsciiDigit(CharacterAt(position));

    private void SkipDigits(ref int position)
    {
        while (DigitAt(position) || (CharacterAt(position) == '_' && DigitAt(position + 1)))
        {
            position++;
        }
    }

    private TemplateToken ReadText(ref int position)
    {
        int start = position;
        char quote = _text[position++];
        var result = new StringBuilder();
        while (position < _text.Length && _text[position] != quote)
        {
            char character = _text[position++];
            if (character == '\\' && position < _text.Length)
            {
                ReadEscape(ref position, result);
            }
            else
            {
                result.Append(character);
            }
        }

        if (position >= _text.Length)
        {
            throw source.Error(_line, start, "the text in quotes has no end");
        }

        position++;
        return new TemplateToken(TokenKind.Text, result.ToString(), _line, start);
    }

    /// <summary>Decodes one of Python's escapes; an unknown one stays as it is, backslash included.</summary>
    private void ReadEscape(ref int position, StringBuilder result)
    {
        char kind = _text[position++];
        switch (kind)
        {
            case '\n': break;
            case '\\' or '\'' or '"': result.Append(kind); break;
            case 'n': result.Append('\n'); break;
            case 't': result.Append('\t'); break;
            case 'r': result.Append('\r'); break;
            case 'a': result.Append('\a'); break;
            case 'b': result.Append('\b'); break;
            case 'f': result.Append('\f'); break;
            case 'v': result.Append('\v'); break;
            case 'x': ReadHex(ref position, 2, result); break;
            case 'u': ReadHex(ref position, 4, result); break;
            case 'U': ReadHex(ref position, 8, result); break;
            case >= '0' and <= '7':
                int value = kind - '0';
                for (int i = 0; i < 2 && CharacterAt(position) is >= '0' and <= '7'; i++)
                {
                    value = value * 8 + (_text[position++] - '0');
                }

                result.Append((char)value);
                break;
            case 'N': throw source.Error(_line, position, "character names (\\N{...}) are not supported");
            default: result.Append('\\').Append(kind); break;
        }
    }

    private void ReadHex(ref int position, int digits, StringBuilder result)
    {
        if (position + digits > _text.Length
            || !uint.TryParse(_text.AsSpan(position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            || value > 0x10ffff)
        {
            throw source.Error(_line, position, $"an escape wants {digits} hexadecimal digits of a character");
        }

        position += digits;
        if (value < 0x10000)
        {
            result.Append((char)value);
        }
        else
        {
            result.Append(char.ConvertFromUtf32((int)value));
        }
    }
}
