using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Reads the smallest parts of a pattern: escapes, classes and quantifiers. Null means: not one this knows.</summary>
internal sealed class PatternCursor
{
    // A run that must be long costs its length again at each place where it is too short.
    private const int MostRepeats = 1000;

    private readonly string _pattern;
    private int _at;

    public PatternCursor(string pattern) => _pattern = pattern;

    public bool AtEnd => _at >= _pattern.Length;

    public char Peek => AtEnd ? '\0' : _pattern[_at];

    public bool Take(char expected)
    {
        if (AtEnd || _pattern[_at] != expected)
        {
            return false;
        }

        _at++;
        return true;
    }

    public Rune ReadRune()
    {
        Rune rune = Rune.TryGetRuneAt(_pattern, _at, out Rune found) ? found : Rune.ReplacementChar;
        _at += rune.Utf16SequenceLength;
        return rune;
    }

    /// <summary>Reads an escape; <paramref name="letter"/> is set where it stands for one character.</summary>
    public Func<int, bool>? ReadEscape(out Rune? letter)
    {
        _at++;
        letter = null;
        char kind = Peek;
        _at++;
        switch (kind)
        {
            case 's': return UnicodeClass.IsWhiteSpace;
            case 'S': return scalar => !UnicodeClass.IsWhiteSpace(scalar);
            case 'd': return IsDigit;
            case 'D': return scalar => !IsDigit(scalar);
            case 'w': return UnicodeClass.IsWord;
            case 'W': return scalar => !UnicodeClass.IsWord(scalar);
            case 'p': return ReadProperty();
            case 'P': return ReadProperty() is { } property ? scalar => !property(scalar) : null;
        }

        Rune? meant = kind switch
        {
            'n' => new Rune('\n'),
            'r' => new Rune('\r'),
            't' => new Rune('\t'),
            _ => kind < 128 && (char.IsPunctuation(kind) || char.IsSymbol(kind)) ? new Rune(kind) : null,
        };
        letter = meant;
        return meant is Rune rune ? scalar => scalar == rune.Value : null;
    }

    /// <summary>Reads a class after its opening bracket.</summary>
    public Func<int, bool>? ReadClass()
    {
        bool negated = Take('^');
        var members = new List<Func<int, bool>>();
        while (!AtEnd && (Peek != ']' || members.Count == 0))
        {
            if (ReadClassItem() is not { } item)
            {
                return null;
            }

            members.Add(item);
        }

        if (!Take(']') || members.Count == 0)
        {
            return null;
        }

        Func<int, bool>[] all = members.ToArray();
        return scalar => Any(all, scalar) != negated;
    }

    /// <summary>Reads an optional quantifier; lazy and possessive ones are not known.</summary>
    public (int Minimum, int Maximum)? ReadQuantifier()
    {
        (int, int) range = (1, 1);
        if (Take('+'))
        {
            range = (1, int.MaxValue);
        }
        else if (Take('*'))
        {
            range = (0, int.MaxValue);
        }
        else if (Take('?'))
        {
            range = (0, 1);
        }
        else if (Take('{'))
        {
            int? minimum = ReadNumber();
            int? maximum = Take(',') ? (Peek == '}' ? int.MaxValue : ReadNumber()) : minimum;
            if (minimum is null or > MostRepeats || maximum is null || maximum < minimum || !Take('}'))
            {
                return null;
            }

            range = (minimum.Value, maximum.Value);
        }

        return Peek is '+' or '*' or '?' ? null : range;
    }

    private Func<int, bool>? ReadClassItem()
    {
        if (Peek == '[' || _pattern.AsSpan(_at).StartsWith("&&", StringComparison.Ordinal))
        {
            return null;
        }

        Rune first;
        if (Peek == '\\')
        {
            Func<int, bool>? escape = ReadEscape(out Rune? letter);
            if (letter is null)
            {
                return escape;
            }

            first = letter.Value;
        }
        else
        {
            first = ReadRune();
        }

        if (Peek != '-' || _at + 1 >= _pattern.Length || _pattern[_at + 1] == ']')
        {
            return scalar => scalar == first.Value;
        }

        _at++;
        if (Peek is '\\' or '[')
        {
            return null;
        }

        Rune last = ReadRune();
        return last.Value < first.Value ? null : scalar => scalar >= first.Value && scalar <= last.Value;
    }

    private Func<int, bool>? ReadProperty()
    {
        int end = Take('{') ? _pattern.IndexOf('}', _at) : -1;
        if (end < 0)
        {
            return null;
        }

        string name = _pattern[_at..end];
        _at = end + 1;
        return UnicodeClass.Property(name);
    }

    private int? ReadNumber()
    {
        int start = _at;
        while (char.IsAsciiDigit(Peek))
        {
            _at++;
        }

        return int.TryParse(_pattern.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? value : null;
    }

    private static bool IsDigit(int scalar) => UnicodeClass.Category(scalar) == UnicodeCategory.DecimalDigitNumber;

    private static bool Any(Func<int, bool>[] members, int scalar)
    {
        foreach (Func<int, bool> isMember in members)
        {
            if (isMember(scalar))
            {
                return true;
            }
        }

        return false;
    }
}
