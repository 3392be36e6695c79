using System;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Formats.Tokenizers.PreTokenizers;

/// <summary>Reads simple patterns: alternatives of fixed strings and of <c>lead?X{n,m}</c>, where X is a class.</summary>
internal sealed class SimplePattern
{
    private const int LongestPattern = 4096;

    private readonly PatternCursor _cursor;

    private SimplePattern(string pattern) => _cursor = new PatternCursor(pattern);

    /// <summary>One element: what it matches, how often, and its text where it is one fixed character.</summary>
    private readonly record struct Atom(Func<int, bool> IsMember, int Minimum, int Maximum, Rune? Fixed);

    /// <summary>The scanner of a pattern; null where the pattern needs more than this knows.</summary>
    public static Scanner? TryParse(string pattern)
    {
        return pattern.Length is > 0 and <= LongestPattern ? new SimplePattern(pattern).ReadAlternatives() : null;
    }

    private Scanner? ReadAlternatives()
    {
        var alternatives = new List<Scanner>();
        do
        {
            if (ReadAlternative() is not Scanner scanner)
            {
                return null;
            }

            alternatives.Add(scanner);
        }
        while (_cursor.Take('|'));

        return !_cursor.AtEnd ? null : alternatives.Count == 1 ? alternatives[0] : new FirstOfScanner(alternatives);
    }

    private Scanner? ReadAlternative()
    {
        var atoms = new List<Atom>();
        while (!_cursor.AtEnd && _cursor.Peek != '|')
        {
            if (ReadAtom() is not Atom atom)
            {
                return null;
            }

            atoms.Add(atom);
        }

        return atoms switch
        {
            [{ Minimum: > 0 } only] when only.Fixed is null || only.Maximum > 1
                => new RunScanner(only.IsMember, only.Minimum, only.Maximum),
            [{ Minimum: 0, Maximum: 1 } lead, { Minimum: > 0 } run]
                => new RunScanner(run.IsMember, run.Minimum, run.Maximum, lead.IsMember),
            _ => Literal(atoms),
        };
    }

    private static LiteralScanner? Literal(List<Atom> atoms)
    {
        var text = new StringBuilder();
        foreach (Atom atom in atoms)
        {
            if (atom.Fixed is not Rune letter || (atom.Minimum, atom.Maximum) != (1, 1))
            {
                return null;
            }

            text.Append(letter.ToString());
        }

        return text.Length > 0 ? new LiteralScanner(text.ToString()) : null;
    }

    private Atom? ReadAtom()
    {
        Rune? letter = null;
        Func<int, bool>? isMember;
        if (_cursor.Take('['))
        {
            isMember = _cursor.ReadClass();
        }
        else if (_cursor.Peek == '\\')
        {
            isMember = _cursor.ReadEscape(out letter);
        }
        else if ("().*+?{}^$]".Contains(_cursor.Peek, StringComparison.Ordinal))
        {
            return null;
        }
        else
        {
            Rune rune = _cursor.ReadRune();
            letter = rune;
            isMember = scalar => scalar == rune.Value;
        }

        return isMember is not null && _cursor.ReadQuantifier() is var (minimum, maximum)
            ? new Atom(isMember, minimum, maximum, letter) : null;
    }
}
