using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>Cuts PTX into tokens. Equal texts are one string, so a module of megabytes costs little more than its instructions.</summary>
/// <param name="source">The text.</param>
internal sealed class PtxLexer(PtxSource source)
{
    private static readonly string[] Characters = MakeCharacters();

    private readonly string _text = source.Text;
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _known =
        new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private int _position;
    private int _line = 1;

    /// <summary>The next token.</summary>
    public PtxToken Next()
    {
        SkipBlanks();
        if (_position >= _text.Length)
        {
            return new PtxToken(PtxTokenKind.End, "", _text.Length, _line);
        }

        char first = _text[_position];
        return first switch
        {
            '.' => ReadDirective(),
            '"' => ReadString(),
            _ when char.IsAsciiDigit(first) => ReadNumber(),
            _ when IsWord(first) || first == '%' => ReadIdentifier(),
            _ => ReadCharacter(first),
        };
    }

    private static string[] MakeCharacters()
    {
        string[] characters = new string[128];
        for (int i = 0; i < characters.Length; i++)
        {
            characters[i] = ((char)i).ToString();
        }

        return characters;
    }

    private static bool IsWord(char character) => char.IsAsciiLetterOrDigit(character) || character is '_' or '$';

    private void SkipBlanks()
    {
        while (_position < _text.Length)
        {
            char character = _text[_position];
            if (character == '\n')
            {
                _line++;
                _position++;
            }
            else if (char.IsWhiteSpace(character) || character == '\0')
            {
                _position++;
            }
            else if (character != '/' || !SkipComment())
            {
                return;
            }
        }
    }

    private bool SkipComment()
    {
        ReadOnlySpan<char> rest = _text.AsSpan(_position);
        if (rest.StartsWith("//"))
        {
            int end = rest.IndexOf('\n');
            _position = end < 0 ? _text.Length : _position + end;
            return true;
        }

        if (!rest.StartsWith("/*"))
        {
            return false;
        }

        int close = rest[2..].IndexOf("*/");
        if (close < 0)
        {
            throw source.Error(_position, _line, "a comment is not closed");
        }

        _line += rest[..(close + 4)].Count('\n');
        _position += close + 4;
        return true;
    }

    private PtxToken ReadDirective()
    {
        int start = _position++;
        while (_position < _text.Length && (IsWord(_text[_position]) || IsColons()))
        {
            _position += _text[_position] == ':' ? 2 : 1;
        }

        if (_position == start + 1)
        {
            throw source.Error(start, _line, "a dot stands alone");
        }

        return new PtxToken(PtxTokenKind.Directive, Intern(start + 1, _position), start, _line);
    }

    /// <summary>L2::128B is one word; a single colon ends a label.</summary>
    private bool IsColons() => _text[_position] == ':' && _position + 2 < _text.Length && _text[_position + 1] == ':' && IsWord(_text[_position + 2]);

    private PtxToken ReadString()
    {
        int start = _position;
        int end = _text.IndexOf('"', start + 1);
        if (end < 0 || _text.AsSpan(start, end - start).Contains('\n'))
        {
            throw source.Error(start, _line, "a text is not closed");
        }

        _position = end + 1;
        return new PtxToken(PtxTokenKind.String, Intern(start + 1, end), start, _line);
    }

    private PtxToken ReadNumber()
    {
        int start = _position;
        while (_position < _text.Length && (char.IsAsciiLetterOrDigit(_text[_position]) || _text[_position] == '.' || IsExponentSign(start)))
        {
            _position++;
        }

        return new PtxToken(PtxTokenKind.Number, Intern(start, _position), start, _line);
    }

    private bool IsExponentSign(int start)
        => _text[_position] is '+' or '-' && _text[_position - 1] is 'e' or 'E' && _text.AsSpan(start, _position - start).Contains('.');

    private PtxToken ReadIdentifier()
    {
        int start = _position++;
        while (_position < _text.Length && IsWord(_text[_position]))
        {
            _position++;
        }

        return new PtxToken(PtxTokenKind.Identifier, Intern(start, _position), start, _line);
    }

    private PtxToken ReadCharacter(char character)
    {
        if (character >= Characters.Length || char.IsControl(character))
        {
            throw source.Error(_position, _line, $"the character U+{(int)character:X4} has no meaning in PTX");
        }

        int start = _position++;
        char second = _position < _text.Length ? _text[_position] : ' ';
        bool isDouble = (second == character && character is '<' or '>' or '|' or '&' or '=') || (second == '=' && character is '<' or '>' or '!');
        _position += isDouble ? 1 : 0;
        return new PtxToken(PtxTokenKind.Punctuation, isDouble ? Intern(start, _position) : Characters[character], start, _line);
    }

    private string Intern(int start, int end)
    {
        ReadOnlySpan<char> text = _text.AsSpan(start, end - start);
        if (!_known.TryGetValue(text, out string? known))
        {
            known = text.ToString();
            _known.Dictionary.Add(known, known);
        }

        return known;
    }
}
